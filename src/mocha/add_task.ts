/**
 * A new task for a trained model: its own linear model, solved against those of the other tasks, which stay as they are
 * (docs/math.md, section 7).
 */
import { type RowsLike, toRows } from "../data/rows.js";
import { TaskSet, TaskSetBuilder } from "../data/task_set.js";
import { FedmtlError, shown } from "../errors.js";
import type { NativeKernel, NativePrecision, NativeRelationship, NativeTaskSet } from "../native.js";
import { type Loss, rejectUnknownNames, requireOptions } from "../options.js";
import { inRange, inWords, type Range } from "../ranges.js";
import {
  type ExtendedRelationship,
  extendRelationship,
  isRelearned,
  newTaskRules,
  type Rule,
  withColumn,
} from "./column_prior.js";
import { type ColumnStop, type SolvedColumn, solveColumn, norm } from "./column_solver.js";
import { extendGiven, extendGraph, type GivenRelations } from "./given_relations.js";
import { isClassification, toTarget } from "./labels.js";
import type { ModelHead, ModelParts } from "./model_parts.js";
import { type Family, hyperparameters, type Relationship, toNative } from "./relationships.js";

/** The rows of a new task. */
export type NewTaskData =
  | TaskSet
  | {
      /** n rows, as for predictions. */
      readonly X: RowsLike;
      /** n labels. */
      readonly y: readonly number[] | Float64Array;
      /** n weights >= 0, by default 1. */
      readonly sampleWeights?: readonly number[] | Float64Array;
    };

/** Options of {@link Model.addTask}. */
export interface AddTaskOptions extends GivenRelations {
  /** Relative gap to reach, by default 1e-4. */
  readonly gap?: number;
  /** Most passes over the rows, by default 10,000; the certificate tells how near they came. */
  readonly passes?: number;
}

const stopRanges = {
  gap: { least: 0 },
  passes: { least: 1, whole: true },
} as const satisfies Record<string, Range>;
const stopDefaults: ColumnStop = { gap: 1e-4, passes: 10_000 };

/** Learned relationships: the bound is taken anew until the new model moves by no more than this, relative, or so often. */
const settledAt = 1e-2;
const mostBounds = 20;

function stopOf(options: AddTaskOptions): ColumnStop {
  requireOptions("the options of addTask are", options, "{ gap: 1e-4 }");
  rejectUnknownNames("option of addTask", options, ["gap", "passes", "edges", "omega", "sigma"]);
  const { gap = stopDefaults.gap, passes = stopDefaults.passes } = options;
  const stop = { gap, passes };
  for (const [name, range] of Object.entries(stopRanges)) {
    const value = stop[name as keyof typeof stop];
    if (!inRange(value, range)) {
      throw new FedmtlError("INVALID_OPTION", `${name} is ${shown(value)}; give ${inWords(range)}`);
    }
  }
  return stop;
}

/** The rows as the solver of the model's training saw its own: scaled, with the intercept's column. */
function prepareRows(data: NewTaskData, parts: ModelParts): NativeTaskSet {
  const tasks = data instanceof TaskSet ? data : taskFromRows(data, parts.cols);
  if (tasks.taskCount !== 1) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `a new task is one task, the set has ${tasks.taskCount}; use tasks.select([name])`,
    );
  }
  if (tasks.cols > parts.cols) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `the new task has ${tasks.cols} features, the model has ${parts.cols}; give the features it was trained on`,
    );
  }
  const { cols, labels, classes, loss } = parts;
  for (const label of isClassification(loss) ? tasks.labels() : []) {
    if (labels !== undefined) {
      toTarget(label, labels);
    } else if (classes?.includes(label) === false) {
      throw new FedmtlError(
        "BAD_INPUT",
        `found the label ${label}, expected one of ${classes.join(", ")} as in training`,
      );
    }
  }
  const asGiven = { mean: new Float64Array(cols), scale: new Float64Array(cols).fill(1) };
  return tasks.native.transform(parts.scaling ?? asGiven, interceptColumn(parts));
}

function taskFromRows(given: Exclude<NewTaskData, TaskSet>, cols: number): TaskSet {
  if (typeof given !== "object" || given === null) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `the data of a new task are ${shown(given)}; give a TaskSet of one task, { X, y }, or nothing`,
    );
  }
  const { X, y, sampleWeights } = given;
  if (Array.isArray(X) && X.length === 0) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      "X of the new task has no rows; leave the data out for a task without rows",
    );
  }
  const rows = toRows(X);
  const width = "data" in rows ? rows.cols : cols;
  return new TaskSetBuilder({ cols: width }).append("new", rows, y, sampleWeights).finish();
}

/** The value of the constant feature of a penalised intercept. */
function interceptColumn({ options }: ModelParts): number | undefined {
  return options.intercept === "penalized" ? Number(options.interceptScaling) : undefined;
}

/** W for prepared rows: with the intercept's column. */
function preparedWeights(
  { W, intercepts }: ModelHead,
  cols: number,
  column: number | undefined,
): Float64Array {
  if (column === undefined) {
    return W;
  }
  const result = new Float64Array(W.length + intercepts.length);
  intercepts.forEach((intercept, t) => {
    result.set(W.subarray(t * cols, (t + 1) * cols), t * (cols + 1));
    result[t * (cols + 1) + cols] = intercept / column;
  });
  return result;
}

function meanOf(values: Float64Array, width: number): Float64Array {
  const count = values.length / width;
  const mean = new Float64Array(width);
  values.forEach((value, i) => {
    mean[i % width] = (mean[i % width] ?? 0) + value / count;
  });
  return mean;
}

/** The relationship of the training, without a matrix if it was given one. */
function recordedRelationship({ options }: ModelParts): Relationship {
  const numbers = hyperparameters.flatMap((name) =>
    typeof options[name] === "number" ? [[name, options[name]]] : [],
  );
  return {
    ...(Object.fromEntries(numbers) as Pick<Relationship, "lambda1" | "lambda2">),
    family: options.relationship as Family,
  };
}

/** A new model of one head, for prepared rows. */
interface NewColumn {
  readonly w: Float64Array;
  /** The free intercept. */
  readonly intercept: number;
  readonly kernel: ModelHead["kernel"];
  readonly certificate?: SolvedColumn["certificate"];
}

/** What every head's new column is made of. */
interface NewTask {
  readonly name: string;
  readonly parts: ModelParts;
  readonly rows: NativeTaskSet | undefined;
  readonly relationship: Relationship;
  readonly given: GivenRelations;
  readonly stop: ColumnStop;
}

/** The family that takes each of the relations that can be given. */
const ownersOfGiven: Readonly<Record<keyof GivenRelations, Family>> = {
  edges: "graph",
  omega: "fixed",
  sigma: "fixed",
};

/** The relationship of m + 1 tasks for the addon. */
function nativeRelationship(
  { name, parts, relationship, given }: NewTask,
  head: ModelHead,
): NativeRelationship {
  const { family } = relationship;
  const tasks = parts.names.length;
  for (const [option, owner] of Object.entries(ownersOfGiven)) {
    if (family !== owner && given[option as keyof GivenRelations] !== undefined) {
      throw new FedmtlError(
        "INVALID_OPTION",
        `${option} is for relationship "${owner}", the model has "${family}"`,
      );
    }
  }
  if ("from" in head.kernel) {
    return extendGraph(head.kernel, parts.names, name, given);
  }
  if (newTaskRules[family] === "given") {
    return extendGiven(head.kernel, tasks, relationship, given);
  }
  return toNative(relationship, { tasks: tasks + 1, names: () => [] }, 1, 0);
}

/** The precision that a kernel was learned with. */
function precisionOf(kernel: NativeKernel): NativePrecision | undefined {
  return "matrix" in kernel ? kernel.precision : undefined;
}

/** Where to begin to learn a precision over one task more: the new one joined to none, of the others' mean precision. */
function withNewTask(kernel: NativeKernel): NativePrecision | undefined {
  const precision = precisionOf(kernel);
  if (precision === undefined) {
    return undefined;
  }
  const { diagonal } = precision;
  const mean = diagonal.reduce((sum, value) => sum + value, 0) / diagonal.length;
  return { ...precision, diagonal: Float64Array.of(...diagonal, mean) };
}

/** The model of a task without rows. */
async function withoutRows(
  rule: Rule,
  at: (w: Float64Array) => Promise<ExtendedRelationship>,
  W: Float64Array,
  d: number,
): Promise<Float64Array> {
  switch (rule) {
    case "shared":
      return W.slice(0, d);
    case "given":
      return (await at(new Float64Array(d))).prior.centre;
    default:
      return meanOf(W, d);
  }
}

async function newColumn(task: NewTask, head: ModelHead, label: number | undefined): Promise<NewColumn> {
  const { name, parts, rows, relationship, stop } = task;
  const column = interceptColumn(parts);
  const W = preparedWeights(head, parts.cols, column);
  const d = W.length / parts.names.length;
  const rule = newTaskRules[relationship.family];
  const asNative = nativeRelationship(task, head);
  let start = withNewTask(head.kernel);
  const at = async (w: Float64Array): Promise<ExtendedRelationship> => {
    const extended = await extendRelationship(rule, { ...asNative, ...start }, W, w, head.epsilon);
    start = precisionOf(extended.kernel);
    return extended;
  };
  const freeMean = meanOf(head.intercepts, 1)[0] ?? 0;
  const intercept = parts.options.intercept === "free" ? freeMean : 0;
  if (rows === undefined || rule === "shared") {
    const known = await withoutRows(rule, at, W, d);
    return { w: known, intercept, kernel: (await at(known)).kernel };
  }
  const solver = clientOptions(parts, head, label);
  // A precision learned with a model at 0 would join the new task to none: it begins at the mean of the others.
  let { prior, kernel } = await at(rule === "learned" ? meanOf(W, d) : new Float64Array(d));
  let solved = await solveColumn(name, rows, prior, solver, stop);
  for (let bounds = 1; isRelearned(rule) && bounds < mostBounds; bounds++) {
    const before = solved.w;
    ({ prior, kernel } = await at(before));
    solved = await solveColumn(name, rows, prior, solver, stop);
    const moved = norm(solved.w.map((value, i) => value - (before[i] ?? 0)));
    if (moved <= settledAt * norm(solved.w)) {
      break;
    }
  }
  return { ...solved, kernel };
}

/** What the clients of the training were told, from what the model remembers. */
function clientOptions(
  { options, labels }: ModelParts,
  { classWeights }: ModelHead,
  label: number | undefined,
) {
  return {
    loss: options.loss as Loss,
    smoothing: Number(options.smoothing),
    lossEpsilon: Number(options.lossEpsilon),
    huberDelta: Number(options.huberDelta),
    positive: label ?? labels?.positive,
    ...classWeights,
    weighting: String(options.weighting),
    seed: Number(options.seed),
    freeIntercept: options.intercept === "free",
  };
}

function extendHead(head: ModelHead, { w, intercept, kernel }: NewColumn, parts: ModelParts): ModelHead {
  const column = interceptColumn(parts);
  const own = column === undefined ? intercept : (w[parts.cols] ?? 0) * column;
  return {
    ...head,
    W: withColumn(head.W, w.subarray(0, parts.cols)),
    intercepts: withColumn(head.intercepts, Float64Array.of(own)),
    kernel,
  };
}

/**
 * The parts of a model with one task more.
 *
 * @throws FedmtlError INVALID_ARGUMENT for a name that is taken, or data of other features; BAD_INPUT for labels that the
 *   training did not have; INVALID_OPTION
 */
export async function addTask(
  parts: ModelParts,
  name: string,
  data: NewTaskData | undefined,
  options: AddTaskOptions,
): Promise<ModelParts> {
  if (typeof name !== "string" || name === "" || parts.names.includes(name)) {
    const reason = parts.names.includes(name) ? "the model has a task of this name" : "give a text";
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `the new task cannot be named ${JSON.stringify(name)}: ${reason}`,
    );
  }
  const stop = stopOf(options);
  const relationship = recordedRelationship(parts);
  const rows = data === undefined ? undefined : prepareRows(data, parts);
  const task = { name, parts, rows, relationship, given: options, stop };
  const columns: NewColumn[] = [];
  for (const [c, head] of parts.heads.entries()) {
    columns.push(await newColumn(task, head, parts.classes?.[c]));
  }
  const certificates = columns.flatMap(({ certificate }) => certificate ?? []);
  const added = {
    task: name,
    rows: rows?.describe().rowCount ?? 0,
    certificates,
  };
  return {
    ...parts,
    names: [...parts.names, name],
    heads: parts.heads.map((head, c) => extendHead(head, columns[c] as NewColumn, parts)),
    added: [...(parts.added ?? []), added],
  };
}
