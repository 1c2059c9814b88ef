/**
 * The task relationships a user can ask for (math of each family: docs/math.md), as plain frozen objects.
 *
 * lambda1 and lambda2 weigh 1/2 tr(W (lambda1 Omega + lambda2 I) W'): with the 1/2, so that the paper's lambda is half of
 * ours.
 */
import type { Matrix } from "ml-matrix";
import { FedmtlError, invalidChoice, shown } from "../errors.js";
import type { NativeRelationship } from "../native.js";
import {
  type Edge,
  type EdgeProblem,
  edgeArrays,
  edgePlace,
  findEdgeProblem,
  findHeavyEdge,
  findUnknownTask,
} from "./edges.js";
import { isMatrix, mlMatrix } from "../on_demand.js";
import { inRange, inWords, type Range } from "../ranges.js";

/** A number that belongs to a family. */
interface OwnNumber {
  readonly range: Range;
  /** Where it is not given; absent: left to the core, or needed. */
  readonly fallback?: number;
  readonly needed?: true;
}

/** What the package has to know of a family; its mathematics are in native/omega. */
interface FamilyTraits {
  /** Whether Omega steps learn it. */
  readonly learned: boolean;
  /** Its numbers beside lambda1 and lambda2, by name. */
  readonly numbers: Readonly<Record<string, OwnNumber>>;
  /** Where it cannot take any number of tasks. */
  readonly mostTasks?: number;
}

/** @internal What is known of each family. */
export const familyTraits = {
  independent: { learned: false, numbers: {} },
  mean: { learned: false, numbers: {} },
  "trace-norm": { learned: true, numbers: { epsilon: { range: { above: 0 } } } },
  clustered: {
    learned: true,
    numbers: {
      k: { range: { least: 1, whole: true }, needed: true },
      eta: { range: { above: 0 }, fallback: 0.1 },
    },
  },
  "sparse-precision": {
    learned: true,
    numbers: { rho: { range: { above: 0, most: 1e100 }, fallback: 0.1 } },
    mostTasks: 2000,
  },
  graph: { learned: false, numbers: {} },
  fixed: { learned: false, numbers: {} },
  global: { learned: false, numbers: {} },
} as const satisfies Readonly<Record<string, FamilyTraits>>;

/** The name of a family of task relationships. */
export type Family = keyof typeof familyTraits;

/** The families of task relationships. */
export const families = Object.keys(familyTraits) as readonly Family[];

/** @internal The name of the function that makes a family's relationships: `traceNorm` of `trace-norm`. */
export function factoryName(family: Family): string {
  return family.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

const traitsOf = (family: Family): FamilyTraits => familyTraits[family];

/** The weights of the regulariser, both >= 0 and not both 0. */
export interface Lambdas {
  /** Weight of the relationship, by default 1. */
  readonly lambda1?: number;
  /** Weight of the plain ridge on every model, by default 0. */
  readonly lambda2?: number;
}

const weightNumbers: Readonly<Record<keyof Lambdas, OwnNumber & { readonly fallback: number }>> = {
  lambda1: { range: { above: 0 }, fallback: 1 },
  lambda2: { range: { least: 0 }, fallback: 0 },
};

/** A task relationship; made by {@link independent}, {@link traceNorm} and the other functions of their kind. */
export interface Relationship {
  readonly family: Family;
  readonly lambda1: number;
  readonly lambda2: number;
  /** trace-norm: the floor; absent: (0.1 ||W||_* / m)^2 after the first W step. */
  readonly epsilon?: number;
  /** clustered: the number of clusters. */
  readonly k?: number;
  /** clustered: penalty inside the span of the clusters against 1 + eta outside. */
  readonly eta?: number;
  /** sparse-precision: penalty on every entry of Omega, in units of a model's mean square coefficient. */
  readonly rho?: number;
  /** graph: its edges. */
  readonly edges?: readonly Edge[];
  /** fixed: the precision over tasks, m × m. */
  readonly omega?: Matrix;
  /** fixed: the covariance over tasks, m × m, may be singular. */
  readonly sigma?: Matrix;
}

/** @internal Whether Omega steps learn the relationship; no where its family is not known (a later version's model). */
export function isLearned({ family }: Pick<Relationship, "family">): boolean {
  return families.includes(family) && traitsOf(family).learned;
}

/** @internal Range and default of every number of a relationship, by name. */
export function relationshipNumbers(): Readonly<Record<string, OwnNumber>> {
  return Object.assign({}, weightNumbers, ...families.map((family) => traitsOf(family).numbers));
}

/** @internal The family's own numbers that are given, by name. */
export function ownNumbers(relationship: Relationship): Record<string, number> {
  const names = Object.keys(traitsOf(relationship.family).numbers);
  const values = relationship as unknown as Readonly<Record<string, number | undefined>>;
  return Object.fromEntries(
    names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
  );
}

function checked(family: Family, name: string, given: unknown, number: OwnNumber): number | undefined {
  const { range, fallback, needed } = number;
  const value = given === undefined ? fallback : given;
  if (value === undefined && needed === undefined) {
    return undefined;
  }
  if (value === undefined) {
    throw new FedmtlError("INVALID_OPTION", `relationship "${family}" needs ${name}; give ${inWords(range)}`);
  }
  if (!inRange(value, range)) {
    const orNothing = fallback === undefined && needed === undefined ? ", or leave it out" : "";
    throw new FedmtlError("INVALID_OPTION", `${name} is ${shown(value)}; give ${inWords(range)}${orNothing}`);
  }
  return value;
}

type Numbers = Omit<Relationship, "edges" | "omega" | "sigma">;

/**
 * The numbers of a relationship, checked and with their defaults.
 *
 * @param others names of options that are no numbers
 * @throws FedmtlError INVALID_OPTION
 */
function numbersOf(family: Family, given: Lambdas, ...others: readonly string[]): Numbers {
  if (typeof given !== "object" || given === null) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `relationship "${family}" is made from an object, not ${shown(given)}; give { lambda1 }`,
    );
  }
  const numbers = { ...weightNumbers, ...traitsOf(family).numbers };
  const allowed = [...Object.keys(numbers), ...others];
  for (const name of Object.keys(given)) {
    if (!allowed.includes(name)) {
      throw invalidChoice(`option of relationship ${family}`, name, allowed);
    }
  }
  const values = given as Readonly<Record<string, unknown>>;
  const found = Object.entries(numbers).flatMap(([name, number]) => {
    const value = checked(family, name, values[name], number);
    return value === undefined ? [] : [[name, value]];
  });
  return { family, ...Object.fromEntries(found) };
}

/** Every task for itself: Omega = I. */
export function independent(options: Lambdas = {}): Relationship {
  return Object.freeze(numbersOf("independent", options));
}

/**
 * Models are drawn to their mean: Omega = I - 11'/m (Evgeniou & Pontil, KDD 2004).
 *
 * @throws FedmtlError INVALID_OPTION if lambda2 is 0, which would leave the mean model unpenalised
 */
export function mean(options: Lambdas = {}): Relationship {
  const relationship = numbersOf("mean", options);
  if (relationship.lambda2 === 0) {
    throw new FedmtlError(
      "INVALID_OPTION",
      'lambda2 is 0, which leaves the mean model of relationship "mean" unpenalised; give lambda2 > 0',
    );
  }
  return Object.freeze(relationship);
}

/** One model for all tasks, with (lambda1 + lambda2)/2 ||w||^2: the pooled problem, solved without moving data (CoCoA). */
export function global(options: Lambdas = {}): Relationship {
  return Object.freeze(numbersOf("global", options));
}

/**
 * The relationship is learned as a covariance Sigma = Omega^-1 over tasks with tr Sigma = 1 (Zhang & Yeung, UAI 2010;
 * the paper's main experiment).
 */
export function traceNorm(options: Lambdas & { readonly epsilon?: number } = {}): Relationship {
  return Object.freeze(numbersOf("trace-norm", options));
}

/**
 * Tasks form k clusters, which are learned: the span of the clusters is penalised eta / (1 + eta) times as much as what lies
 * outside (Zhou, Chen & Ye, NIPS 2011, the convex relaxation).
 *
 * @param options k: the number of clusters, at most one a task; eta: above 0, by default 0.1; smaller: tighter clusters
 */
export function clustered(options: Lambdas & { readonly k: number; readonly eta?: number }): Relationship {
  return Object.freeze(numbersOf("clustered", options));
}

/**
 * Which tasks depend on which is learned, pair by pair: a sparse precision Omega over tasks, by the graphical lasso on
 * S = W'W / d (Friedman, Hastie & Tibshirani, Biostatistics 2008; the paper's fourth example). At most 2,000 tasks.
 *
 * @param options rho: above 0 to 1e100, by default 0.1; entries of S up to rho join no tasks: larger, fewer edges
 */
export function sparsePrecision(options: Lambdas & { readonly rho?: number } = {}): Relationship {
  return Object.freeze(numbersOf("sparse-precision", options));
}

/**
 * How tasks relate is known as a graph: 1/2 lambda1 times the sum over its edges of weight ||w_a - w_b||^2, Omega being the
 * graph's Laplacian. Tasks without edges stand alone.
 *
 * @param options edges: undirected, `[taskA, taskB, weight]`, each pair of tasks at most once; lambda2 must be above 0
 * @throws FedmtlError INVALID_OPTION for such a lambda2, or an edge that is none, or one of a weight of more than 1e15
 *   lambda2 / lambda1; tasks that the data do not have are
 *   refused when a training starts
 */
export function graph(options: Lambdas & { readonly edges: readonly Edge[] }): Relationship {
  const numbers = numbersOf("graph", options, "edges");
  if (numbers.lambda2 === 0) {
    throw new FedmtlError(
      "INVALID_OPTION",
      'lambda2 is 0, which leaves the mean model of connected tasks of relationship "graph" unpenalised; give lambda2 > 0',
    );
  }
  if (!Array.isArray(options.edges)) {
    throw new FedmtlError(
      "INVALID_OPTION",
      'relationship "graph" needs edges; give an array of [task, task, weight]',
    );
  }
  refuseEdge(findEdgeProblem(options.edges, edgePlace) ?? findHeavyEdge(options.edges, numbers));
  const edges = options.edges.map(([a, b, weight]): Edge => Object.freeze([a, b, weight] as const));
  return Object.freeze({ ...numbers, edges: Object.freeze(edges) });
}

function refuseEdge(found: EdgeProblem | undefined): void {
  if (found !== undefined) {
    throw new FedmtlError("INVALID_OPTION", `${edgePlace(found.index)} ${found.problem}`);
  }
}

/** A copy. @throws FedmtlError INVALID_OPTION for anything that is no matrix of finite numbers */
function matrixOf(name: string, given: unknown): Matrix {
  const rows = isMatrix(given) ? given.to2DArray() : given;
  const isTable =
    Array.isArray(rows) &&
    rows.length > 0 &&
    rows.every((row) => Array.isArray(row) || ArrayBuffer.isView(row));
  const table = isTable ? (rows as readonly (readonly unknown[])[]) : [];
  const [first] = table;
  if (first === undefined || first.length === 0) {
    throw new FedmtlError("INVALID_OPTION", `${name} is ${shown(given)}; give a Matrix, or rows of numbers`);
  }
  for (const [i, row] of table.entries()) {
    if (row.length !== first.length) {
      throw new FedmtlError(
        "INVALID_OPTION",
        `row ${i} of ${name} has ${row.length} numbers, row 0 has ${first.length}; give rows of equal length`,
      );
    }
    const j = Array.from(row).findIndex((value) => !inRange(value, {}));
    if (j >= 0) {
      throw new FedmtlError("INVALID_OPTION", `${name}[${i}][${j}] is ${shown(row[j])}; give finite numbers`);
    }
  }
  return new (mlMatrix().Matrix)(table.map((row) => Array.from(row, Number)));
}

/** A relationship that is known: a precision `omega` or a covariance `sigma`, m × m, symmetric, positive semi-definite. */
export function fixed(
  options: Lambdas & { readonly omega?: Matrix | number[][]; readonly sigma?: Matrix | number[][] },
): Relationship {
  const numbers = numbersOf("fixed", options, "omega", "sigma");
  const given = options.omega ?? options.sigma;
  if (given === undefined || (options.omega !== undefined && options.sigma !== undefined)) {
    throw new FedmtlError("INVALID_OPTION", 'relationship "fixed" needs exactly one of omega and sigma');
  }
  const matrix = matrixOf(options.omega === undefined ? "sigma" : "omega", given);
  if (matrix.rows !== matrix.columns) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `${options.omega === undefined ? "sigma" : "omega"} is ${matrix.rows} × ${matrix.columns}; give a square matrix`,
    );
  }
  const named = options.omega === undefined ? { sigma: matrix } : { omega: matrix };
  return Object.freeze({ ...numbers, ...named });
}

/** The name of a numeric option of a relationship. */
export type Hyperparameter =
  | keyof Lambdas
  | { [Name in Family]: keyof (typeof familyTraits)[Name]["numbers"] }[Family];

/** Numeric options of relationships; each family takes lambda1, lambda2 and its own. */
export const hyperparameters = Object.keys(relationshipNumbers()) as readonly Hyperparameter[];

/** Values of some hyperparameters. */
export type Hyperparameters = { readonly [Name in Hyperparameter]?: number };

/** What each takes is checked by itself. */
const makers: Readonly<Record<Family, (options: never) => Relationship>> = {
  independent,
  mean,
  "trace-norm": traceNorm,
  clustered,
  "sparse-precision": sparsePrecision,
  graph,
  fixed,
  global,
};

/** The relationship with other values. @throws FedmtlError INVALID_OPTION as its maker, for options it does not have too */
export function withHyperparameters(relationship: Relationship, values: Hyperparameters): Relationship {
  const { family, ...options } = relationship;
  return makers[family]({ ...options, ...values } as never);
}

/** @internal Whether it can be over so many tasks. @throws FedmtlError INVALID_OPTION for more clusters, or for too many tasks */
export function checkTaskCount({ family, k }: Relationship, tasks: number): void {
  if (k !== undefined && k > tasks) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `k is ${k}, but there are ${tasks} tasks; give at most one cluster a task`,
    );
  }
  const { mostTasks = Number.POSITIVE_INFINITY } = traitsOf(family);
  if (tasks > mostTasks) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `relationship "${family}" takes at most ${mostTasks.toLocaleString("en-US")} tasks, there are ` +
        `${tasks.toLocaleString("en-US")}; give "graph" with the edges you know, or "trace-norm", which take any number`,
    );
  }
}

/**
 * Share of omegaTolerance that an Omega step may lose by not telling apart directions of small variance: what Omega is
 * known to stays the tolerance. Measured: docs/scale.md.
 */
const cutShare = 0.01;

/**
 * @internal The relationship in the form of the addon.
 *
 * @param data the number of tasks, and their names, which only a graph needs
 * @param omegaSteps the most Omega steps that will be taken
 * @param omegaTolerance the fall of the joint objective at which Omega counts as learned
 */
export function toNative(
  relationship: Relationship,
  { tasks, names }: { readonly tasks: number; readonly names: () => readonly string[] },
  omegaSteps: number,
  omegaTolerance: number,
): NativeRelationship {
  const { family, edges, omega, sigma, ...given } = relationship;
  if (!families.includes(family)) {
    throw invalidChoice("relationship", family, families);
  }
  const steps = { omegaSteps, cutTolerance: cutShare * omegaTolerance };
  const numbers = { ...numbersOf(family, given), ...steps };
  checkTaskCount(numbers, tasks);
  if (edges !== undefined) {
    const known = names();
    refuseEdge(findUnknownTask(edges, known));
    return { ...numbers, ...edgeArrays(edges, known) };
  }
  const matrix = omega ?? sigma;
  if (matrix === undefined) {
    return numbers;
  }
  const name = omega === undefined ? "sigma" : "omega";
  if (matrix.rows !== tasks) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `${name} is ${matrix.rows} × ${matrix.columns}, but there are ` +
        `${tasks} tasks; give one row and column a task, in the order of the tasks`,
    );
  }
  return { ...numbers, family: `fixed-${name}`, matrix: Float64Array.from(matrix.to1DArray()) };
}
