/** What the parts of the systems model are told: which round, when, and of whom. */
import type { KeyedRandom } from "./keyed_random.js";

/** The beginning of a round. */
export interface Moment {
  /** 1, 2, … */
  readonly round: number;
  /** Virtual seconds since the start. */
  readonly time: number;
  /** m names of tasks, of which each has its device. */
  readonly names: readonly string[];
  /** Random numbers that are functions of (seed, purpose, device, round). */
  readonly random: KeyedRandom;
}

/** What decides a part's behaviour, for checkpoints to compare. */
export type PartFacts = Readonly<Record<string, string | number>>;
