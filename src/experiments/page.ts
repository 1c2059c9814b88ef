/**
 * The page of an experiment, from what it found.
 */
import type { ReportContent } from "../report/content.js";
import { version } from "../version.js";
import type { DataSource } from "./data_source.js";
import type { Experiment, Findings, Row } from "./experiment.js";

/** What a page is made of. */
export interface Found {
  readonly sources: readonly DataSource[];
  readonly seeds: number;
  readonly findings: Findings;
  readonly rows: readonly Row[];
}

function described({ name, file, recipe }: DataSource): string {
  return file === undefined ? `${name}: generated, ${JSON.stringify(recipe)}` : `${name}: ${file}`;
}

/** @param command the exact command, where it is known */
export function experimentPage(
  { name, summary }: Experiment,
  { sources, seeds, findings, rows }: Found,
  command?: string,
): ReportContent {
  const { tables, comparisons, taskErrors, correlation, notes } = findings;
  const settings = Object.fromEntries(
    sources.map(({ name: of, file: _, recipe: __, digest: ___, ...rest }) => [of, rest]),
  );
  return {
    title: `Experiment ${name}`,
    ...(command === undefined ? {} : { command }),
    summary: [`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`],
    facts: [
      ...sources.map((source) => ({ name: "data", value: described(source) })),
      { name: "seeds", value: seeds },
      { name: "results", value: rows.length },
      { name: "fedmtl", value: version },
      { name: "Node", value: process.version },
    ],
    options: settings,
    tables,
    ...(comparisons === undefined ? {} : { comparisons }),
    ...(taskErrors === undefined ? {} : { taskErrors }),
    ...(correlation === undefined ? {} : { correlation }),
    ...(notes === undefined ? {} : { notes }),
  };
}
