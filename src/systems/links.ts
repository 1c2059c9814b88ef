/**
 * Links between the server and the devices: bandwidth, latency, energy. Physical presets with their sources
 * (docs/simulation.md says how each number was derived), and the constants of the paper's released code, which are no links but
 * a time added to every round.
 */
import type { Catalogue } from "./presets.js";

/** How a device is connected. */
export interface Link {
  readonly downBytesPerSecond: number;
  readonly upBytesPerSecond: number;
  /** Seconds of a round beside its bytes: one round trip. */
  readonly latencySeconds: number;
  readonly joulesPerByteDown: number;
  readonly joulesPerByteUp: number;
}

/** The names of the physical presets. */
export const linkNames = ["3g", "lte", "5g", "wifi"] as const;
export type LinkName = (typeof linkNames)[number];

const bytesPerSecondOfMegabits = 1e6 / 8;

/** A link from megabits a second, a round trip in seconds, and joules a byte. */
function link(down: number, up: number, latencySeconds: number, joulesDown: number, joulesUp: number): Link {
  return {
    downBytesPerSecond: down * bytesPerSecondOfMegabits,
    upBytesPerSecond: up * bytesPerSecondOfMegabits,
    latencySeconds,
    joulesPerByteDown: joulesDown,
    joulesPerByteUp: joulesUp,
  };
}

/** @internal */
export const linkCatalogue: Catalogue<Link, LinkName> = {
  what: "network",
  presets: {
    // Speeds and latencies: Ofcom, Measuring mobile broadband performance in the UK, Q4 2014.
    "3g": link(5.9, 1.6, 0.0635, 2.1e-6, 1.1e-5),
    lte: link(14.7, 13.6, 0.0531, 1.2e-6, 5.2e-6),
    // Speeds: Cellsmart survey, March to May 2022; latency as LTE's, which it was not below everywhere.
    "5g": link(241.6, 31.3, 0.0531, 1.6e-7, 2.5e-6),
    // Speed: Opensignal, The State of Wifi vs Mobile, 2018 (Australia); upload and latency assumed.
    wifi: link(21.6, 10, 0.03, 1.1e-6, 2.4e-6),
  },
  ranges: {
    downBytesPerSecond: { above: 0 },
    upBytesPerSecond: { above: 0 },
    latencySeconds: { least: 0 },
    joulesPerByteDown: { least: 0 },
    joulesPerByteUp: { least: 0 },
  },
};

/** Time that the paper's released code adds to every round, in its own unit (docs/math.md, section 6). */
export const paperConstants = { "paper-wifi": 10, "paper-lte": 100, "paper-3g": 1000 } as const;
export type PaperNetwork = keyof typeof paperConstants;

/** Whether a network is one of the released code's constants. */
export function isPaperNetwork(given: unknown): given is PaperNetwork {
  return typeof given === "string" && Object.hasOwn(paperConstants, given);
}

/** All names that `network` may be. */
export const networkNames = [...linkNames, "paper-3g", "paper-lte", "paper-wifi"] as const;
export type NetworkName = (typeof networkNames)[number];
