/**
 * What a round costs: seconds and joules of every device, and the sums of a round (docs/math.md, section 6).
 */
import { type Attendance, presence } from "./attendance.js";
import type { Fleet } from "./fleet.js";
import type { MessageBytes, RoundWork } from "./method.js";

/** Sums over the devices of a round. */
export interface RoundTotals {
  readonly steps: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly flops: number;
  readonly joules: number;
  /** Until the slowest participant has answered. */
  readonly slowest: number;
  /** Until the last of the invited has the message. */
  readonly told: number;
  /** Bounds on theta of the participants; NaN where none were asked for. */
  readonly thetaMean: number;
  readonly thetaMax: number;
}

/** The costs of the round at hand; every array has m entries and is written anew by `measure`. */
export class RoundCosts {
  /** Between the start of the round and the device's answer; 0 for those that did not answer. */
  readonly seconds: Float64Array;
  readonly joules: Float64Array;
  readonly bytesDown: Float64Array;
  readonly bytesUp: Float64Array;
  readonly #fleet: Fleet;
  readonly #deadline: number;

  /** @param deadline seconds; Infinity without one */
  constructor(fleet: Fleet, deadline: number) {
    this.#fleet = fleet;
    this.#deadline = deadline;
    this.seconds = new Float64Array(fleet.size);
    this.joules = new Float64Array(fleet.size);
    this.bytesDown = new Float64Array(fleet.size);
    this.bytesUp = new Float64Array(fleet.size);
  }

  /**
   * The invited are charged what the server sent them, work and answers are those of the participants. A certificate, which a
   * method may make to decide something, asks all devices: what there is of it is charged to each.
   */
  measure(work: RoundWork, { states }: Attendance, messages: MessageBytes): RoundTotals {
    const fleet = this.#fleet;
    let [steps, bytesUp, bytesDown, flops, joules, slowest, told] = [0, 0, 0, 0, 0, 0, 0];
    for (let t = 0; t < fleet.size; t++) {
      const invited = (states[t] as number) > presence.notInvited;
      const down = (work.bytesDown[t] as number) - (invited ? 0 : messages.down);
      const up = work.bytesUp[t] as number;
      const computed = work.flops[t] as number;
      const energy =
        computed * (fleet.joulesPerFlop[t] as number) +
        down * (fleet.joulesPerByteDown[t] as number) +
        up * (fleet.joulesPerByteUp[t] as number);
      const answered = up > 0 || (work.steps[t] as number) > 0;
      const compute = computed / (fleet.flopsPerSecond[t] as number);
      // Steps were planned for rows of average size: a device that met larger ones stops at the deadline all the same.
      const seconds = answered ? Math.min(this.#deadline, fleet.secondsOfMessages(t, down, up) + compute) : 0;
      this.seconds[t] = seconds;
      this.joules[t] = energy;
      this.bytesDown[t] = down;
      this.bytesUp[t] = up;
      steps += work.steps[t] as number;
      flops += computed;
      bytesDown += down;
      bytesUp += up;
      joules += energy;
      slowest = Math.max(slowest, seconds);
      told = invited ? Math.max(told, fleet.secondsDown(t, down)) : told;
    }
    return { steps, bytesUp, bytesDown, flops, joules, slowest, told, ...thetas(work) };
  }
}

function thetas({ steps, theta }: RoundWork): Pick<RoundTotals, "thetaMean" | "thetaMax"> {
  if (theta === undefined) {
    return { thetaMean: Number.NaN, thetaMax: Number.NaN };
  }
  let [sum, most, count] = [0, 0, 0];
  for (let t = 0; t < theta.length; t++) {
    if ((steps[t] as number) > 0) {
      const bound = theta[t] as number;
      sum += bound;
      most = Math.max(most, bound);
      count++;
    }
  }
  return count === 0
    ? { thetaMean: Number.NaN, thetaMax: Number.NaN }
    : { thetaMean: sum / count, thetaMax: most };
}
