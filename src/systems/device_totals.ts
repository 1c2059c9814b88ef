/**
 * What a whole simulation was to each device.
 */
import { type Attendance, presence } from "./attendance.js";
import type { RoundWork } from "./method.js";
import type { RoundCosts } from "./round_costs.js";

const names = ["invited", "answered", "steps", "flops", "bytesUp", "bytesDown", "seconds", "joules"] as const;

/** Sums over all rounds, each array an entry a task. */
export class DeviceTotals {
  /** Rounds it was invited to. */
  readonly invited: Float64Array;
  /** Rounds it answered. */
  readonly answered: Float64Array;
  readonly steps: Float64Array;
  readonly flops: Float64Array;
  readonly bytesUp: Float64Array;
  readonly bytesDown: Float64Array;
  /** Between the start of rounds and its answers. */
  readonly seconds: Float64Array;
  readonly joules: Float64Array;

  /** @internal */
  constructor(tasks: number) {
    this.invited = new Float64Array(tasks);
    this.answered = new Float64Array(tasks);
    this.steps = new Float64Array(tasks);
    this.flops = new Float64Array(tasks);
    this.bytesUp = new Float64Array(tasks);
    this.bytesDown = new Float64Array(tasks);
    this.seconds = new Float64Array(tasks);
    this.joules = new Float64Array(tasks);
  }

  /** @internal */
  add({ states }: Attendance, { steps, flops }: RoundWork, costs: RoundCosts): void {
    for (let t = 0; t < states.length; t++) {
      (this.invited[t] as number) += (states[t] as number) > presence.notInvited ? 1 : 0;
      (this.answered[t] as number) += (steps[t] as number) > 0 ? 1 : 0;
      (this.steps[t] as number) += steps[t] as number;
      (this.flops[t] as number) += flops[t] as number;
      (this.bytesUp[t] as number) += costs.bytesUp[t] as number;
      (this.bytesDown[t] as number) += costs.bytesDown[t] as number;
      (this.seconds[t] as number) += costs.seconds[t] as number;
      (this.joules[t] as number) += costs.joules[t] as number;
    }
  }

  /** @internal */
  save(): Record<string, Float64Array> {
    return Object.fromEntries(names.map((name) => [`devices.${name}`, this[name].slice()]));
  }

  /** @internal */
  restore(read: (name: string) => Float64Array): void {
    for (const name of names) {
      this[name].set(read(`devices.${name}`));
    }
  }
}
