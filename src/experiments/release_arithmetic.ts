/**
 * NOT HOW THIS PACKAGE TRAINS. The arithmetic of MOCHA's released MATLAB code (github.com/gingsmith/fmtl, `run_mocha.m`), with its
 * defects, to show what it reports. Written anew from what that code computes.
 *
 * Problem: sum_t mean_i hinge(w_t'x_ti, y_ti) + lambda/2 tr(W Omega W'), Sigma = Omega^-1 with trace 1, learned.
 * Input: rows of the tasks, lambda. Output: W, alpha and the primal and dual that the code would report.
 *
 * What is as released: Sigma = I/m at the start; sigma' the worst task's (rho there); rounds of local steps over a permutation
 * that depends on the round alone, so that every Omega step sees the same ones again; eigenvalues of W'W are floored only if
 * one of them is negative; and after an Omega step rounds go on from the W of the old Omega, whereas the algorithm says
 * W = W(alpha) = B Sigma / lambda. `recompute` does that.
 */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import type { LocalRows } from "../baselines/local_rows.js";
import { RandomStream } from "../data/random.js";

/** How the drivers of the release call it. */
export interface ReleaseOptions {
  readonly lambda: number;
  /** Omega steps, 10 in its driver. */
  readonly outer: number;
  /** Rounds between them, 100. */
  readonly inner: number;
  /** Steps of a round as a share of a task's rows, 0.5. */
  readonly share: number;
  /** Whether W is recomputed after an Omega step; false in the release. */
  readonly recompute: boolean;
}

/** What it reports after an Omega step. */
export interface ReleaseReport {
  readonly primal: number;
  readonly dual: number;
  /** ||W - W(alpha)|| / ||W(alpha)||, which it does not report. */
  readonly distance: number;
}

/** What it leaves. */
export interface ReleaseResult {
  /** m arrays of d. */
  readonly W: readonly Float64Array[];
  /** One an Omega step. */
  readonly reports: readonly ReleaseReport[];
}

const floor = 1e-7;

/** Sigma and Omega of one Omega step from W'W. */
function relationOf(W: readonly Float64Array[]): { Sigma: Matrix; Omega: Matrix } {
  const rows = new Matrix(W.map((w) => Array.from(w)));
  const { realEigenvalues, eigenvectorMatrix: V } = new EigenvalueDecomposition(rows.mmul(rows.transpose()), {
    assumeSymmetric: true,
  });
  const floored = realEigenvalues.some((value) => value < 0);
  const roots = realEigenvalues.map((value) => Math.sqrt(floored && value <= floor ? floor : value));
  const trace = roots.reduce((sum, root) => sum + root, 0);
  const spectral = (values: number[]): Matrix => V.mmul(Matrix.diag(values)).mmul(V.transpose());
  return {
    Sigma: spectral(roots.map((root) => root / trace)),
    Omega: spectral(roots.map((root) => trace / root)),
  };
}

/** sigma', one for all tasks. */
function worstBound(Sigma: Matrix): number {
  return Math.max(
    ...Sigma.to2DArray().map(
      (row, t) => row.reduce((sum, value) => sum + Math.abs(value), 0) / (row[t] as number),
    ),
  );
}

/** target_t += scale sum_s A_ts source_s */
function addProduct(
  target: readonly Float64Array[],
  A: Matrix,
  source: readonly Float64Array[],
  scale: number,
): void {
  target.forEach((w, t) => {
    source.forEach((b, s) => {
      const weight = scale * A.get(t, s);
      for (let j = 0; j < w.length; j++) {
        w[j] = (w[j] as number) + weight * (b[j] as number);
      }
    });
  });
}

const zeros = (tasks: readonly LocalRows[], cols: number): Float64Array[] =>
  tasks.map(() => new Float64Array(cols));

/** Runs it. @param tasks labels -1 and +1, every row of weight 1 */
export function releasedMocha(
  tasks: readonly LocalRows[],
  cols: number,
  options: ReleaseOptions,
): ReleaseResult {
  const { lambda, outer, inner, share, recompute } = options;
  const m = tasks.length;
  let W = zeros(tasks, cols);
  /** B_t = X_t alpha_t / n_t */
  const B = zeros(tasks, cols);
  const alpha = tasks.map(({ count }) => new Float64Array(count));
  let relation = { Sigma: Matrix.eye(m).mul(1 / m), Omega: Matrix.eye(m).mul(m) };
  let rho = 1;
  const reports: ReleaseReport[] = [];
  for (let step = 0; step < outer; step++) {
    for (let round = 1; round <= inner; round++) {
      const changes = tasks.map((task, t) => {
        const S = rho * relation.Sigma.get(t, t);
        return localSteps(task, {
          round,
          steps: share * task.count,
          alpha: alpha[t] as Float64Array,
          w: W[t] as Float64Array,
          S,
          lambda,
        });
      });
      addProduct(W, relation.Sigma, changes, 1 / lambda);
      addProduct(B, Matrix.eye(m), changes, 1);
    }
    relation = relationOf(W);
    rho = worstBound(relation.Sigma);
    const exact = zeros(tasks, cols);
    addProduct(exact, relation.Sigma, B, 1 / lambda);
    W = recompute ? exact : W;
    reports.push(report(tasks, alpha, W, exact, relation.Omega, lambda));
  }
  return { W, reports };
}

/** What one task does in a round. @returns the change of B_t */
function localSteps(
  task: LocalRows,
  given: {
    readonly round: number;
    readonly steps: number;
    readonly alpha: Float64Array;
    readonly w: Float64Array;
    /** sigma' Sigma_tt */
    readonly S: number;
    readonly lambda: number;
  },
): Float64Array {
  const { round, steps, alpha, w, S, lambda } = given;
  const n = task.count;
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  new RandomStream(round, task.name).shuffle(order, n);
  const change = new Float64Array(w.length);
  /** w + rho deltaW */
  const ahead = w.slice();
  for (let s = 1; s <= steps; s++) {
    const i = order[s % n] as number;
    const y = task.y[i] as number;
    const old = alpha[i] as number;
    const curvature = S * (task.squaredNorms[i] as number);
    const b = old * y + (lambda * n * (1 - y * task.dot(i, ahead))) / curvature;
    // A row without features is 0/0 there, and everything after it NaN; here it stays as it is.
    const next = curvature > 0 ? y * Math.max(0, Math.min(1, b)) : old;
    alpha[i] = next;
    task.addTo(i, (next - old) / n, change);
    task.addTo(i, (S * (next - old)) / (lambda * n), ahead);
  }
  return change;
}

const squared = (W: readonly Float64Array[]): number =>
  W.reduce((sum, w) => sum + w.reduce((own, value) => own + value * value, 0), 0);

/** As compute_primal.m and compute_dual.m have them: both with the W at hand. */
function report(
  tasks: readonly LocalRows[],
  alpha: readonly Float64Array[],
  W: readonly Float64Array[],
  exact: readonly Float64Array[],
  Omega: Matrix,
  lambda: number,
): ReleaseReport {
  const rows = new Matrix(W.map((w) => Array.from(w)));
  const penalty = (lambda / 2) * Omega.mmul(rows).mul(rows).sum();
  const conjugates = tasks.reduce(
    (sum, { y, count }, t) =>
      sum + (alpha[t] as Float64Array).reduce((own, a, i) => own + a * (y[i] as number), 0) / count,
    0,
  );
  const apart = W.map((w, t) => w.map((value, j) => value - (exact[t]?.[j] ?? 0)));
  return {
    primal: meanHinge(tasks, W) + penalty,
    dual: conjugates - penalty,
    distance: Math.sqrt(squared(apart) / squared(exact)),
  };
}

/** sum_t mean_i hinge */
export function meanHinge(tasks: readonly LocalRows[], W: readonly Float64Array[]): number {
  return tasks.reduce((sum, task, t) => {
    const w = W[t] as Float64Array;
    return sum + task.y.reduce((own, y, i) => own + Math.max(0, 1 - y * task.dot(i, w)), 0) / task.count;
  }, 0);
}
