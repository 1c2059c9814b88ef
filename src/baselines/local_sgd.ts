/**
 * Stochastic gradient descent on one task, the local solver of FedAvg, FedProx and Ditto.
 *
 * Problem: minimise f(w) = 1/Q sum_i q_i loss(w'x_i, y_i) + ridge/2 ||w||^2 + pull/2 ||w - anchor||^2, Q = sum_i q_i. Input: the
 * task's rows, w, the number of rows to visit. Output: w moved in place.
 * Method: passes in random order, `batch` rows a step; the last step of a pass takes what is left. The quadratic terms are taken
 * implicitly, w <- (w - eta (g - pull anchor)) / (1 + eta (ridge + pull)), which has the same fixed points as a plain step and
 * is stable for every ridge and pull.
 */
import type { RandomStream } from "../data/random.js";
import type { LocalRows, SlopedLoss } from "./local_rows.js";

/** What one call does. */
export interface LocalSgd {
  readonly rows: LocalRows;
  readonly loss: SlopedLoss;
  /** Rows to visit. */
  readonly visits: number;
  /** Rows a step. */
  readonly batch: number;
  /** The step, > 0. */
  readonly eta: number;
  readonly ridge: number;
  readonly pull: number;
  /** d */
  readonly anchor: Float64Array;
  readonly stream: RandomStream;
}

/** Moves w; returns the FLOPs. */
export function localSgd(w: Float64Array, work: LocalSgd): number {
  const { rows, batch, visits, stream } = work;
  const order = Uint32Array.from({ length: rows.count }, (_, i) => i);
  const gradient = new Float64Array(w.length);
  let flops = 0;
  for (let left = visits; left > 0; left -= rows.count) {
    const pass = Math.min(left, rows.count);
    stream.shuffle(order, pass);
    for (let begin = 0; begin < pass; begin += batch) {
      const sample = order.subarray(begin, Math.min(begin + batch, pass));
      flops += addGradients(sample, w, work, gradient) + step(w, work, gradient);
    }
  }
  return flops;
}

/** The unbiased estimate of the gradient of the loss term from some rows. */
function addGradients(
  sample: Uint32Array,
  w: Float64Array,
  { rows, loss }: LocalSgd,
  gradient: Float64Array,
): number {
  gradient.fill(0);
  const perRow = rows.weight > 0 ? rows.count / (sample.length * rows.weight) : 0;
  let flops = 0;
  for (const i of sample) {
    const slope = loss.slope(rows.dot(i, w), rows.y[i] as number);
    flops += 2 * rows.size(i);
    if (slope !== 0) {
      rows.addTo(i, perRow * (rows.q[i] as number) * slope, gradient);
      flops += 2 * rows.size(i);
    }
  }
  return flops;
}

function step(w: Float64Array, { eta, ridge, pull, anchor }: LocalSgd, gradient: Float64Array): number {
  const shrink = 1 / (1 + eta * (ridge + pull));
  for (let j = 0; j < w.length; j++) {
    const drawn = pull === 0 ? 0 : pull * (anchor[j] as number);
    w[j] = shrink * ((w[j] as number) - eta * ((gradient[j] as number) - drawn));
  }
  return (pull === 0 ? 3 : 5) * w.length;
}
