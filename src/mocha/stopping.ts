/**
 * When a W step ends and when a training is done (docs/math.md, sections 1 and 5).
 *
 * W steps (rounds at fixed Omega) and Omega steps alternate, a W step first and last. A W step ends at the target gap or
 * after `omegaEvery` rounds, but not before the joint objective is at or below that of the W step before it: the dual
 * variables were solved for another Omega, and a short W step could end above where it started. Training is done when the
 * gap is reached and the last Omega step lowered the joint objective by at most the tolerance.
 */
import type { NativeOmegaStep } from "../native.js";
import type { ResolvedOptions } from "../options.js";
import { type SavedState, storedNumber } from "./saved_state.js";
import type { Certificate, OmegaRecord } from "./history.js";

/** What the native rounds of one W step stop at. */
export interface WStepTargets {
  readonly relativeGap: number;
  /** Absolute gap; 0: not used. */
  readonly gap: number;
  /** From this round of the W step on, a joint objective of at most `objective` ends it too. */
  readonly mayEndFrom: number;
  /** Joint objective of the W step before; infinite for the first one. */
  readonly objective: number;
}

/** What follows a W step. */
export type Verdict = "converged" | "omega-step" | "solve-on" | "budget";

const clip = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/**
 * Accuracy of W steps with `omegaEvery: "auto"`, from the target gap. The first one only has to show where the tasks
 * differ. A later one is solved until its gap is a share of what the last Omega step won, which keeps the joint objective
 * falling as long as the share is below 1: solving for an Omega more exactly than Omega is known buys little
 * (figures: docs/rounds.md).
 */
function automaticAccuracy(gap: number): {
  first: number;
  loosest: number;
  shareOfFall: number;
  tightest: number;
} {
  return {
    first: Math.max(gap, 1e-2),
    loosest: clip(10 * gap, 1e-3, 1e-2),
    shareOfFall: clip(10 * Math.sqrt(gap), 0.03, 0.3),
    tightest: 0.1 * gap,
  };
}

/** Follows the joint objective from W step to W step. */
export class StoppingRule {
  readonly #options: ResolvedOptions;
  readonly #learned: boolean;
  #omegaSteps = 0;
  /** Joint objective at the end of the W step before this one. */
  #previous = Number.POSITIVE_INFINITY;
  #lastOmegaStep: Omit<NativeOmegaStep, "penaltyBefore" | "taken"> | undefined;
  /** The W step goes on to the target gap: Omega seems learned, or may not change any more. */
  #exact: boolean;

  constructor(options: ResolvedOptions, learned: boolean) {
    this.#options = options;
    this.#learned = learned;
    this.#exact = !learned || options.omegaSteps === 0;
  }

  /** Omega steps taken. */
  get omegaSteps(): number {
    return this.#omegaSteps;
  }

  /** The targets of the W step that begins or goes on. */
  targets(): WStepTargets {
    const { stop, omegaEvery } = this.#options;
    const never = { mayEndFrom: Number.POSITIVE_INFINITY, objective: Number.NEGATIVE_INFINITY };
    if (this.#exact) {
      return { relativeGap: stop.gap, gap: 0, ...never };
    }
    if (omegaEvery !== "auto") {
      return { relativeGap: stop.gap, gap: 0, mayEndFrom: omegaEvery, objective: this.#previous };
    }
    const accuracy = automaticAccuracy(stop.gap);
    if (this.#lastOmegaStep === undefined) {
      return { relativeGap: accuracy.first, gap: 0, ...never };
    }
    const { regularizerBefore, regularizerAfter } = this.#lastOmegaStep;
    const share = accuracy.shareOfFall * (regularizerBefore - regularizerAfter);
    const loosest = accuracy.loosest * Math.abs(this.#previous);
    return { relativeGap: accuracy.tightest, gap: Math.min(share, loosest), ...never };
  }

  /** What to do at the end of a W step, given its certificate with the joint objective. Changes nothing. */
  judge(certificate: Certificate): Verdict {
    const reached = certificate.relativeGap <= this.#options.stop.gap;
    if (!this.#learned) {
      return reached ? "converged" : "budget";
    }
    const objective = certificate.jointObjective ?? certificate.primal;
    if (this.#settled(objective) && reached) {
      return "converged";
    }
    if (!this.#exact && this.#settled(objective)) {
      return "solve-on";
    }
    return this.#omegaSteps >= this.#options.omegaSteps ? "budget" : "omega-step";
  }

  /** After the verdict "solve-on": the W step goes on to the target gap. */
  solveOn(): void {
    this.#exact = true;
  }

  /**
   * Called after an Omega step with the certificate of the W step before it. The W step that follows the last one allowed is
   * solved to the target gap.
   */
  omegaStepTaken(step: NativeOmegaStep, certificate: Certificate): void {
    this.#previous = certificate.jointObjective ?? certificate.primal + step.penaltyBefore;
    this.#omegaSteps++;
    this.#lastOmegaStep = step;
    this.#exact = this.#omegaSteps >= this.#options.omegaSteps;
  }

  /** For a checkpoint; the last Omega step itself stands in the history. */
  save(): SavedState {
    return {
      "rule.omegaSteps": Float64Array.of(this.#omegaSteps),
      "rule.previous": Float64Array.of(this.#previous),
      "rule.settled": Float64Array.of(this.#lastOmegaStep?.settled === true ? 1 : 0),
      "rule.exact": Float64Array.of(this.#exact ? 1 : 0),
    };
  }

  /** @throws FedmtlError BAD_MODEL */
  restore(state: SavedState, lastOmegaStep: OmegaRecord | undefined): void {
    this.#omegaSteps = storedNumber(state, "rule.omegaSteps");
    this.#previous = storedNumber(state, "rule.previous");
    this.#exact = storedNumber(state, "rule.exact") === 1;
    const settled = storedNumber(state, "rule.settled") === 1;
    this.#lastOmegaStep = lastOmegaStep === undefined ? undefined : { ...lastOmegaStep, settled };
  }

  /** Whether the last Omega step and the W step after it lowered the joint objective by no more than the tolerance. */
  #settled(objective: number): boolean {
    const fall = this.#previous - objective;
    return (
      this.#lastOmegaStep?.settled === true && fall <= this.#options.omegaTolerance * Math.abs(objective)
    );
  }
}
