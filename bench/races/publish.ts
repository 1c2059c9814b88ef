/**
 * How races and measurements show what they found: printed, and in the long form appended to bench/RESULTS.md.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { short } from "../support.js";
import { root } from "./processes.js";

const file = join(root, "bench", "RESULTS.md");
const introduction = `# Results of the races and measurements

Appended by \`npm run bench -- NAME\`; the latest is last. Every figure is a median, with the quartiles in brackets. Ratios of
races are fedmtl over the other: below 1 is faster; each is the median of the ratios of interleaved pairs. "Whole" is a process
from start to end, less an empty \`node -e 0\` measured beside every pair for those that start Node; "solver" is what a contender
itself measures of its training. Both sides reach the same dual sub-optimality, by the judgement of bench/races/evaluator.ts.
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

/** Prints a section; in the long form appends it to bench/RESULTS.md. */
export function publishSection(name: string, title: string, lines: readonly string[]): void {
  const date = execFileSync("date", ["+%F"], { encoding: "utf8" }).trim();
  const text = [
    `## ${name}, ${date}`,
    "",
    title,
    "",
    `Machine: ${machine()}. Command: \`npm run bench -- ${name}\`.`,
    "",
    ...lines,
    "",
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
