/**
 * The handle of a training under way.
 */
import type { ResolvedOptions } from "../options.js";
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

/**
 * A training under way. Not a promise itself, so that it can be returned from an async function: await `result`. It may be
 * iterated any number of times, each from the first round; leaving an iteration only stops watching.
 */
export class FitRun implements AsyncIterable<RoundRecord> {
  /** Rejects only for errors; an aborted training resolves. */
  readonly result: Promise<FitResult>;
  /** The options in force, with every default. */
  readonly options: ResolvedOptions;
  readonly #history: History;
  readonly #abort: () => void;
  #ended = false;
  #waiting: (() => void)[] = [];

  /** @internal */
  constructor(result: Promise<FitResult>, options: ResolvedOptions, history: History, abort: () => void) {
    this.result = result;
    this.options = options;
    this.#history = history;
    this.#abort = abort;
    const end = (): void => {
      this.#ended = true;
      this.wake();
    };
    result.then(end, end);
  }

  /** Ends the training after the work under way is abandoned; `result` then resolves with status "aborted". */
  abort(): void {
    this.#abort();
  }

  /** Every round once, in order, as they are made; throws what `result` rejects with. */
  async *[Symbol.asyncIterator](): AsyncGenerator<RoundRecord, void, void> {
    for (let index = 0; ; index++) {
      while (index >= this.#history.length && !this.#ended) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
      const record = this.#history.at(index);
      if (record === undefined) {
        await this.result;
        return;
      }
      yield record;
    }
  }

  /** @internal Tells iterators that the history has grown. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) {
      resolve();
    }
  }
}
