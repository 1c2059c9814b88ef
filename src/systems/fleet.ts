/**
 * The devices of a simulation and their links, in columns: an entry a task.
 */
import { FedmtlError } from "../errors.js";
import { type Device, deviceCatalogue, type DeviceName } from "./devices.js";
import { isPaperNetwork, type Link, linkCatalogue, type LinkName, type PaperNetwork } from "./links.js";
import type { KeyedRandom } from "./keyed_random.js";
import type { MessageBytes, Method } from "./method.js";
import { type Choice, chosen, type Draw } from "./presets.js";

/** What the tasks run on. */
export type Devices = Choice<Device, DeviceName>;
/** How they are connected; one of the paper's constants is for all. */
export type Network = PaperNetwork | Choice<Link, LinkName>;

/** A link that takes no time and no energy: under the paper's constants only their sum counts. */
const freeLink: Link = {
  downBytesPerSecond: Number.POSITIVE_INFINITY,
  upBytesPerSecond: Number.POSITIVE_INFINITY,
  latencySeconds: 0,
  joulesPerByteDown: 0,
  joulesPerByteUp: 0,
};

const bytesPerNumber = 8;

/** Every array has m entries. */
export class Fleet {
  readonly size: number;
  readonly flopsPerSecond: Float64Array;
  readonly memoryBytes: Float64Array;
  readonly joulesPerFlop: Float64Array;
  readonly downBytesPerSecond: Float64Array;
  readonly upBytesPerSecond: Float64Array;
  readonly latencySeconds: Float64Array;
  readonly joulesPerByteDown: Float64Array;
  readonly joulesPerByteUp: Float64Array;

  /** @throws FedmtlError INVALID_OPTION */
  constructor(devices: Devices, network: Network, names: readonly string[], random: KeyedRandom) {
    const draw = (which: number): Draw => {
      const word = random.word("device", which);
      return { names, uniform: (t) => random.uniform(word, t) };
    };
    const own = chosen(devices, deviceCatalogue, draw(0));
    const links = isPaperNetwork(network)
      ? names.map(() => freeLink)
      : chosen(network, linkCatalogue, draw(1));
    const ofDevice = (number: keyof Device) => Float64Array.from(own, (device) => device[number]);
    const ofLink = (number: keyof Link) => Float64Array.from(links, (link) => link[number]);
    this.size = names.length;
    this.flopsPerSecond = ofDevice("flopsPerSecond");
    this.memoryBytes = ofDevice("memoryBytes");
    this.joulesPerFlop = ofDevice("joulesPerFlop");
    this.downBytesPerSecond = ofLink("downBytesPerSecond");
    this.upBytesPerSecond = ofLink("upBytesPerSecond");
    this.latencySeconds = ofLink("latencySeconds");
    this.joulesPerByteDown = ofLink("joulesPerByteDown");
    this.joulesPerByteUp = ofLink("joulesPerByteUp");
  }

  /** Seconds until device t has received a message of so many bytes; none where there is no message. */
  secondsDown(t: number, bytes: number): number {
    if (bytes === 0) {
      return 0;
    }
    return (this.latencySeconds[t] as number) / 2 + bytes / (this.downBytesPerSecond[t] as number);
  }

  /** Seconds of a round's messages to and from device t; none where nothing travels. */
  secondsOfMessages(t: number, down: number, up: number): number {
    if (down + up === 0) {
      return 0;
    }
    const transfer =
      down / (this.downBytesPerSecond[t] as number) + up / (this.upBytesPerSecond[t] as number);
    return (this.latencySeconds[t] as number) + transfer;
  }

  /** Seconds that device t takes for a round of so many steps, as known before it. */
  secondsOfSteps(t: number, steps: number, { flopsPerStep }: Method, { down, up }: MessageBytes): number {
    const compute = (steps * (flopsPerStep[t] as number)) / (this.flopsPerSecond[t] as number);
    return this.secondsOfMessages(t, down, up) + compute;
  }

  /** @throws FedmtlError INVALID_OPTION naming the first task whose data do not fit its device */
  requireMemory({ rowCounts, flopsPerStep }: Method, names: readonly string[]): void {
    for (let t = 0; t < this.size; t++) {
      const rows = rowCounts[t] as number;
      // A step touches every stored feature with four FLOPs; a label and a dual variable stand beside them.
      const needed = bytesPerNumber * rows * ((flopsPerStep[t] as number) / 4 + 2);
      if (needed > (this.memoryBytes[t] as number)) {
        throw new FedmtlError(
          "INVALID_OPTION",
          `task ${JSON.stringify(names[t])} needs ${needed} bytes on its device, which has ${this.memoryBytes[t]}; ` +
            "give it another device or fewer rows",
        );
      }
    }
  }
}
