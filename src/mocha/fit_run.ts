/**
 * The handle of a training under way.
 */
import type { ResolvedOptions } from "../options.js";
import { Run } from "../run.js";
import type { Certificate, History, RoundRecord } from "./history.js";
import type { Model } from "./model.js";

/** How a training ended. */
export type FitStatus = "converged" | "budget" | "aborted";

/** How the training of one class against the others ended. */
export interface ClassResult {
  readonly label: number;
  readonly status: FitStatus;
  readonly certificate: Certificate;
  readonly omegaSteps: number;
  /** Rounds made for it. */
  readonly rounds: number;
}

/** What a training leaves. */
export interface FitResult {
  /**
   * `converged`: the stopping rule holds; `budget`: rounds or Omega steps ran out first; `aborted`: by abort() or the
   * signal, with the model of the last finished round. Of several classes the last of these words that is true of one.
   */
  readonly status: FitStatus;
  readonly model: Model;
  readonly history: History;
  /** For alpha itself: V rebuilt from alpha and W from V before it was computed. */
  readonly certificate: Certificate;
  /** Omega steps taken, of several classes by all of them. */
  readonly omegaSteps: number;
  /** Several classes: how the training of each against the rest ended. */
  readonly classes?: readonly ClassResult[];
  /** The checkpoint that the training went on from, if it did. */
  readonly resumedFrom?: string;
}

/** A training under way; see {@link Run}. */
export class FitRun extends Run<FitResult, RoundRecord, ResolvedOptions> {}
