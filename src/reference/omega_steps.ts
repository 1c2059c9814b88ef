// How learned families take the Omega steps of a training.

import type { Matrix } from "ml-matrix";
import { clusteredRelation } from "./clustered.js";
import { Momentum } from "./momentum.js";
import { type ReferenceRelationship, regulariserAt, type TaskRelation } from "./relationships.js";
import { sparsePrecisionRelation } from "./sparse_precision.js";
import { TraceNormSteps } from "./trace_norm.js";

/** The steps of one training. */
export interface OmegaSteps {
  /** The relation for W (d × m) that replaces `current`; the regulariser at W does not rise. epsilon: trace-norm's. */
  step(current: TaskRelation, W: Matrix, epsilon: number): TaskRelation;
}

/**
 * @param sinkingSteps trace-norm: >= 1, steps over which the floor sinks to epsilon
 * @param cutTolerance trace-norm: relative rise of Q that evening out small eigenvalues may cost
 */
export function omegaStepsOf(
  relationship: ReferenceRelationship,
  sinkingSteps: number,
  cutTolerance = 0,
): OmegaSteps {
  switch (relationship.family) {
    case "clustered":
      return new ClusteredSteps(relationship);
    case "sparse-precision":
      return new SparsePrecisionSteps(relationship);
    default:
      return new TraceNormSteps(relationship, sinkingSteps, cutTolerance);
  }
}

/** sparse-precision: the minimiser at W, unless it is so already. */
class SparsePrecisionSteps implements OmegaSteps {
  constructor(private readonly relationship: ReferenceRelationship) {}

  step(current: TaskRelation, W: Matrix): TaskRelation {
    const candidate = sparsePrecisionRelation(this.relationship, W);
    const [before, after] = [current, candidate].map((one) => regulariserAt(this.relationship, one, W));
    return (after as number) <= (before as number) ? candidate : current;
  }
}

/** clustered: the minimiser at W ahead of itself by the momentum. */
class ClusteredSteps implements OmegaSteps {
  private readonly momentum = new Momentum();

  constructor(private readonly relationship: ReferenceRelationship) {}

  step(current: TaskRelation, W: Matrix): TaskRelation {
    const next = this.lowered(current, W);
    this.momentum.keep(W);
    return next;
  }

  private lowered(current: TaskRelation, W: Matrix): TaskRelation {
    const before = regulariserAt(this.relationship, current, W);
    let share = this.momentum.next();
    for (;;) {
      const candidate = clusteredRelation(this.relationship, this.momentum.ahead(W, share));
      if (regulariserAt(this.relationship, candidate, W) <= before) {
        return candidate;
      }
      if (share === 0) {
        return current;
      }
      share = Momentum.drawnBack(share);
    }
  }
}
