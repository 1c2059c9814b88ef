/**
 * Devices: how fast they compute, how much they hold, what a FLOP costs them. Presets with their sources; docs/simulation.md
 * says how each number was derived.
 */
import type { Catalogue } from "./presets.js";

/** What a task runs on. */
export interface Device {
  /** FLOPs a second in double precision that local steps reach. */
  readonly flopsPerSecond: number;
  /** For the task's data and its dual variables. */
  readonly memoryBytes: number;
  readonly joulesPerFlop: number;
}

/** The names of the presets. */
export const deviceNames = ["phone", "wearable", "board", "server"] as const;
export type DeviceName = (typeof deviceNames)[number];

/** @internal */
export const deviceCatalogue: Catalogue<Device, DeviceName> = {
  what: "devices",
  presets: {
    // One large core at 2 GHz, two FLOPs (a multiply-add) every fourth cycle as memory allows, 1 W.
    phone: { flopsPerSecond: 1e9, memoryBytes: 4e9, joulesPerFlop: 1e-9 },
    // A tenth of the phone at a fifth of its power.
    wearable: { flopsPerSecond: 1e8, memoryBytes: 5e8, joulesPerFlop: 2e-9 },
    // Raspberry Pi 4: 812 MFLOP/s, double precision, LINPACK in Python (sci-pi.org.uk); 4 W.
    board: { flopsPerSecond: 8e8, memoryBytes: 4e9, joulesPerFlop: 5e-9 },
    // One core of a machine in a rack, 10 W a core.
    server: { flopsPerSecond: 5e9, memoryBytes: 6.4e10, joulesPerFlop: 2e-9 },
  },
  // No limit of any device that there is: they keep sums of times and energies finite.
  ranges: {
    flopsPerSecond: { least: 1e-3 },
    memoryBytes: { above: 0 },
    joulesPerFlop: { least: 0, most: 1e6 },
  },
};
