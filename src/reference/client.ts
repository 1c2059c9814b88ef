// A client: one task's data and dual variables, and the local SDCA solver (math.md 2).
//
// In a round it improves, over changes of its alpha_t, the subproblem
//     -sum_i q_i loss*(-alpha_i) - w_t'Delta v_t - (S_t / 2) ||Delta v_t||^2,   v_t = sum_i q_i alpha_i x_i,
// by exact coordinate steps on random rows, keeping u = w_t + S_t Delta v_t. Reference: Smith et al.,
// "Federated Multi-Task Learning", NIPS 2017, equation 4. With momentum (math.md 4, `accelerated`) it starts ahead
// of alpha and w_t gives way to a point ahead of it.

import type { ReferenceLoss } from "./losses.js";
import { RandomStream, streamKey, visits } from "./rng.js";

/** c_t: 1 (sum), or one over the task's total sample weight (mean). */
export type ReferenceWeighting = "sum" | "mean";

export interface ReferenceTask {
  /** The name; it keys the task's random stream. */
  id: string;
  /** n_t >= 1 rows of d features. */
  X: number[][];
  /** n_t labels, ±1 for classification. */
  y: number[];
  /** n_t weights s_ti >= 0, default 1. */
  sampleWeights?: number[];
}

/** server -> client. */
export interface RoundRequest {
  /** 1, 2, …; keys the random stream. */
  round: number;
  /** The task's column of W, ahead of itself by the momentum: w_t + beta (w_t - wp_t), length d. */
  w: number[];
  /** S_t = sigmaPrime_t K_tt. */
  S: number;
  /** Budget in coordinate steps, at least 1. */
  steps: number;
  /** Momentum, in [0, 1). */
  beta: number;
}

/** client -> server. */
export interface Proposal {
  /** v_t of the proposed alpha_t, length d. */
  v: number[];
  /** sum_i q_i [loss*(-alpha_i) - loss*(-proposed alpha_i)]. */
  e: number;
}

/** client -> server, on request: the task's share of P, D and the gap at some w. */
export interface Objective {
  /** sum_i q_i loss(w'x_i). */
  lossSum: number;
  /** sum_i q_i loss*(-alpha_i). */
  conjugateSum: number;
  /** sum_i q_i [loss(z) + loss*(-alpha_i) + alpha_i z], z = w'x_i; no term is negative. */
  gap: number;
}

export class ReferenceClient {
  /** Dual variables, length n_t. */
  alpha: number[];
  /** alpha before the last accepted round; alpha itself where the momentum has restarted since. */
  private previousAlpha: number[];
  private proposedAlpha: number[];
  private readonly q: number[];
  private readonly squaredNorms: number[];

  /** Throws a RangeError where the task's parts do not fit each other or the loss. */
  constructor(
    private readonly task: ReferenceTask,
    private readonly loss: ReferenceLoss,
    weighting: ReferenceWeighting,
    private readonly seed: number | bigint,
  ) {
    checkTask(task, loss, weighting);
    this.q = rowWeights(task, weighting);
    this.squaredNorms = task.X.map((x) => dot(x, x));
    this.alpha = task.y.map(() => 0);
    this.previousAlpha = this.alpha;
    this.proposedAlpha = this.alpha;
  }

  /** Works on the round's subproblem within the budget. alpha stays until accept(). */
  solve({ round, w, S, steps, beta }: RoundRequest): Proposal {
    const v = this.dualVector(this.alpha);
    const previousV = this.dualVector(this.previousAlpha);
    const ahead = this.alpha.map((alpha, i) => alpha + beta * (alpha - at(this.previousAlpha, i)));
    this.proposedAlpha = ahead.map((alpha, i) => this.loss.clip(alpha, at(this.task.y, i)));
    const start = this.dualVector(this.proposedAlpha);
    // u = (w - beta S (v - previous v)) + S Delta v, with Delta v the way from v to the start.
    const u = w.map((value, j) => {
      return value - beta * S * (at(v, j) - at(previousV, j)) + S * (at(start, j) - at(v, j));
    });
    const stream = new RandomStream(streamKey(this.seed, this.task.id, round));
    for (const i of visits(stream, this.alpha.length, steps)) {
      this.coordinateStep(i, S, u);
    }
    return { v: this.dualVector(this.proposedAlpha), e: this.conjugateFall() };
  }

  /** Moves alpha by gamma in [0, 1] towards the proposal. */
  accept(gamma: number): void {
    this.previousAlpha = this.alpha;
    this.alpha = this.alpha.map((alpha, i) => {
      const proposed = at(this.proposedAlpha, i);
      return gamma === 1 ? proposed : alpha + gamma * (proposed - alpha);
    });
  }

  /** Forgets the momentum. */
  restart(): void {
    this.previousAlpha = this.alpha;
  }

  /** The task's share of the objectives at w. */
  objective(w: number[]): Objective {
    let lossSum = 0;
    let gap = 0;
    this.task.X.forEach((x, i) => {
      const z = dot(x, w);
      const [alpha, y, q] = [at(this.alpha, i), at(this.task.y, i), at(this.q, i)];
      const value = this.loss.value(z, y);
      lossSum += q * value;
      gap += q * (value - this.loss.negativeConjugate(alpha, y) + alpha * z);
    });
    return { lossSum, conjugateSum: this.conjugateSum(), gap };
  }

  /** Maximises the subproblem over the proposed alpha_i alone and brings u up to date. */
  private coordinateStep(i: number, S: number, u: number[]): void {
    const q = at(this.q, i);
    if (q === 0) {
      return;
    }
    const x = at(this.task.X, i);
    const alpha = at(this.proposedAlpha, i);
    const next = this.loss.step(alpha, dot(x, u), at(this.task.y, i), S * q * at(this.squaredNorms, i));
    this.proposedAlpha[i] = next;
    addScaled(u, S * q * (next - alpha), x);
  }

  private conjugateSum(): number {
    return -this.alpha.reduce((total, alpha, i) => {
      return total + at(this.q, i) * this.loss.negativeConjugate(alpha, at(this.task.y, i));
    }, 0);
  }

  /** e_t. */
  private conjugateFall(): number {
    return this.alpha.reduce((total, alpha, i) => {
      const y = at(this.task.y, i);
      const proposed = this.loss.negativeConjugate(at(this.proposedAlpha, i), y);
      return total + at(this.q, i) * (proposed - this.loss.negativeConjugate(alpha, y));
    }, 0);
  }

  /** sum_i q_i alpha_i x_i. */
  private dualVector(alpha: number[]): number[] {
    const v = at(this.task.X, 0).map(() => 0);
    this.task.X.forEach((x, i) => {
      addScaled(v, at(this.q, i) * at(alpha, i), x);
    });
    return v;
  }
}

/** q_ti = c_t s_ti. */
function rowWeights({ y, sampleWeights }: ReferenceTask, weighting: ReferenceWeighting): number[] {
  const s = sampleWeights ?? y.map(() => 1);
  const total = s.reduce((sum, weight) => sum + weight, 0);
  return weighting === "mean" ? s.map((weight) => weight / total) : s;
}

function checkTask(
  { id, X, y, sampleWeights }: ReferenceTask,
  loss: ReferenceLoss,
  weighting: ReferenceWeighting,
): void {
  const n = X.length;
  if (n === 0 || y.length !== n || (sampleWeights !== undefined && sampleWeights.length !== n)) {
    throw new RangeError(`task ${id}: X, y and sampleWeights must have the same length, at least 1`);
  }
  if (X.some((x) => x.length !== at(X, 0).length || !x.every(Number.isFinite))) {
    throw new RangeError(`task ${id}: rows of X must have equal length and finite entries`);
  }
  if (!y.every((label) => (loss.classification ? Math.abs(label) === 1 : Number.isFinite(label)))) {
    throw new RangeError(`task ${id}: labels must be ${loss.classification ? "-1 or +1" : "finite"}`);
  }
  if (!(sampleWeights ?? []).every((weight) => weight >= 0 && Number.isFinite(weight))) {
    throw new RangeError(`task ${id}: sample weights must be finite and >= 0`);
  }
  if (weighting === "mean" && sampleWeights?.every((weight) => weight === 0)) {
    throw new RangeError(`task ${id}: weighting mean needs a sample weight > 0`);
  }
}

/** The entry at an index known to be in range. */
function at<T>(values: T[], i: number): T {
  return values[i] as T;
}

function dot(x: number[], y: number[]): number {
  return x.reduce((total, value, j) => total + value * at(y, j), 0);
}

/** y += scale x. */
function addScaled(y: number[], scale: number, x: number[]): void {
  x.forEach((value, j) => {
    y[j] = at(y, j) + scale * value;
  });
}
