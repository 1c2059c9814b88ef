/**
 * LIBLINEAR's `train`, from Debian's liblinear-tools: the dual coordinate descent with shrinking of Hsieh et al. (ICML
 * 2008). Its training phase is timed by a library that is loaded into the process.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../processes.js";
import type { Contender } from "./contender.js";

const clockSource = join(root, "bench", "native", "liblinear_clock.cpp");
const clock = join(root, "build-races", "liblinear_clock.so");

/** Compiles the clock unless it is there. */
export function buildClock(): void {
  if (!existsSync(clock)) {
    execFileSync("g++", ["-std=c++20", "-O2", "-shared", "-fPIC", clockSource, "-o", clock, "-ldl"]);
  }
}

function numberBehind(words: RegExp, text: string): number {
  const found = words.exec(text)?.[1];
  if (found === undefined) {
    throw new Error(`no ${words.source} in what liblinear-train printed:\n${text}`);
  }
  return Number(found);
}

/** The weights in a model file: the lines behind `w`, one a feature. They speak for the first label named. */
function readModel(path: string): Float64Array {
  const lines = readFileSync(path, "latin1").trim().split("\n");
  const sign = /^label 1 -1/m.test(lines.join("\n")) ? 1 : -1;
  return Float64Array.from(lines.slice(lines.indexOf("w") + 1), (line) => sign * Number(line));
}

const defaultTolerances = [
  "3",
  "2",
  "1",
  "0.7",
  "0.5",
  "0.4",
  "0.3",
  "0.2",
  "0.1",
  "0.05",
  "0.02",
  "0.01",
  "1e-3",
];

export function liblinear(tolerances: readonly string[] = defaultTolerances): Contender {
  const model = (folder: string): string => join(folder, "liblinear.model");
  return {
    name: "liblinear-train -s 3",
    settings: tolerances.map((tolerance) => `-e ${tolerance}`),
    startsNode: false,
    command: ({ data, folder, C }, setting) => ({
      program: "liblinear-train",
      args: ["-s", "3", "-c", String(C), ...setting.split(" "), data, model(folder)],
      env: { LD_PRELOAD: clock },
    }),
    report: ({ folder }, stdout, stderr) => ({
      weights: readModel(model(folder)),
      dual: -numberBehind(/Objective value = (\S+)/, stdout),
      solverSeconds: numberBehind(/training took (\S+) s/, stderr),
    }),
  };
}
