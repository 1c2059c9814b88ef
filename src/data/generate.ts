/**
 * Synthetic federated data with a known structure: tasks belong to clusters, and the tasks of a cluster have
 * nearly the same linear model.
 *
 * With g standard normal, for m tasks in k clusters on d features:
 *
 *     centre_c = sqrt(common) shared + sqrt(1 - common) own_c      shared, own_c: sparse unit vectors
 *     w_t      = centre_c(t) + deviation * own_t                   own_t: a sparse unit vector
 *     x        = shift_t + scale_t * z,   z_j = correlation z_(j-1) + sqrt(1 - correlation^2) g_j
 *
 * where shift_t ~ N(0, shift^2) and scale_t = exp(spread g), per task and feature: covariate shift.
 *
 * Regression: y = w_t' x + noise g. Classification: y = -1 or +1 with equal chances, and x is moved along w_t
 * so that w_t' x / ||w_t|| ~ N(y margin, 1), independent of the rest of x; so w_t is the best linear model
 * and its error is Phi(-margin). Then a fraction `noise` of the labels is flipped.
 *
 * Pooling all tasks loses by the distance between centres, learning alone by the small number of rows against
 * d; sharing within clusters repairs both.
 */
import { FedmtlError, invalidChoice } from "../errors.js";
import { RandomStream } from "./random.js";

/** The recipes: the shapes of three data sets of the MOCHA paper, and a small one to start from. */
export type ProfileName = "har" | "gleam" | "vehicle" | "custom";

/** The names of the recipes. */
export const profileNames: readonly ProfileName[] = ["har", "gleam", "vehicle", "custom"];

/** What to generate. */
export interface Recipe {
  /** Number of tasks m, >= 1. */
  readonly tasks: number;
  /** Number of features d, >= 1. */
  readonly cols: number;
  /** Least and largest number of rows of a task, >= 1; each task draws its own, uniformly. */
  readonly rows: readonly [number, number];
  /** Number of clusters k, 1 .. m; task t is in cluster t mod k. */
  readonly clusters: number;
  /** Labels -1 / +1, or real numbers. */
  readonly kind: "classification" | "regression";
  /**
   * Classification: fraction of labels flipped, in [0, 0.5]. Regression: standard deviation of the label
   * noise.
   */
  readonly noise: number;
  /** Classification: mean distance of a row from the class boundary in standard deviations, >= 0. */
  readonly margin: number;
  /** Fraction of ||centre||^2 that all clusters share, in [0, 1]. */
  readonly common: number;
  /** Length of a task's own part of w_t, against 1 for its centre, >= 0. */
  readonly deviation: number;
  /** Fraction of the features that a sparse vector uses, in (0, 1]. */
  readonly density: number;
  /** Correlation of neighbouring features, in (-1, 1). */
  readonly correlation: number;
  /** Standard deviation over tasks of a feature's mean, >= 0. */
  readonly shift: number;
  /** Standard deviation over tasks of the logarithm of a feature's scale, >= 0. */
  readonly spread: number;
}

/** A recipe by name, with any of its numbers replaced. */
export interface GenerateOptions extends Partial<Recipe> {
  /** The recipe to start from, by default `custom`. */
  readonly profile?: ProfileName;
  /** A whole number >= 0, by default 0. The same seed gives the same data on every machine of one libm. */
  readonly seed?: number;
}

/** Generated data, rows of a task contiguous and tasks in order. */
export interface SyntheticData {
  /** m task names, `task-01` and so on. */
  readonly ids: string[];
  /** Number of features d. */
  readonly cols: number;
  /** n x d, row-major. */
  readonly features: Float64Array;
  /** n labels. */
  readonly labels: Float64Array;
  /** n task numbers, 0 .. m-1, ascending. */
  readonly taskOfRow: Int32Array;
  /** m cluster numbers, 0 .. k-1. */
  readonly clusters: Int32Array;
  /** m x d, row-major: row t is the true w_t. */
  readonly trueWeights: Float64Array;
  /** The recipe used, in full. */
  readonly recipe: Recipe;
}

const custom: Recipe = {
  tasks: 20,
  cols: 50,
  rows: [40, 80],
  clusters: 3,
  kind: "classification",
  noise: 0.01,
  margin: 2,
  common: 0.1,
  deviation: 0.2,
  density: 0.3,
  correlation: 0.5,
  shift: 0.3,
  spread: 0.2,
};

/**
 * The default label noise where `kind` is replaced by regression, against a signal of about unit variance.
 */
const regressionNoise = 0.5;

/**
 * The named recipes; har, gleam and vehicle imitate the shape and the rough difficulty of the data sets of
 * Smith et al., NIPS 2017, not their content. Rows of har are those of UCI HAR. Rows of gleam and vehicle are
 * such that 75 % of a task is 524 .. 581 and 872 .. 1933: the paper's ranges as recalled, not confirmed.
 */
export const profiles: Readonly<Record<ProfileName, Recipe>> = {
  har: {
    ...custom,
    tasks: 30,
    cols: 561,
    rows: [281, 409],
    clusters: 5,
    noise: 0.002,
    margin: 2.7,
    common: 0.1,
    correlation: 0.8,
  },
  gleam: {
    ...custom,
    tasks: 38,
    cols: 180,
    rows: [699, 775],
    clusters: 4,
    noise: 0.005,
    margin: 1.8,
    common: 0.4,
    deviation: 0.1,
    spread: 0.5,
  },
  vehicle: {
    ...custom,
    tasks: 23,
    cols: 100,
    rows: [1163, 2577],
    clusters: 2,
    noise: 0.04,
    margin: 1.8,
    common: 0.2,
    deviation: 0.05,
    spread: 0.6,
  },
  custom,
};

/**
 * Generates a data set. A task's rows depend on the seed, the recipe's other numbers, and the task's and its
 * cluster's number only: with more tasks the first ones stay as they are, as long as the clusters do.
 *
 * @returns all rows of all tasks, with the clusters and weights they were made from
 * @throws FedmtlError INVALID_OPTION for a number outside its range or an unknown profile or kind,
 *   OUT_OF_MEMORY where the arrays do not fit in memory
 */
export function generate(options: GenerateOptions = {}): SyntheticData {
  const { profile = "custom", seed = 0, ...replaced } = options;
  if (!profileNames.includes(profile)) {
    throw invalidChoice("profile", profile, profileNames);
  }
  const noise = replaced.kind === "regression" ? { noise: regressionNoise } : {};
  const recipe: Recipe = { ...profiles[profile], ...noise, ...replaced };
  checkRecipe(recipe);

  const ids = taskNames(recipe.tasks);
  const rowCounts = ids.map((_, task) => drawRowCount(new RandomStream(seed, `rows ${task}`), recipe.rows));
  const data = allocate(ids, rowCounts, recipe);
  const centres = clusterCentres(seed, recipe);
  let firstRow = 0;
  for (const task of ids.keys()) {
    const cluster = task % recipe.clusters;
    const weights = data.trueWeights.subarray(task * recipe.cols, (task + 1) * recipe.cols);
    data.clusters[task] = cluster;
    weights.set(centres[cluster] ?? []);
    addScaled(weights, recipe.deviation, sparseUnitVector(new RandomStream(seed, `model ${task}`), recipe));
    const endRow = firstRow + (rowCounts[task] ?? 0);
    data.taskOfRow.fill(task, firstRow, endRow);
    fillTask(data, firstRow, endRow, weights, new RandomStream(seed, `data ${task}`));
    firstRow = endRow;
  }
  return data;
}

/** Draws the rows of one task and their labels. */
function fillTask(
  { features, labels, recipe }: SyntheticData,
  firstRow: number,
  endRow: number,
  weights: Float64Array,
  random: RandomStream,
): void {
  const { cols } = recipe;
  const shift = Float64Array.from({ length: cols }, () => recipe.shift * random.gaussian());
  const scale = Float64Array.from({ length: cols }, () => Math.exp(recipe.spread * random.gaussian()));
  const length = Math.sqrt(dot(weights, weights));
  for (let row = firstRow; row < endRow; row++) {
    const x = features.subarray(row * cols, (row + 1) * cols);
    drawFeatures(x, shift, scale, recipe.correlation, random);
    if (recipe.kind === "regression") {
      labels[row] = dot(weights, x) + recipe.noise * random.gaussian();
    } else {
      labels[row] = drawClass(x, weights, length, recipe, random);
    }
  }
}

/** One row: an autoregressive sequence over the features, scaled and shifted. */
function drawFeatures(
  x: Float64Array,
  shift: Float64Array,
  scale: Float64Array,
  correlation: number,
  random: RandomStream,
): void {
  const fresh = Math.sqrt(1 - correlation * correlation);
  let z = random.gaussian();
  for (let j = 0; j < x.length; j++) {
    x[j] = (shift[j] ?? 0) + (scale[j] ?? 0) * z;
    z = correlation * z + fresh * random.gaussian();
  }
}

/** Draws a class, moves x along w to where that class lies, and returns the label, flipped now and then. */
function drawClass(
  x: Float64Array,
  weights: Float64Array,
  length: number,
  { margin, noise }: Recipe,
  random: RandomStream,
): number {
  const y = random.uniform() < 0.5 ? -1 : 1;
  const place = y * margin + random.gaussian();
  if (length > 0) {
    addScaled(x, (place - dot(weights, x) / length) / length, weights);
  }
  return random.uniform() < noise ? -y : y;
}

function clusterCentres(seed: number, recipe: Recipe): Float64Array[] {
  const shared = sparseUnitVector(new RandomStream(seed, "all clusters"), recipe);
  return Array.from({ length: recipe.clusters }, (_, cluster) => {
    const own = sparseUnitVector(new RandomStream(seed, `cluster ${cluster}`), recipe);
    const centre = new Float64Array(recipe.cols);
    addScaled(centre, Math.sqrt(recipe.common), shared);
    addScaled(centre, Math.sqrt(1 - recipe.common), own);
    return centre;
  });
}

/** A vector of length 1 with normal entries on a random choice of the features and zeros elsewhere. */
function sparseUnitVector(random: RandomStream, { cols, density }: Recipe): Float64Array {
  const used = Math.max(1, Math.round(density * cols));
  const places = Uint32Array.from({ length: cols }, (_, j) => j);
  random.shuffle(places, used);
  const vector = new Float64Array(cols);
  for (const place of places.subarray(0, used)) {
    vector[place] = random.gaussian();
  }
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((entry) => entry / length);
}

function drawRowCount(random: RandomStream, [least, most]: readonly [number, number]): number {
  return least + random.below(most - least + 1);
}

function taskNames(tasks: number): string[] {
  const digits = Math.max(2, String(tasks).length);
  return Array.from({ length: tasks }, (_, task) => `task-${String(task + 1).padStart(digits, "0")}`);
}

function allocate(ids: string[], rowCounts: number[], recipe: Recipe): SyntheticData {
  const rows = rowCounts.reduce((sum, count) => sum + count, 0);
  try {
    return {
      ids,
      cols: recipe.cols,
      features: new Float64Array(rows * recipe.cols),
      labels: new Float64Array(rows),
      taskOfRow: new Int32Array(rows),
      clusters: new Int32Array(recipe.tasks),
      trueWeights: new Float64Array(recipe.tasks * recipe.cols),
      recipe,
    };
  } catch (cause) {
    throw new FedmtlError(
      "OUT_OF_MEMORY",
      `${rows} rows of ${recipe.cols} features do not fit in memory; ask for fewer tasks, rows or columns`,
      { cause },
    );
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) {
    sum += (a[j] ?? 0) * (b[j] ?? 0);
  }
  return sum;
}

/** target += factor * vector. */
function addScaled(target: Float64Array, factor: number, vector: Float64Array): void {
  for (let j = 0; j < target.length; j++) {
    target[j] = (target[j] ?? 0) + factor * (vector[j] ?? 0);
  }
}

function checkRecipe(recipe: Recipe): void {
  const unknown = Object.keys(recipe).find((name) => !Object.hasOwn(custom, name));
  if (unknown !== undefined) {
    throw invalidChoice("option of generate", unknown, ["profile", "seed", ...Object.keys(custom)]);
  }
  if (!Array.isArray(recipe.rows) || recipe.rows.length !== 2) {
    throw new FedmtlError("INVALID_OPTION", `rows must be [least, most], got ${recipe.rows}`);
  }
  checkWhole("tasks", recipe.tasks, 1, 1e7);
  checkWhole("cols", recipe.cols, 1, 2 ** 31 - 1);
  checkWhole("rows (the least)", recipe.rows[0], 1, 2 ** 31 - 1);
  checkWhole("rows (the most)", recipe.rows[1], recipe.rows[0], 2 ** 31 - 1);
  checkWhole("clusters", recipe.clusters, 1, recipe.tasks);
  if (recipe.kind !== "classification" && recipe.kind !== "regression") {
    throw invalidChoice("kind of labels", recipe.kind, ["classification", "regression"]);
  }
  checkNumber("noise", recipe.noise, 0, recipe.kind === "classification" ? 0.5 : Number.MAX_VALUE);
  checkNumber("margin", recipe.margin, 0, Number.MAX_VALUE);
  checkNumber("common", recipe.common, 0, 1);
  checkNumber("deviation", recipe.deviation, 0, Number.MAX_VALUE);
  checkNumber("density", recipe.density, Number.MIN_VALUE, 1);
  checkNumber("correlation", recipe.correlation, -1 + Number.EPSILON, 1 - Number.EPSILON);
  checkNumber("shift", recipe.shift, 0, Number.MAX_VALUE);
  checkNumber("spread", recipe.spread, 0, 100);
}

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `${name} must be a whole number from ${least} to ${most}, got ${value}`,
    );
  }
}

function checkNumber(name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most)) {
    const range = most === Number.MAX_VALUE ? `at least ${least}` : `from ${least} to ${most}`;
    throw new FedmtlError("INVALID_OPTION", `${name} must be a number ${range}, got ${value}`);
  }
}
