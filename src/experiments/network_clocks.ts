/**
 * One simulation seen by several clocks: devices and networks of different speeds. Without drop-outs and deadlines they decide
 * how long a round takes and nothing else, so that one run of a method serves them all.
 */
import type { DeviceName } from "../systems/devices.js";
import { Fleet } from "../systems/fleet.js";
import { KeyedRandom } from "../systems/keyed_random.js";
import { isPaperNetwork, type NetworkName } from "../systems/links.js";
import { paperSeconds } from "../systems/paper_time.js";
import type { TaskRound } from "../systems/task_round.js";

/** What a clock is of. */
interface Setting {
  readonly device: DeviceName;
  readonly network: NetworkName;
}

/** The networks of the paper's figures with a fast and a slow device; and the constants of its released code. */
export const raceClocks = {
  "phone on 3g": { device: "phone", network: "3g" },
  "phone on lte": { device: "phone", network: "lte" },
  "phone on wifi": { device: "phone", network: "wifi" },
  "wearable on 3g": { device: "wearable", network: "3g" },
  "wearable on lte": { device: "wearable", network: "lte" },
  "wearable on wifi": { device: "wearable", network: "wifi" },
  "paper-3g": { device: "phone", network: "paper-3g" },
  "paper-lte": { device: "phone", network: "paper-lte" },
  "paper-wifi": { device: "phone", network: "paper-wifi" },
} as const satisfies Readonly<Record<string, Setting>>;

/** Devices and network of a race. */
export type RaceClock = keyof typeof raceClocks;
/** All of them. */
export const raceClockNames = Object.keys(raceClocks) as RaceClock[];

/** Whether a clock counts seconds, and not the unit of the released code. */
export const isPhysical = (clock: RaceClock): boolean => !isPaperNetwork(raceClocks[clock].network);

/** All clocks for the rounds of one method. */
export class NetworkClocks {
  readonly #method: string;
  readonly #fleets: ReadonlyMap<RaceClock, Fleet>;
  readonly #times = new Map<RaceClock, number>(raceClockNames.map((name) => [name, 0]));

  /** @param method its name, on which the released code's time depends; `names` of the tasks, m */
  constructor(method: string, names: readonly string[], seed: number) {
    this.#method = method;
    const random = new KeyedRandom(seed, names);
    this.#fleets = new Map(
      raceClockNames.map((clock) => {
        const { device, network } = raceClocks[clock];
        return [clock, new Fleet(device, network, names, random)];
      }),
    );
  }

  /** Since the start: seconds, under the paper's constants in the unit of its code. */
  time(clock: RaceClock): number {
    return this.#times.get(clock) as number;
  }

  /**
   * A round's answers are waited for, the slowest too (src/systems/round_costs.ts has the same for one network).
   *
   * @param shares of each device's clock that it has in this round, by default 1
   */
  add(round: TaskRound, shares?: Float64Array): void {
    for (const [clock, fleet] of this.#fleets) {
      const { network } = raceClocks[clock];
      const seconds = isPaperNetwork(network)
        ? paperSeconds(network, this.#method, round)
        : slowest(fleet, round, shares);
      this.#times.set(clock, this.time(clock) + seconds);
    }
  }
}

function slowest(fleet: Fleet, { flops, bytesDown, bytesUp }: TaskRound, shares?: Float64Array): number {
  let most = 0;
  for (let t = 0; t < fleet.size; t++) {
    const messages = fleet.secondsOfMessages(t, bytesDown[t] as number, bytesUp[t] as number);
    const clock = (fleet.flopsPerSecond[t] as number) * (shares?.[t] ?? 1);
    most = Math.max(most, messages + (flops[t] as number) / clock);
  }
  return most;
}
