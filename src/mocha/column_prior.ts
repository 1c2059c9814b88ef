/**
 * What a model's tasks say of a new one, by family (docs/math.md, section 7).
 *
 * The regulariser 1/2 tr(W M W') as a function of one more column w, the others held:
 *
 * - known relations: M of m + 1 tasks has the row (M_t, a) of the new one, so it is a/2 ||w - w0||^2 plus a constant, with
 *   w0 = - sum_t M_t w_t / a.
 * - sparse-precision: with Omega eliminated it is a concave function of (W'W), and the Omega of the models at hand gives its
 *   linear bound: known relations, whose row of M is taken anew at each solution.
 * - families that learn from the spectrum of W: with Omega eliminated the joint objective is a concave function of W W', and
 *   where it touches the models at hand its linear bound is 1/2 w'A^-1 w, A = sum_j kappa_j p_j p_j' with p_j the left singular
 *   vectors of W and kappa_j the eigenvalues of K. The bound holds everywhere, so solving and taking the bound anew at the
 *   solution lowers the objective each time.
 */
import type { Matrix as MatrixType } from "ml-matrix";
import { FedmtlError } from "../errors.js";
import {
  type NativeGraphKernel,
  type NativeKernel,
  type NativeLowRankKernel,
  type NativePrecision,
  type NativeRelationship,
  native,
} from "../native.js";
import { type ColumnPrior, norm } from "./column_solver.js";
import type { Family } from "./relationships.js";
import { mlMatrix } from "../on_demand.js";

/** How a family sees a new task. */
export type Rule = "known" | "given" | "spectral" | "learned" | "shared";

/**
 * `given`: its relations must be given; `spectral`, `learned`: they follow from the new model, as directions of W or as a row
 * of M; `shared`: it has the model of all tasks.
 */
export const newTaskRules: Readonly<Record<Family, Rule>> = {
  independent: "known",
  mean: "known",
  fixed: "given",
  graph: "given",
  "trace-norm": "spectral",
  clustered: "spectral",
  "sparse-precision": "learned",
  global: "shared",
};

/** Whether the bound depends on the new model. */
export const isRelearned = (rule: Rule): boolean => rule === "spectral" || rule === "learned";

/** The relationship of m + 1 tasks with the new one last. */
export interface ExtendedRelationship {
  readonly prior: ColumnPrior;
  readonly kernel: NativeKernel;
}

/** The W of one more task. */
export function withColumn(W: Float64Array, w: Float64Array): Float64Array {
  const result = new Float64Array(W.length + w.length);
  result.set(W);
  result.set(w, W.length);
  return result;
}

/**
 * The relationship of m + 1 tasks.
 *
 * @param relationship in the addon's form, for m + 1 tasks
 * @param W m × d
 * @param w the new column at which a learned relationship is taken
 * @throws FedmtlError INVALID_OPTION if the new task would be no more than a combination of the others
 */
export async function extendRelationship(
  rule: Rule,
  relationship: NativeRelationship,
  W: Float64Array,
  w: Float64Array,
  epsilon: number | undefined,
): Promise<ExtendedRelationship> {
  const d = w.length;
  const m = W.length / d;
  const extended = withColumn(W, isRelearned(rule) ? w : new Float64Array(d));
  const { kernel, directions } = await native.relationshipAt(relationship, m + 1, d, extended, epsilon);
  if ("matrix" in kernel && kernel.precision !== undefined) {
    return { kernel, prior: priorFromRow(lastRowOfOmega(kernel.precision, relationship), W, d) };
  }
  if ("matrix" in kernel) {
    return { kernel, prior: priorFromRow(rowOfInverse(kernel.matrix, m + 1), W, d) };
  }
  if ("from" in kernel) {
    return { kernel, prior: priorFromRow(lastRowOfPrecision(kernel, m), W, d) };
  }
  const prior =
    rule === "spectral" ? spectralPrior(kernel, directions, d) : priorFromSums(kernel, directions, m, d);
  return { kernel, prior };
}

/** A = delta I + sum_j r_j p_j p_j', with p_j = W u_j / ||W u_j||. */
function spectralPrior({ r, delta }: NativeLowRankKernel, directions: Float64Array, d: number): ColumnPrior {
  const unit = directions.slice();
  for (let j = 0; j < r.length; j++) {
    const column = unit.subarray(j * d, (j + 1) * d);
    const length = norm(column);
    column.forEach((value, i) => {
      column[i] = value / length;
    });
  }
  return {
    centre: new Float64Array(d),
    scale: delta,
    directions: unit,
    extra: r.map((value) => Math.max(0, value)),
  };
}

/** From K = U diag(r) U' + delta I: M = (I - U diag(r / (r + delta)) U') / delta. */
function priorFromSums(
  { basis, r, delta }: NativeLowRankKernel,
  directions: Float64Array,
  m: number,
  d: number,
): ColumnPrior {
  const share = r.map((value, j) => ((basis[m * r.length + j] ?? 0) * value) / (value + delta));
  const own = share.reduce((sum, value, j) => sum + value * (basis[m * r.length + j] ?? 0), 0);
  const a = (1 - own) / delta;
  const centre = new Float64Array(d);
  share.forEach((value, j) => {
    for (let i = 0; i < d; i++) {
      centre[i] = (centre[i] ?? 0) + (value * (directions[j * d + i] ?? 0)) / (delta * a);
    }
  });
  return isotropic(centre, a);
}

/** From the row (M_t, a) of M. */
function priorFromRow(row: Float64Array, W: Float64Array, d: number): ColumnPrior {
  const m = W.length / d;
  const a = row[m] ?? 0;
  const centre = new Float64Array(d);
  for (let t = 0; t < m; t++) {
    for (let i = 0; i < d; i++) {
      centre[i] = (centre[i] ?? 0) - ((row[t] ?? 0) * (W[t * d + i] ?? 0)) / a;
    }
  }
  return isotropic(centre, a);
}

const isotropic = (centre: Float64Array, a: number): ColumnPrior => ({
  ...{ centre, scale: 1 / a },
  ...{ directions: new Float64Array(0), extra: new Float64Array(0) },
});

/** The last row of M = lambda1 Omega + lambda2 I. */
function lastRowOfOmega(
  { diagonal, from, to, values }: NativePrecision,
  { lambda1, lambda2 }: NativeRelationship,
): Float64Array {
  const m = diagonal.length - 1;
  const row = new Float64Array(m + 1);
  row[m] = lambda1 * (diagonal[m] ?? 0) + lambda2;
  values.forEach((value, e) => {
    if (to[e] === m) {
      row[from[e] ?? 0] = lambda1 * value;
    }
  });
  return row;
}

/** The row (M_t, a) of M = lambda1 L + lambda2 I of task m. */
function lastRowOfPrecision(
  { from, to, weights, lambda1, lambda2 }: NativeGraphKernel,
  m: number,
): Float64Array {
  const row = new Float64Array(m + 1);
  row[m] = lambda2;
  weights.forEach((weight, e) => {
    const other = to[e] === m ? from[e] : from[e] === m ? to[e] : undefined;
    if (other !== undefined) {
      row[other] = (row[other] ?? 0) - lambda1 * weight;
      row[m] = (row[m] ?? 0) + lambda1 * weight;
    }
  });
  return row;
}

/** The last row of M = K^-1; K may be singular where the last task is not concerned. */
function rowOfInverse(matrix: Float64Array, tasks: number): Float64Array {
  const { LuDecomposition, Matrix, pseudoInverse } = mlMatrix();
  const K = Matrix.from1DArray(tasks, tasks, matrix);
  const last = Matrix.zeros(tasks, 1);
  last.set(tasks - 1, 0, 1);
  const solves = (row: MatrixType): boolean =>
    Matrix.sub(K.mmul(row), last).norm() < 1e-6 && row.get(tasks - 1, 0) > 0;
  const factors = new LuDecomposition(K);
  const direct = factors.isSingular() ? last : factors.solve(last);
  const row = solves(direct) ? direct : pseudoInverse(K).mmul(last);
  if (!solves(row)) {
    throw new FedmtlError(
      "INVALID_OPTION",
      "the relations given make the new task a combination of the others, which leaves nothing to learn; " +
        "give a larger last number",
    );
  }
  return Float64Array.from(row.to1DArray());
}
