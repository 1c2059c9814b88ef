/**
 * What a round of a baseline cost (docs/math.md, section 6), task by task.
 */
import { FedmtlError } from "../errors.js";
import { bytesPerNumber, scalarsDown, scalarsUp } from "../systems/accounting.js";
import type { MessageBytes, RoundPlan, RoundWork } from "../systems/method.js";

/** Vectors of d numbers and scalars in one message. */
export interface MessageSize {
  readonly vectors: number;
  readonly scalars: number;
}

/** The two messages of a round. */
export interface Traffic {
  readonly down: MessageSize;
  readonly up: MessageSize;
}

/** What MOCHA's messages carry. */
export const dualTraffic: Traffic = {
  down: { vectors: 1, scalars: scalarsDown },
  up: { vectors: 1, scalars: scalarsUp },
};
/** A model and (round, budget, scaling); a sum over rows and (round, steps). */
export const primalTraffic: Traffic = { down: { vectors: 1, scalars: 3 }, up: { vectors: 1, scalars: 2 } };
/** Of methods that send nothing, models by themselves. */
export const noTraffic: Traffic = { down: { vectors: 0, scalars: 0 }, up: { vectors: 0, scalars: 0 } };

const bytesOf = ({ vectors, scalars }: MessageSize, cols: number): number =>
  bytesPerNumber * (vectors * cols + scalars);

/** Bytes of one task's messages. */
export const messageBytes = ({ down, up }: Traffic, cols: number): MessageBytes => ({
  down: bytesOf(down, cols),
  up: bytesOf(up, cols),
});

/** The record of one round, filled in task by task; every task is sent the model, dropped or not. */
export function emptyWork(tasks: number, cols: number, traffic: Traffic): RoundWork {
  return {
    steps: new Float64Array(tasks),
    flops: new Float64Array(tasks),
    bytesDown: new Float64Array(tasks).fill(bytesOf(traffic.down, cols)),
    bytesUp: new Float64Array(tasks),
  };
}

/** Task t has taken part. */
export function addWork(
  work: RoundWork,
  t: number,
  { steps, flops }: { readonly steps: number; readonly flops: number },
  { up }: Traffic,
  cols: number,
): void {
  work.steps[t] = steps;
  work.flops[t] = flops;
  work.bytesUp[t] = bytesOf(up, cols);
}

/** @throws FedmtlError INVALID_ARGUMENT */
export function requirePlan({ round, steps }: RoundPlan, tasks: number): void {
  if (!(Number.isSafeInteger(round) && round >= 1)) {
    throw new FedmtlError("INVALID_ARGUMENT", `the round is ${round}; give a whole number from 1`);
  }
  if (steps.length !== tasks) {
    throw new FedmtlError("INVALID_ARGUMENT", `steps has ${steps.length} entries for ${tasks} tasks`);
  }
  const wrong = steps.find((count) => !(Number.isSafeInteger(count) && count >= 0));
  if (wrong !== undefined) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `a task's steps are ${wrong}; give a whole number from 0, where 0 drops the round`,
    );
  }
}
