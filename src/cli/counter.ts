/**
 * How many of a known number of trainings or jobs are done: a bar on a terminal, a plain line every few seconds elsewhere.
 */
import type { TextStream } from "./terminal.js";

const barWidth = 24;
const secondsBetweenLines = 5;

/** The reporter of one command. */
export interface Counter {
  update(done: number, total: number): void;
  /** Removes the bar, so that other output starts on a clean line. */
  finish(): void;
}

/** Starts counting on a stream, as a rule process.stderr; `what` is counted. */
export function createCounter(
  stream: TextStream,
  now = () => performance.now() / 1000,
  what = "trainings",
): Counter {
  let lastLine = now();
  let barShown = false;
  return {
    update(done, total) {
      const text = `${done} of ${total} ${what}`;
      if (stream.isTTY === true) {
        const full = Math.floor((done / total) * barWidth);
        stream.write(`\r[${"#".repeat(full)}${"-".repeat(barWidth - full)}] ${text}\u001b[K`);
        barShown = true;
      } else if (now() - lastLine >= secondsBetweenLines) {
        lastLine = now();
        stream.write(`${text}\n`);
      }
    },
    finish() {
      if (barShown) {
        stream.write("\r\u001b[K");
        barShown = false;
      }
    },
  };
}
