/**
 * fedmtl through its command line, as a user runs it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeSafetensors } from "../../../dist/mocha/safetensors.js";
import { root } from "../processes.js";
import type { Contender } from "./contender.js";

/** How fedmtl shall run. */
export interface FedmtlSetup {
  readonly name?: string;
  /** FEDMTL_KERNEL. */
  readonly kernel?: string;
  /** Further flags of `fedmtl train`. */
  readonly flags?: readonly string[];
  readonly gaps?: readonly string[];
}

const defaultGaps = [
  "1e-1",
  "5e-2",
  "3e-2",
  "2e-2",
  "1e-2",
  "5e-3",
  "3e-3",
  "2e-3",
  "1e-3",
  "3e-4",
  "1e-4",
  "3e-5",
];

export function fedmtl({
  name = "fedmtl",
  kernel,
  flags = [],
  gaps = defaultGaps,
}: FedmtlSetup = {}): Contender {
  const model = (folder: string): string => join(folder, "model.safetensors");
  return {
    name,
    settings: gaps.map((gap) => `--gap ${gap}`),
    startsNode: true,
    command: ({ data, folder, C }, setting) => ({
      program: process.execPath,
      args: [
        ...[join(root, "dist", "cli", "main.js"), "train", data, "--loss", "hinge", "--weighting", "sum"],
        ...["--relationship", "independent", "--lambda1", String(1 / C), "--positive", "1", "--threads", "1"],
        ...["--rounds", "1000000", ...flags, ...setting.split(" "), "--out", model(folder), "--json"],
      ],
      ...(kernel === undefined ? {} : { env: { FEDMTL_KERNEL: kernel } }),
    }),
    report({ folder, C }, stdout) {
      const { seconds, dual } = JSON.parse(stdout) as { seconds: number; dual: number };
      const { tensors } = decodeSafetensors(readFileSync(model(folder)));
      const weights = tensors.get("W")?.data;
      const [intercept = 0] = tensors.get("intercepts")?.data ?? [];
      if (!(weights instanceof Float64Array)) {
        throw new Error("the model has no W in float64");
      }
      // With lambda1 = 1/C the objective is 1/C times the judge's.
      return { weights, intercept: Number(intercept), dual: C * dual, solverSeconds: seconds };
    },
  };
}
