/**
 * What races print, and append to bench/RESULTS.md.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { short } from "../support.js";
import { root } from "./processes.js";
import type { PairResult } from "./race.js";
import { spreadText } from "./statistics.js";

const file = join(root, "bench", "RESULTS.md");
const introduction = `# Results of the races

Appended by \`npm run bench -- NAME\`; the latest is last. Ratios are fedmtl over the other: below 1 is faster. Each is the
median of the ratios of interleaved pairs, with the quartiles in brackets; seconds likewise. "Whole" is a process from start
to end, less an empty \`node -e 0\` measured beside every pair for those that start Node; "solver" is what a contender itself
measures of its training. Both sides reach the same dual sub-optimality, by the judgement of bench/races/evaluator.ts.
`;

function firstLine(program: string, args: readonly string[]): string {
  const done = spawnSync(program, args, { encoding: "utf8" });
  return done.status === 0 ? (done.stdout.trim().split("\n")[0] ?? "") : "";
}

function systemName(): string {
  const description = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return /^PRETTY_NAME="(.*)"/m.exec(description)?.[1] ?? process.platform;
}

/** Processor, memory, system and versions. */
export function machine(): string {
  const [processor] = cpus();
  const liblinear = firstLine("dpkg-query", ["-W", "liblinear-tools"]).replace("\t", " ");
  const commit = firstLine("git", ["-C", root, "describe", "--always", "--dirty"]);
  return [
    `${cpus().length} × ${processor?.model ?? "unknown processor"}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    systemName(),
    `Node ${process.versions.node}`,
    ...(liblinear === "" ? [] : [liblinear]),
    `fedmtl ${commit}`,
  ].join("; ");
}

/** One line of a race's table. */
export function resultRow(target: string, goal: string, result: PairResult): string {
  const { ours, theirs, whole, solver, seconds } = result;
  const side = (starter: typeof ours): string =>
    `${starter.contender.name} \`${starter.setting}\` (${starter.verdict.subOptimality.toExponential(1)})`;
  return `| ${[
    target,
    side(ours),
    side(theirs),
    spreadText(seconds.oursWhole),
    spreadText(seconds.theirsWhole),
    `**${spreadText(whole)}**`,
    spreadText(seconds.oursSolver),
    spreadText(seconds.theirsSolver),
    `**${spreadText(solver)}**`,
    goal,
  ].join(" | ")} |`;
}

const header = [
  "| to | ours (reached) | theirs (reached) | whole, ours, s | whole, theirs, s | whole, ratio | solver, ours, s | solver, theirs, s | solver, ratio | goal |",
  "|---|---|---|---|---|---|---|---|---|---|",
];

/** Prints a race's results; in the long form appends them to bench/RESULTS.md. */
export function publish(
  name: string,
  title: string,
  rows: readonly string[],
  notes: readonly string[],
): void {
  const date = execFileSync("date", ["+%F"], { encoding: "utf8" }).trim();
  const text = [
    `## ${name}, ${date}`,
    "",
    title,
    "",
    `Machine: ${machine()}. Command: \`npm run bench -- ${name}\`.`,
    "",
    ...header,
    ...rows,
    "",
    ...notes.flatMap((note) => [note, ""]),
  ].join("\n");
  console.log(text);
  if (short) {
    return;
  }
  if (!existsSync(file)) {
    writeFileSync(file, introduction);
  }
  appendFileSync(file, `\n${text}`);
}
