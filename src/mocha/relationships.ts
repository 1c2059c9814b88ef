/**
 * The task relationships a user can ask for (math of each family: docs/math.md), as plain frozen objects.
 *
 * lambda1 and lambda2 weigh 1/2 tr(W (lambda1 Omega + lambda2 I) W'): with the 1/2, so that the paper's lambda is half of
 * ours.
 */
import type { Matrix } from "ml-matrix";
import { FedmtlError, invalidChoice } from "../errors.js";
import type { NativeRelationship } from "../native.js";
import { mlMatrix } from "../on_demand.js";

/** The families of task relationships. */
export const families = ["independent", "mean", "trace-norm", "fixed", "global"] as const;

/** The name of a family of task relationships. */
export type Family = (typeof families)[number];

/** The weights of the regulariser, both >= 0 and not both 0. */
export interface Lambdas {
  /** Weight of the relationship, by default 1. */
  readonly lambda1?: number;
  /** Weight of the plain ridge on every model, by default 0. */
  readonly lambda2?: number;
}

/** A task relationship; made by {@link independent}, {@link mean}, {@link traceNorm}, {@link fixed} or {@link global}. */
export interface Relationship {
  readonly family: Family;
  readonly lambda1: number;
  readonly lambda2: number;
  /** trace-norm: the floor; absent: (0.1 ||W||_* / m)^2 after the first W step. */
  readonly epsilon?: number;
  /** fixed: the precision over tasks, m × m. */
  readonly omega?: Matrix;
  /** fixed: the covariance over tasks, m × m, may be singular. */
  readonly sigma?: Matrix;
}

function rejectUnknownNames(given: object, allowed: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (!allowed.includes(name)) {
      throw invalidChoice("option of a relationship", name, allowed);
    }
  }
}

function weights(family: Family, given: Lambdas): { family: Family; lambda1: number; lambda2: number } {
  const lambda1 = given.lambda1 ?? 1;
  const lambda2 = given.lambda2 ?? 0;
  if (!(Number.isFinite(lambda1) && lambda1 > 0)) {
    throw new FedmtlError("INVALID_OPTION", `lambda1 is ${JSON.stringify(lambda1)}; give a number above 0`);
  }
  if (!(Number.isFinite(lambda2) && lambda2 >= 0)) {
    throw new FedmtlError("INVALID_OPTION", `lambda2 is ${JSON.stringify(lambda2)}; give a number from 0`);
  }
  return { family, lambda1, lambda2 };
}

/** Every task for itself: Omega = I. */
export function independent(options: Lambdas = {}): Relationship {
  rejectUnknownNames(options, ["lambda1", "lambda2"]);
  return Object.freeze(weights("independent", options));
}

/**
 * Models are drawn to their mean: Omega = I - 11'/m (Evgeniou & Pontil, KDD 2004).
 *
 * @throws FedmtlError INVALID_OPTION if lambda2 is 0, which would leave the mean model unpenalised
 */
export function mean(options: Lambdas = {}): Relationship {
  rejectUnknownNames(options, ["lambda1", "lambda2"]);
  const relationship = weights("mean", options);
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
  rejectUnknownNames(options, ["lambda1", "lambda2"]);
  return Object.freeze(weights("global", options));
}

/**
 * The relationship is learned as a covariance Sigma = Omega^-1 over tasks with tr Sigma = 1 (Zhang & Yeung, UAI 2010;
 * the paper's main experiment).
 */
export function traceNorm(options: Lambdas & { readonly epsilon?: number } = {}): Relationship {
  rejectUnknownNames(options, ["lambda1", "lambda2", "epsilon"]);
  const { epsilon } = options;
  if (epsilon !== undefined && !(Number.isFinite(epsilon) && epsilon > 0)) {
    throw new FedmtlError("INVALID_OPTION", `epsilon is ${epsilon}; give a number above 0, or leave it out`);
  }
  return Object.freeze({ ...weights("trace-norm", options), ...(epsilon === undefined ? {} : { epsilon }) });
}

/** A relationship that is known: a precision `omega` or a covariance `sigma`, m × m, symmetric, positive semi-definite. */
export function fixed(
  options: Lambdas & { readonly omega?: Matrix | number[][]; readonly sigma?: Matrix | number[][] },
): Relationship {
  rejectUnknownNames(options, ["lambda1", "lambda2", "omega", "sigma"]);
  const given = options.omega ?? options.sigma;
  if (given === undefined || (options.omega !== undefined && options.sigma !== undefined)) {
    throw new FedmtlError("INVALID_OPTION", 'relationship "fixed" needs exactly one of omega and sigma');
  }
  const matrix = mlMatrix().Matrix.checkMatrix(given).clone();
  if (matrix.rows !== matrix.columns) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `${options.omega === undefined ? "sigma" : "omega"} is ${matrix.rows} × ${matrix.columns}; give a square matrix`,
    );
  }
  const named = options.omega === undefined ? { sigma: matrix } : { omega: matrix };
  return Object.freeze({ ...weights("fixed", options), ...named });
}

/** Numeric options of relationships; each family takes lambda1, lambda2 and its own. */
export const hyperparameters = ["lambda1", "lambda2", "epsilon"] as const;

/** The name of a numeric option of a relationship. */
export type Hyperparameter = (typeof hyperparameters)[number];

/** Values of some hyperparameters. */
export type Hyperparameters = { readonly [Name in Hyperparameter]?: number };

const makers: Readonly<Record<Family, (options: Omit<Relationship, "family">) => Relationship>> = {
  independent,
  mean,
  "trace-norm": traceNorm,
  fixed,
  global,
};

/** The relationship with other values. @throws FedmtlError INVALID_OPTION as its maker, for options it does not have too */
export function withHyperparameters(relationship: Relationship, values: Hyperparameters): Relationship {
  const { family, ...options } = relationship;
  return makers[family]({ ...options, ...values });
}

/**
 * Omega steps over which trace-norm's floor sinks to epsilon: three quarters of those allowed, so that the last ones work on
 * the true problem; more than 32 bring little (docs/rounds.md).
 */
function sinkingSteps(omegaSteps: number): number {
  return Math.min(32, Math.max(1, Math.round(0.75 * omegaSteps)));
}

/**
 * Share of omegaTolerance that an Omega step may lose by not telling apart directions of small variance: what Omega is
 * known to stays the tolerance. Measured: docs/scale.md.
 */
const cutShare = 0.01;

/**
 * @internal The relationship in the form of the addon.
 * @param omegaSteps the most Omega steps that will be taken
 * @param omegaTolerance the fall of the joint objective at which Omega counts as learned
 */
export function toNative(
  relationship: Relationship,
  tasks: number,
  omegaSteps: number,
  omegaTolerance: number,
): NativeRelationship {
  const { family, epsilon } = relationship;
  if (!families.includes(family)) {
    throw invalidChoice("relationship", family, families);
  }
  const { lambda1, lambda2 } = weights(family, relationship);
  const matrix = relationship.omega ?? relationship.sigma;
  if (matrix === undefined) {
    return {
      ...{ family, lambda1, lambda2, epsilon },
      ...{ sinkingSteps: sinkingSteps(omegaSteps), cutTolerance: cutShare * omegaTolerance },
    };
  }
  if (matrix.rows !== tasks) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `${relationship.omega === undefined ? "sigma" : "omega"} is ${matrix.rows} × ${matrix.columns}, but there are ` +
        `${tasks} tasks; give one row and column a task, in the order of the tasks`,
    );
  }
  const nativeFamily = relationship.omega === undefined ? "fixed-sigma" : "fixed-omega";
  return { family: nativeFamily, lambda1, lambda2, matrix: Float64Array.from(matrix.to1DArray()) };
}
