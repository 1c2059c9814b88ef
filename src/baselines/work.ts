/**
 * What a round of a baseline cost (docs/math.md, section 6), task by task.
 */
import { bytesPerNumber, scalarsDown, scalarsUp } from "../systems/accounting.js";
import type { MessageBytes, RoundWork } from "../systems/method.js";

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
