/**
 * `fedmtl experiment`: the experiments of the paper and of this package, each with one command; goes on where its folder is.
 */
import { type DataSource, type GivenSettings, sourceOf } from "../../experiments/data_source.js";
import { experimentNamed, experiments } from "../../experiments/registry.js";
import { type ExperimentResult, runExperiment } from "../../experiments/run_experiment.js";
import { metricNames } from "../../metrics/directions.js";
import { losses } from "../../options.js";
import type { ReportTable } from "../../report/content.js";
import { version } from "../../version.js";
import type { Arguments, Command } from "../arguments.js";
import { commandLine } from "../command_line.js";
import { createCounter } from "../counter.js";
import { exitCodes } from "../failures.js";
import { short, table as textTable, writeJson } from "../output.js";
import { present } from "../present.js";
import { runnable } from "../runnable.js";
import { columnFlags, jsonFlag } from "../shared_arguments.js";
import { summaries } from "../summaries.js";
import { listenForInterruption } from "../training_run.js";

const table = {
  name: "experiment",
  summary: summaries.experiment,
  positionals: [
    { name: "NAME", help: experiments.map(({ name, summary }) => `${name}: ${summary}`).join("; ") },
  ],
  flags: [
    {
      name: "data",
      kind: "string",
      placeholder: "DATA[,DATA…]",
      help: "data files as of train, or profiles of generate, separated by commas",
      default: "generated data of the experiment's own",
    },
    {
      name: "seeds",
      kind: "integer",
      min: 1,
      help: "how many: 1, 2, …; more of them go on from fewer in the same folder",
      default: "the experiment's own number",
    },
    {
      name: "methods",
      kind: "string",
      placeholder: "NAME[,NAME…]",
      help: "some of the experiment's methods, separated by commas; cells of the others stay empty",
      default: "all",
    },
    {
      name: "out",
      kind: "string",
      placeholder: "DIR",
      help: "the folder of results.jsonl, options.json, a CSV file a table, and report.html; goes on from what is in it",
      default: "experiment-NAME",
    },
    { name: "threads", kind: "integer", min: 1, help: "worker processes", default: "one a processor" },
    {
      name: "loss",
      kind: "choice",
      choices: losses,
      help: "the loss, for all data given",
      default: "hinge; squared for school, computers and parkinsons_motor",
    },
    {
      name: "positive",
      kind: "number",
      help: "classification: this label against all others",
      default: "4 for har and har66, else the larger of two",
    },
    {
      name: "metric",
      kind: "choice",
      choices: metricNames,
      help: "what cross-validation chooses by",
      default: "the error of the loss; auc for landmine",
    },
    {
      name: "lambda1",
      kind: "number",
      above: 0,
      help: "weight of the relationship, where it is not chosen by cross-validation",
      default: "1e-3; 1e-4 for har and har66, 1e-2 with the squared loss of known data",
    },
    ...columnFlags,
    jsonFlag,
  ],
  examples: [
    "fedmtl experiment stragglers",
    "fedmtl experiment table1 --data har66.svm.gz,landmine.svm.gz --seeds 10 --out table1",
    "fedmtl experiment systems --data landmine.svm.gz --out systems --threads 2 --json",
  ],
} as const satisfies Command;

type Flags = Arguments<typeof table>["flags"];

/** The command `experiment`. */
export const command = runnable(table, run);

async function run({ flags, positionals: [name = ""] }: Arguments<typeof table>): Promise<number> {
  const interruption = listenForInterruption();
  experimentNamed(name);
  const { out = `experiment-${name}`, seeds, threads, methods } = flags;
  const sources = await sourcesOf(flags);
  const controller = new AbortController();
  interruption.whenItHappens(() => controller.abort());
  const counter = createCounter(process.stderr, undefined, "jobs");
  const result = await runExperiment(name, {
    ...(sources === undefined ? {} : { sources }),
    ...(seeds === undefined ? {} : { seeds }),
    ...(threads === undefined ? {} : { threads }),
    ...(methods === undefined ? {} : { methods: methods.split(",").map((word) => word.trim()) }),
    ...{ out, signal: controller.signal, onProgress: counter.update },
    command: commandLine(process.argv.slice(2)),
  }).finally(counter.finish);
  if (flags.json === true) {
    writeJson(description(result, out));
  } else {
    process.stdout.write(text(result, out));
  }
  return exitCodes.done;
}

async function sourcesOf(flags: Flags): Promise<DataSource[] | undefined> {
  const { data, loss, positive, metric, lambda1, taskColumn, labelColumn, weightColumn } = flags;
  if (data === undefined) {
    const given = { loss, positive, metric, lambda1, taskColumn, labelColumn, weightColumn };
    for (const [flag, value] of Object.entries(given)) {
      if (value !== undefined) {
        process.stderr.write(`fedmtl: --${flag.replace("Column", "-column")} has no effect without --data\n`);
      }
    }
    return undefined;
  }
  const columns = present({ taskColumn, labelColumn, weightColumn });
  const settings: GivenSettings = present({ loss, positive, metric, lambda1 });
  const given = Object.keys(columns).length === 0 ? settings : { ...settings, columns };
  return await Promise.all(data.split(",").map((word) => sourceOf(word.trim(), given)));
}

function description({ findings, sources, ...result }: ExperimentResult, out: string): object {
  const { tables, notes = [] } = findings;
  const data = sources.map(({ name, file }) => ({ name, ...(file === undefined ? {} : { file }) }));
  return { ...result, data, out, tables, notes, version };
}

function cell(value: string | number | null): string {
  return value === null ? "-" : typeof value === "number" ? short(value) : value;
}

function tableText({ title, columns, rows, notes = [] }: ReportTable): string {
  const body = textTable([columns, ...rows.map((row) => row.map(cell))]);
  return [`${title}\n`, body, ...notes.map((note) => `${note}\n`)].join("");
}

function text({ findings, jobs, found, files }: ExperimentResult, out: string): string {
  const before = found === 0 ? "" : `, ${found} of them from before`;
  return [
    ...findings.tables.map(tableText),
    ...(findings.notes ?? []).map((note) => `${note}\n`),
    `${jobs} results${before}. Wrote results.jsonl, options.json and ${files.join(", ")} to ${out}.\n`,
  ].join("\n");
}
