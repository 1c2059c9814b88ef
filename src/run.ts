/**
 * The handle of work under way that makes a record a round: trainings and simulations.
 */

/** Rounds made so far, which only grow. */
interface Records<Record> {
  readonly length: number;
  at(index: number): Record | undefined;
}

/**
 * Work under way. Not a promise itself, so that it can be returned from an async function: await `result`. It may be iterated
 * any number of times, each from the first round; leaving an iteration only stops watching.
 */
export class Run<Result, Record, Options> implements AsyncIterable<Record> {
  /** Rejects only for errors; aborted work resolves. */
  readonly result: Promise<Result>;
  /** The options in force, with every default. */
  readonly options: Options;
  readonly #records: Records<Record>;
  readonly #abort: () => void;
  #ended = false;
  #waiting: (() => void)[] = [];

  /** @internal */
  constructor(result: Promise<Result>, options: Options, records: Records<Record>, abort: () => void) {
    this.result = result;
    this.options = options;
    this.#records = records;
    this.#abort = abort;
    const end = (): void => {
      this.#ended = true;
      this.wake();
    };
    result.then(end, end);
  }

  /** Ends the work as soon as it can be ended; `result` then resolves with status "aborted". */
  abort(): void {
    this.#abort();
  }

  /** Every round once, in order, as they are made; throws what `result` rejects with. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Record, void, void> {
    for (let index = 0; ; index++) {
      while (index >= this.#records.length && !this.#ended) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
      const record = this.#records.at(index);
      if (record === undefined) {
        await this.result;
        return;
      }
      yield record;
    }
  }

  /** @internal Tells iterators that there are more records. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) {
      resolve();
    }
  }

  /** @internal Aborts when the signal does, until the work has ended. */
  listenTo(signal: AbortSignal | undefined): void {
    if (signal === undefined) {
      return;
    }
    const abort = (): void => this.abort();
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener("abort", abort, { once: true });
    const stopListening = (): void => signal.removeEventListener("abort", abort);
    this.result.then(stopListening, stopListening);
  }
}
