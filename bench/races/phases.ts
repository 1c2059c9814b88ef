/**
 * Where fedmtl's time goes, as a sentence below a race's table.
 */
import { join } from "node:path";
import type { Entry } from "./contenders/contender.js";
import { runProcess } from "./processes.js";
import { spreadOf } from "./statistics.js";

interface Stages {
  readonly stages: Readonly<Record<"node" | "load" | "parse" | "fit" | "write", number>>;
  readonly rounds: number;
  readonly roundCount: number;
}

/** Medians of `count` runs, in milliseconds. @param setting as fedmtl's in the race: `--gap X` */
export function phasesText({ data, folder, C }: Entry, setting: string, count: number): string {
  const gap = setting.split(" ")[1] ?? "";
  const args = [join(__dirname, "phases.cjs"), data, String(1 / C), gap, join(folder, "phases.safetensors")];
  const runs = Array.from({ length: count }, () => {
    return JSON.parse(runProcess({ program: process.execPath, args }).stdout) as Stages;
  });
  const median = (value: (run: Stages) => number): string => spreadOf(runs.map(value)).median.toFixed(1);
  const { roundCount } = runs[0] as Stages;
  return [
    `Where the time of \`${setting}\` goes, in ms: Node starts ${median(({ stages }) => stages.node)}`,
    `modules and addon ${median(({ stages }) => stages.load - stages.node)}`,
    `reading ${median(({ stages }) => stages.parse - stages.load)}`,
    `${roundCount} rounds with their certificates ${median(({ rounds }) => 1000 * rounds)}`,
    `the rest of fit (norms, hops, last certificate, model) ` +
      median(({ stages, rounds }) => stages.fit - stages.parse - 1000 * rounds),
    `writing ${median(({ stages }) => stages.write - stages.fit)}.`,
  ].join(", ");
}
