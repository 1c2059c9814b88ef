/**
 * The table of a race.
 */
import { publishSection } from "./publish.js";
import type { PairResult } from "./race.js";
import { spreadText } from "./statistics.js";

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

/** Publishes a race's table and what there is to say about it. */
export function publish(
  name: string,
  title: string,
  rows: readonly string[],
  notes: readonly string[],
): void {
  publishSection(name, title, [...header, ...rows, "", ...notes.flatMap((note) => [note, ""]).slice(0, -1)]);
}
