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

/** A link from megabits a second and the radio's power in watts while it receives and sends at that speed. */
function link(down: number, up: number, latencySeconds: number, wattsDown: number, wattsUp: number): Link {
  const downBytesPerSecond = down * bytesPerSecondOfMegabits;
  const upBytesPerSecond = up * bytesPerSecondOfMegabits;
  return {
    ...{ downBytesPerSecond, upBytesPerSecond, latencySeconds },
    joulesPerByteDown: wattsDown / downBytesPerSecond,
    joulesPerByteUp: wattsUp / upBytesPerSecond,
  };
}

/** @internal */
export const linkCatalogue: Catalogue<Link, LinkName> = {
  what: "network",
  presets: {
    "3g": link(2, 0.8, 0.2, 1.06, 1.51),
    lte: link(13, 6, 0.07, 1.96, 3.92),
    "5g": link(280, 40, 0.022, 4, 4),
    wifi: link(20, 10, 0.03, 2.87, 2.96),
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
