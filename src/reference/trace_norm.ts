// The Omega steps of trace-norm: the plain minimiser (relationships.ts) made fast, as native/omega/trace_norm.cpp
// does it.
//
// Problem: at W held, lower over Sigma, tr Sigma = 1,
//     Q(Sigma) = 1/2 tr(W (lambda1 Sigma^-1 + lambda2 I) W') + lambda1 epsilon / 2 tr(Sigma^-1).
// Alternating with Q's minimiser crawls, because directions that W lacks start at a variance near sqrt(epsilon)
// and grow by about 1 % a step. So the minimiser is taken at W extrapolated by Nesterov's momentum and at a floor
// that sinks to epsilon over the first steps, both drawn back until Q, at W itself and at epsilon, does not rise.

import type { Matrix } from "ml-matrix";
import { rightSingularPairs } from "./kernel.js";
import { Momentum } from "./momentum.js";
import { omegaStep, type ReferenceRelationship, regulariserAt, type TaskRelation } from "./relationships.js";

/** ||W||_* / m. */
export function meanSingularValue(W: Matrix): number {
  return rightSingularPairs(W).values.reduce((total, s) => total + s, 0) / W.columns;
}

/** The default epsilon, from the result of the first W step; W = 0 has no scale, and any floor keeps Sigma = I/m. */
export function defaultEpsilon(W: Matrix): number {
  const root = 0.1 * meanSingularValue(W);
  return root > 0 ? root ** 2 : 1;
}

/** The steps of one training. */
export class TraceNormSteps {
  private readonly momentum = new Momentum();
  private steps = 0;
  /** In units of (||W||_* / m)^2. */
  private startFloor = 30;

  /**
   * `sinkingSteps` >= 1: steps over which the floor sinks to epsilon; `cutTolerance`: relative rise of Q that evening out
   * small eigenvalues may cost.
   */
  constructor(
    private readonly relationship: ReferenceRelationship,
    private readonly sinkingSteps: number,
    private readonly cutTolerance = 0,
  ) {}

  /** The relation for W (d × m) that replaces `current`; epsilon > 0. */
  step(current: TaskRelation, W: Matrix, epsilon: number): TaskRelation {
    const next = this.lowered(current, W, epsilon);
    this.momentum.keep(W);
    this.steps++;
    return next;
  }

  /** Draws back, the momentum first and then the floor, until Q does not rise. */
  private lowered(current: TaskRelation, W: Matrix, epsilon: number): TaskRelation {
    const q = (relation: TaskRelation) => regulariserAt(this.relationship, relation, W, epsilon);
    const before = q(current);
    const meanSquare = meanSingularValue(W) ** 2;
    let share = this.momentum.next();
    for (;;) {
      const floor = this.floor(meanSquare, epsilon);
      const ahead = this.momentum.ahead(W, share);
      const candidate = omegaStep(this.relationship, ahead, floor, this.cutTolerance);
      if (q(candidate) <= before) {
        return candidate;
      }
      if (share > 0) {
        share = Momentum.drawnBack(share);
      } else if (floor > epsilon) {
        this.startFloor /= 2;
      } else {
        return current; // even the minimiser raises Q, so `current` minimises it to rounding
      }
    }
  }

  /** Geometric from startFloor times the mean square of W's singular values down to epsilon. */
  private floor(meanSquare: number, epsilon: number): number {
    const progress = Math.min(1, this.steps / this.sinkingSteps);
    const start = this.startFloor * meanSquare;
    return start <= epsilon ? epsilon : Math.max(epsilon, start ** (1 - progress) * epsilon ** progress);
  }
}
