/**
 * Watching a training from the command line: progress, history file, and interruption.
 */
import { writeAtomically } from "../files.js";
import type { FitRun } from "../mocha/fit_run.js";
import type { RoundRecord } from "../mocha/history.js";
import { exitCodes } from "./failures.js";
import { createProgress } from "./progress.js";

/** Characters of history that are written together. */
const chunkLength = 1 << 16;

/** One round as a line of a history file; the certificate's numbers stand on certified rounds only. */
function historyLine(record: RoundRecord): string {
  const { round, omegaStep, steps, participants, bytesUp, bytesDown, flops, seconds, certificate } = record;
  const ofClass = record.label === undefined ? {} : { class: record.label };
  const line = { round, ...ofClass, omegaStep, steps, participants, bytesUp, bytesDown, flops, seconds };
  if (certificate === undefined) {
    return `${JSON.stringify(line)}\n`;
  }
  const { primal, dual, gap, jointObjective = null, jointDual } = certificate;
  return `${JSON.stringify({ ...line, primal, dual, gap, jointObjective, jointDual })}\n`;
}

/** Shows the progress of a run on stderr and, if a path is given, writes its history, complete or not at all. */
export async function watch(run: FitRun, historyPath: string | undefined): Promise<void> {
  const { gap, rounds } = run.options.stop;
  const progress = createProgress({ stream: process.stderr, targetGap: gap, rounds });
  const update = ({ certificate, ...record }: RoundRecord): void => {
    progress.update(certificate === undefined ? record : { ...record, relativeGap: certificate.relativeGap });
  };
  try {
    if (historyPath === undefined) {
      for await (const record of run) {
        update(record);
      }
      return;
    }
    await writeAtomically(historyPath, async (handle) => {
      let chunk = "";
      for await (const record of run) {
        update(record);
        chunk += historyLine(record);
        if (chunk.length >= chunkLength) {
          await handle.writeFile(chunk);
          chunk = "";
        }
      }
      await handle.writeFile(chunk);
    });
  } finally {
    progress.finish();
  }
}

/** Turns SIGINT and SIGTERM into an orderly end. */
export interface Interruption {
  /** Whether a signal came. */
  readonly happened: boolean;
  /** What a signal does from now on, instead of ending the process at once. */
  whenItHappens(action: () => void): void;
}

/** Listens to SIGINT and SIGTERM; a second signal ends the process at once. */
export function listenForInterruption(): Interruption {
  let happened = false;
  let action: (() => void) | undefined;
  const onSignal = (): void => {
    if (happened || action === undefined) {
      process.exit(exitCodes.interrupted);
    }
    happened = true;
    action();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    get happened() {
      return happened;
    },
    whenItHappens(next) {
      action = next;
    },
  };
}
