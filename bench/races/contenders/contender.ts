/**
 * What a race asks of a contender.
 */
import type { Claim } from "../evaluator.js";
import type { Command } from "../processes.js";

/** The problem as files, for contenders that read one. */
export interface Entry {
  /** svmlight text without tasks, labels -1 and +1. */
  readonly data: string;
  /** A folder for the contender's own files. */
  readonly folder: string;
  /** The weight C of the losses; fedmtl's lambda1 is 1/C. */
  readonly C: number;
}

/** What is known after a contender's process has ended. */
export interface Report extends Claim {
  /** Of the solver alone, without start, reading and writing. */
  readonly solverSeconds: number;
}

export interface Contender {
  readonly name: string;
  /** Settings of its stopping rule to try, from the loosest on: it takes part with the first that is good enough. */
  readonly settings: readonly string[];
  /** The process to time. */
  command(entry: Entry, setting: string): Command;
  /** Reads what the process left and printed. */
  report(entry: Entry, stdout: string, stderr: string): Report;
  /** What Node itself costs is taken off its time. */
  readonly startsNode: boolean;
}
