/**
 * The rows of the tasks in JavaScript's own memory, as the methods need them that are not made of native rounds.
 */
import { RandomStream } from "../data/random.js";
import type { TaskSet } from "../data/task_set.js";
import { FedmtlError } from "../errors.js";
import { mapLabels, toTarget } from "../mocha/labels.js";
import { type ReferenceLoss, referenceLoss } from "../reference/losses.js";
import type { ResolvedProblem } from "./options.js";

/** Arrays of the whole set, which are copies and so are asked for once. */
interface SharedArrays {
  /** m + 1 */
  readonly offsets: Float64Array;
  /** n */
  readonly targets: Float64Array;
  /** n; undefined: all 1. */
  readonly sampleWeights: Float64Array | undefined;
  readonly weighting: ResolvedProblem["weighting"];
}

/** One task: n_t rows of d features, their labels (-1 / +1 for classes) and their weights q_ti = c_t s_ti. */
export class LocalRows {
  readonly name: string;
  /** n_t */
  readonly count: number;
  readonly y: Float64Array;
  readonly q: Float64Array;
  /** ||x||^2 of every row. */
  readonly squaredNorms: Float64Array;
  /** sum_i q_ti */
  readonly weight: number;
  readonly #cols: number;
  readonly #values: Float64Array;
  /** Of sparse rows. */
  readonly #indices: Int32Array | undefined;
  readonly #indptr: Float64Array | undefined;

  /** @throws FedmtlError BAD_INPUT for weights whose mean loss is undefined */
  constructor(tasks: TaskSet, t: number, { offsets, targets, sampleWeights, weighting }: SharedArrays) {
    const first = offsets[t] ?? 0;
    const end = offsets[t + 1] ?? 0;
    const { values, indices, indptr } = tasks.native.rows(first, end - first);
    this.name = tasks.names[t] ?? "";
    this.count = end - first;
    this.y = targets.slice(first, end);
    this.#cols = tasks.cols;
    this.#values = values;
    this.#indices = indices;
    this.#indptr = indptr;
    const s = sampleWeights?.slice(first, end) ?? new Float64Array(this.count).fill(1);
    const total = s.reduce((sum, weight) => sum + weight, 0);
    if (weighting === "mean" && !Number.isFinite(1 / total)) {
      throw new FedmtlError(
        "BAD_INPUT",
        `the sample weights of task ${JSON.stringify(this.name)} are 0 or too small to divide by; ` +
          'scale them up, remove the task or use weighting "sum"',
      );
    }
    this.q = weighting === "mean" ? s.map((weight) => weight / total) : s;
    this.weight = weighting === "mean" ? 1 : total;
    this.squaredNorms = Float64Array.from({ length: this.count }, (_, i) => this.#squaredNorm(i));
  }

  /** Stored values of row i. */
  size(i: number): number {
    return this.#indptr === undefined ? this.#cols : (this.#indptr[i + 1] ?? 0) - (this.#indptr[i] ?? 0);
  }

  /** x_i'w */
  dot(i: number, w: Float64Array): number {
    const begin = this.#begin(i);
    const size = this.size(i);
    let sum = 0;
    if (this.#indices === undefined) {
      for (let j = 0; j < size; j++) {
        sum += (this.#values[begin + j] as number) * (w[j] as number);
      }
    } else {
      for (let at = begin; at < begin + size; at++) {
        sum += (this.#values[at] as number) * (w[this.#indices[at] as number] as number);
      }
    }
    return sum;
  }

  /** w += scale x_i */
  addTo(i: number, scale: number, w: Float64Array): void {
    const begin = this.#begin(i);
    const size = this.size(i);
    if (this.#indices === undefined) {
      for (let j = 0; j < size; j++) {
        w[j] = (w[j] as number) + scale * (this.#values[begin + j] as number);
      }
    } else {
      for (let at = begin; at < begin + size; at++) {
        const j = this.#indices[at] as number;
        w[j] = (w[j] as number) + scale * (this.#values[at] as number);
      }
    }
  }

  /** sum_i q_i loss(w'x_i, y_i) */
  lossSum(loss: SlopedLoss, w: Float64Array): number {
    return this.q.reduce((sum, q, i) => sum + q * loss.value(this.dot(i, w), this.y[i] as number), 0);
  }

  #begin(i: number): number {
    return this.#indptr === undefined ? i * this.#cols : (this.#indptr[i] ?? 0);
  }

  #squaredNorm(i: number): number {
    const begin = this.#begin(i);
    let sum = 0;
    for (let at = begin; at < begin + this.size(i); at++) {
      sum += (this.#values[at] as number) ** 2;
    }
    return sum;
  }
}

/** The rows of all tasks. @throws FedmtlError BAD_INPUT for labels that do not fit the loss, or weights the weighting */
export function localRowsOf(tasks: TaskSet, { loss, positive, weighting }: ResolvedProblem): LocalRows[] {
  const mapping = mapLabels(tasks.native, loss, positive);
  const labels = tasks.labels();
  const targets = mapping === undefined ? labels : labels.map((label) => toTarget(label, mapping));
  return rowsWithTargets(tasks, targets, weighting);
}

/**
 * The rows of all tasks with labels of one's own.
 *
 * @param targets n, in the order of the set's rows
 * @throws FedmtlError BAD_INPUT for weights whose mean loss is undefined
 */
export function rowsWithTargets(
  tasks: TaskSet,
  targets: Float64Array,
  weighting: ResolvedProblem["weighting"],
): LocalRows[] {
  const shared = { offsets: tasks.offsets(), targets, sampleWeights: tasks.sampleWeights(), weighting };
  return tasks.names.map((_, t) => new LocalRows(tasks, t, shared));
}

/** A loss with its slope: the derivative, or at a kink a subgradient. */
export interface SlopedLoss extends ReferenceLoss {
  slope(z: number, y: number): number;
}

/** The loss of a problem; its value, conjugate and coordinate step are those of the reference implementation. */
export function slopedLoss({ loss, smoothing, lossEpsilon, huberDelta }: ResolvedProblem): SlopedLoss {
  return { ...referenceLoss(loss, { smoothing, lossEpsilon, huberDelta }), slope: slopeOf() };

  function slopeOf(): SlopedLoss["slope"] {
    switch (loss) {
      case "hinge":
        return (z, y) => (y * z < 1 ? -y : 0);
      case "smoothed-hinge":
        return (z, y) => -y * Math.min(1, Math.max(0, (1 - y * z) / smoothing));
      case "logistic":
        return (z, y) => -y / (1 + Math.exp(y * z));
      case "squared":
        return (z, y) => z - y;
      case "epsilon-insensitive":
        return (z, y) => (Math.abs(z - y) > lossEpsilon ? Math.sign(z - y) : 0);
      case "huber":
        return (z, y) => Math.min(huberDelta, Math.max(-huberDelta, z - y));
    }
  }
}

/** `count` rows of a task in random order, none twice, from the stream of (seed, task name, round). */
export function rowSample(rows: LocalRows, count: number, seed: number, round: number): Uint32Array {
  const order = Uint32Array.from({ length: rows.count }, (_, i) => i);
  new RandomStream(seed, rows.name, round).shuffle(order, count);
  return order.subarray(0, count);
}
