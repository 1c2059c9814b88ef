/**
 * One new model against fixed others (docs/math.md, section 7).
 *
 * Problem: minimise over w in R^d
 *     P(w) = sum_i q_i loss(w'x_i, y_i) + 1/2 (w - w0)' A^-1 (w - w0),   A = scale I + B diag(extra) B',
 * w0 and A being what the other models say of w. In the features phi(x) = [sqrt(scale) x, sqrt(extra) o B'x], for which
 * phi(x)'phi(y) = x'A y, this is the problem of one task with 1/2 ||u - u0||^2: a client's local solver (SDCA) does it, and
 * its certificate holds for w:
 *     D(alpha) = - sum_i q_i loss*(-alpha_i) - 1/2 ||v||^2 - u0'v,   v = sum_i q_i alpha_i phi(x_i),   u = u0 + v.
 */
import { TaskSet } from "../data/task_set.js";
import { type NativePoolOptions, type NativeTaskSet, native } from "../native.js";
import { type Certificate, relativeGap } from "./history.js";

/** What the other models say of a new one. */
export interface ColumnPrior {
  /** w0, d numbers. */
  readonly centre: Float64Array;
  /** > 0 */
  readonly scale: number;
  /** B, d × k column-major, with orthonormal columns. */
  readonly directions: Float64Array;
  /** k numbers >= 0. */
  readonly extra: Float64Array;
}

/** The solution, for the features as they were given to the solver. */
export interface SolvedColumn {
  /** d weights. */
  readonly w: Float64Array;
  /** The free intercept, 0 without one. */
  readonly intercept: number;
  readonly certificate: Certificate;
}

/** When the solver stops. */
export interface ColumnStop {
  /** Relative gap. */
  readonly gap: number;
  /** Most passes over the rows. */
  readonly passes: number;
}

/** Passes before the first certificate; each further one comes after twice as many, since each is a hop between threads. */
const firstPasses = 16;

/** Writes sqrt(extra) o B'x for a row, given by its stored features. */
function writeAlong(
  target: Float64Array,
  { directions, extra }: ColumnPrior,
  d: number,
  values: Float64Array,
  indices: Int32Array | undefined,
): void {
  for (let j = 0; j < extra.length; j++) {
    let sum = 0;
    for (let p = 0; p < values.length; p++) {
      sum += (values[p] ?? 0) * (directions[j * d + (indices === undefined ? p : (indices[p] ?? 0))] ?? 0);
    }
    target[j] = Math.sqrt(extra[j] ?? 0) * sum;
  }
}

/** phi(x) for every row of a set of one task; sparse rows stay sparse. */
function mapFeatures(name: string, rows: NativeTaskSet, prior: ColumnPrior): TaskSet {
  const { rowCount: n, cols: d } = rows.describe();
  const { values, indices, indptr } = rows.rows(0, n);
  const k = prior.extra.length;
  const root = Math.sqrt(prior.scale);
  const weights = rows.sampleWeights();
  const common = {
    cols: d + k,
    labels: rows.labels(),
    tasks: new Array<string>(n).fill(name),
    ...(weights === undefined ? {} : { sampleWeights: weights }),
  };
  const begin = (i: number): number => (indptr === undefined ? i * d : (indptr[i] ?? 0));
  const mapped = new Float64Array(values.length + n * k);
  const columns = new Int32Array(indices === undefined ? 0 : mapped.length);
  for (let i = 0; i < n; i++) {
    const row = values.subarray(begin(i), begin(i + 1));
    const indicesOfRow = indices?.subarray(begin(i), begin(i + 1));
    const start = begin(i) + i * k;
    const middle = start + row.length;
    for (const [p, value] of row.entries()) {
      mapped[start + p] = root * value;
    }
    writeAlong(mapped.subarray(middle, middle + k), prior, d, row, indicesOfRow);
    if (indicesOfRow !== undefined) {
      columns.set(indicesOfRow, start);
      for (let j = 0; j < k; j++) {
        columns[middle + j] = d + j;
      }
    }
  }
  if (indptr === undefined || indices === undefined) {
    return TaskSet.fromDense({ ...common, features: mapped });
  }
  return TaskSet.fromCSR({
    ...common,
    indptr: indptr.map((position, i) => position + i * k),
    indices: columns,
    values: mapped,
  });
}

/** w from u: the adjoint of the feature map. */
function unmap(u: Float64Array, prior: ColumnPrior, d: number): Float64Array {
  const { scale, extra, directions } = prior;
  const w = u.slice(0, d).map((value) => Math.sqrt(scale) * value);
  extra.forEach((amount, j) => {
    const along = Math.sqrt(amount) * (u[d + j] ?? 0);
    for (let i = 0; i < d; i++) {
      w[i] = (w[i] ?? 0) + along * (directions[j * d + i] ?? 0);
    }
  });
  return w;
}

/** ||a|| */
export function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

/**
 * Solves for w.
 *
 * @param name of the task: keys its random stream
 * @param rows prepared rows of one task: scaled, with the intercept's column
 * @param options loss, weights, seed and the rest of what clients of the training had
 * @returns w with its certificate, when the gap is reached or the passes are used up
 */
export async function solveColumn(
  name: string,
  rows: NativeTaskSet,
  prior: ColumnPrior,
  options: Omit<NativePoolOptions, "threads" | "momentum" | "shrinking">,
  stop: ColumnStop,
): Promise<SolvedColumn> {
  const { rowCount, cols: d } = rows.describe();
  const mapped = mapFeatures(name, rows, prior);
  const pool = new native.ClientPool(mapped.native, {
    ...options,
    threads: 1,
    momentum: false,
    shrinking: false,
  });
  const start = new Float64Array(mapped.cols);
  start.set(prior.centre.map((value) => value / Math.sqrt(prior.scale)));
  let u = start;
  let passes = 0;
  let v = new Float64Array(mapped.cols);
  let decision = { decidedRound: 0, gamma: 1, restarts: 0 };
  for (let round = 1; ; round++) {
    const { lossSum, conjugateSum } = pool.evaluate(0, { w: u, ...decision });
    const certificate = certificateOf(lossSum, conjugateSum, v, start);
    if (certificate.relativeGap <= stop.gap || passes >= stop.passes) {
      const intercept = pool.intercepts()[0] ?? 0;
      pool.dispose();
      mapped.dispose();
      return { w: unmap(u, prior, d), intercept, certificate };
    }
    const next = Math.min(Math.max(firstPasses, passes), stop.passes - passes);
    const proposal = await pool.propose(0, {
      round,
      w: u,
      S: 1,
      steps: next * rowCount,
      beta: 0,
      ...decision,
    });
    passes += next;
    decision = { decidedRound: round, gamma: 1, restarts: 0 };
    v = Float64Array.from(proposal.v);
    u = start.map((value, i) => value + (v[i] ?? 0));
  }
}

function certificateOf(
  lossSum: number,
  conjugateSum: number,
  v: Float64Array,
  start: Float64Array,
): Certificate {
  const half = 0.5 * dot(v, v);
  const primal = lossSum + half;
  const dual = -conjugateSum - half - dot(start, v);
  const gap = primal - dual;
  return { primal, dual, gap, relativeGap: relativeGap(primal, dual, gap) };
}
