/**
 * One simulation seen by the clocks of several networks. Without drop-outs and deadlines the network decides how long a round
 * takes and nothing else, so that one run of a method serves them all.
 */
import { Fleet } from "../systems/fleet.js";
import { KeyedRandom } from "../systems/keyed_random.js";
import { isPaperNetwork, type NetworkName } from "../systems/links.js";
import { paperSeconds } from "../systems/paper_time.js";
import type { DeviceName } from "../systems/devices.js";
import type { TaskRound } from "../systems/task_round.js";

/** The networks of the paper's figures: as links, and as the constants of its released code. */
export const raceNetworks = [
  "3g",
  "lte",
  "wifi",
  "paper-3g",
  "paper-lte",
  "paper-wifi",
] as const satisfies readonly NetworkName[];
export type RaceNetwork = (typeof raceNetworks)[number];

/** Clocks of all networks for the rounds of one method. */
export class NetworkClocks {
  readonly #method: string;
  readonly #fleets: ReadonlyMap<RaceNetwork, Fleet>;
  readonly #times = new Map<RaceNetwork, number>(raceNetworks.map((name) => [name, 0]));

  /** @param method its name, on which the released code's time depends; `names` of the tasks, m */
  constructor(method: string, device: DeviceName, names: readonly string[], seed: number) {
    this.#method = method;
    const random = new KeyedRandom(seed, names);
    this.#fleets = new Map(
      raceNetworks.map((network) => [network, new Fleet(device, network, names, random)]),
    );
  }

  /** Since the start: seconds, under the paper's constants in the unit of its code. */
  time(network: RaceNetwork): number {
    return this.#times.get(network) as number;
  }

  /**
   * A round's answers are waited for, the slowest too (src/systems/round_costs.ts has the same for one network).
   *
   * @param shares of each device's clock that it has in this round, by default 1
   */
  add(round: TaskRound, shares?: Float64Array): void {
    for (const [network, fleet] of this.#fleets) {
      const seconds = isPaperNetwork(network)
        ? paperSeconds(network, this.#method, round)
        : slowest(fleet, round, shares);
      this.#times.set(network, this.time(network) + seconds);
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
