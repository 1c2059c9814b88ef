/**
 * Running an experiment: what is not done yet is done, and what is known becomes tables, CSV files and a page.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { FedmtlError, invalidChoice } from "../errors.js";
import { writeFileAtomic } from "../files.js";
import type { ReportTable } from "../report/content.js";
import { csvText } from "../report/csv.js";
import { slug } from "../report/figure.js";
import { renderReport } from "../report/render_report.js";
import { version } from "../version.js";
import type { DataSource } from "./data_source.js";
import type { Experiment, Findings, Job, Row } from "./experiment.js";
import { runJobs } from "./job_pool.js";
import { experimentPage } from "./page.js";
import { experimentNamed } from "./registry.js";
import { type ExperimentIdentity, ResultsFolder } from "./results_file.js";

/** How to run an experiment. */
export interface ExperimentOptions {
  /** Data; by default the experiment's own, generated. */
  readonly sources?: readonly DataSource[];
  /** Seeds 1, 2, …: how many, by default the experiment's own number. More of them go on from fewer. */
  readonly seeds?: number;
  /** Some of the experiment's methods, as its results name them; by default all. Cells of others stay empty. */
  readonly methods?: readonly string[];
  /** The folder of the results. */
  readonly out: string;
  /** Worker processes, by default one a processor; results do not depend on it. */
  readonly threads?: number;
  /** The exact command, for the page. */
  readonly command?: string;
  readonly signal?: AbortSignal;
  /** Told of every job done, with how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What an experiment found. */
export interface ExperimentResult {
  readonly experiment: string;
  readonly sources: readonly DataSource[];
  readonly seeds: number;
  readonly findings: Findings;
  /** Jobs in all, and how many of them were there before. */
  readonly jobs: number;
  readonly found: number;
  /** Files written, besides results.jsonl and options.json. */
  readonly files: readonly string[];
}

/** What results depend on. The number of seeds and of processes is not among it: results of other seeds stay true. */
function identityOf({ name }: Experiment, sources: readonly DataSource[]): ExperimentIdentity {
  const data = Object.fromEntries(sources.map(({ name: of, file: _, ...rest }) => [of, rest]));
  return { experiment: name, version, data };
}

/** @throws FedmtlError INVALID_OPTION */
function sourcesOf(experiment: Experiment, given: readonly DataSource[] | undefined): readonly DataSource[] {
  if (given === undefined) {
    return experiment.generated;
  }
  const file = given.find((source) => source.file !== undefined)?.file;
  if (experiment.recipesOnly === true && file !== undefined) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `experiment ${experiment.name} makes its own data, ${file} is a file; leave it out`,
    );
  }
  const twice = given.find(({ name }, i) => given.findIndex((other) => other.name === name) !== i);
  if (twice !== undefined) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `two data sets are called ${JSON.stringify(twice.name)}; give each file a name of its own`,
    );
  }
  return given;
}

/** @throws FedmtlError INVALID_OPTION for a method that the experiment does not have */
function jobsOf(jobs: readonly Job[], methods: readonly string[] | undefined): readonly Job[] {
  const known = [...new Set(jobs.map(({ method }) => method))];
  const stray = methods?.find((method) => !known.includes(method));
  if (stray !== undefined) {
    throw invalidChoice("method", stray, known);
  }
  return methods === undefined ? jobs : jobs.filter(({ method }) => methods.includes(method));
}

/**
 * Runs an experiment to its end, from where its folder is.
 *
 * @param name one of `experimentNames`
 * @throws FedmtlError INVALID_OPTION: an unknown name, a folder of other options; ABORTED; what a job failed with. Results of
 *   jobs that are done stay in the folder
 */
export async function runExperiment(name: string, options: ExperimentOptions): Promise<ExperimentResult> {
  const experiment = experimentNamed(name);
  const sources = sourcesOf(experiment, options.sources);
  const { seeds = experiment.seeds, out, signal, onProgress, threads = availableParallelism() } = options;
  const all = experiment.jobs(
    sources,
    Array.from({ length: seeds }, (_, i) => i + 1),
  );
  const jobs = jobsOf(all, options.methods);
  const folder = await ResultsFolder.open(out, identityOf(experiment, sources));
  try {
    // Seed by seed, so that what is done at any time is whole for some seeds.
    const missing = jobs.filter((job) => folder.find(job) === undefined).sort((a, b) => a.seed - b.seed);
    let done = jobs.length - missing.length;
    await runJobs({
      ...{ experiment: name, jobs: missing, sources },
      processes: experiment.alone === true ? 1 : threads,
      fresh: experiment.alone === true,
      ...(signal === undefined ? {} : { signal }),
      onResult: async (job: Job, result) => {
        await folder.append({ ...job, ...result });
        onProgress?.(++done, jobs.length);
      },
    });
    const rows = jobs.map((job) => folder.find(job) as Row);
    const findings = experiment.findings(rows, sources);
    const result = { experiment: name, sources, seeds, findings, jobs: jobs.length };
    const page = experimentPage(experiment, { sources, seeds, findings, rows }, options.command);
    const files = await writeFindings(out, findings.tables, await renderReport(page));
    return { ...result, found: jobs.length - missing.length, files };
  } finally {
    await folder.close();
  }
}

/** One CSV a table, and the page. */
async function writeFindings(out: string, tables: readonly ReportTable[], page: string): Promise<string[]> {
  const files = [
    ...tables.map(({ title, columns, rows }) => ({
      name: `${slug(title)}.csv`,
      text: csvText(columns, rows),
    })),
    { name: "report.html", text: page },
  ];
  for (const { name, text } of files) {
    await writeFileAtomic(join(out, name), text);
  }
  return files.map(({ name }) => name);
}
