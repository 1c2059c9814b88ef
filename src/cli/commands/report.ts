/**
 * `fedmtl report`: a page of plots and tables from the histories of trainings and simulations.
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { readTasks } from "../../data/read_tasks.js";
import { FedmtlError } from "../../errors.js";
import { writeFileAtomic } from "../../files.js";
import { Model } from "../../mocha/model.js";
import type { TaskErrors } from "../../report/content.js";
import { renderReport } from "../../report/render_report.js";
import { version } from "../../version.js";
import type { Arguments, Command } from "../arguments.js";
import { commandLine } from "../command_line.js";
import { exitCodes, withFile } from "../failures.js";
import { checkSeparate, checkWritable } from "../files.js";
import { type HistoryRun, readHistory } from "../history_file.js";
import { historiesPage } from "../histories_page.js";
import { bytesInWords, writeJson } from "../output.js";
import { runnable } from "../runnable.js";
import { columnFlags, jsonFlag, readOptions } from "../shared_arguments.js";
import { summaries } from "../summaries.js";
import { taskErrorsOf } from "../task_errors_of.js";
import { counted } from "../training_report.js";

const table = {
  name: "report",
  summary: summaries.report,
  positionals: [
    {
      name: "HISTORY",
      help: "files written by train --history or simulate --history, as FILE or NAME=FILE; files of one NAME are runs of one method; all runs must lower the same objective",
      many: true,
    },
  ],
  flags: [
    {
      name: "out",
      kind: "string",
      placeholder: "FILE.html",
      help: "the page, one file that needs no network",
      default: "report.html",
    },
    {
      name: "title",
      kind: "string",
      placeholder: "TEXT",
      help: "its title",
      default: "the names of the methods",
    },
    {
      name: "model",
      kind: "string",
      placeholder: "MODEL",
      help: "a model whose relations between tasks, certificate and options are shown too",
    },
    {
      name: "data",
      kind: "string",
      placeholder: "DATA",
      help: "labelled rows to measure the error of every task on, best such that no model was trained on; needs --model",
    },
    {
      name: "local",
      kind: "string",
      placeholder: "MODEL",
      help: "with --data: a model of --relationship independent to compare with",
    },
    {
      name: "global",
      kind: "string",
      placeholder: "MODEL",
      help: "with --data: a model of --relationship global to compare with",
    },
    ...columnFlags,
    {
      name: "optimum",
      kind: "number",
      placeholder: "P",
      help: "the least value of the objective, which sub-optimality is measured from",
      default: "the best lower bound that a run proved",
    },
    jsonFlag,
  ],
  examples: [
    "fedmtl report mocha.jsonl cocoa.jsonl --out comparison.html",
    "fedmtl report paper=paper-1.jsonl paper=paper-2.jsonl ours=ours-1.jsonl ours=ours-2.jsonl",
    "fedmtl report school.jsonl --model school.safetensors --optimum 64.2",
    "fedmtl report har.jsonl --model har.safetensors --local alone.safetensors --data test.svm",
  ],
} as const satisfies Command;

/** The command `report`. */
export const command = runnable(table, report);

async function report({ flags, positionals }: Arguments<typeof table>): Promise<number> {
  const { out = "report.html", model: modelPath, optimum, title, data } = flags;
  checkFlags(flags);
  const histories = positionals.map(namedFile);
  const paths = histories.map(({ path }) => path);
  await checkSeparate([...paths, modelPath, data, flags.local, flags.global], [out]);
  await checkWritable(out);
  const files = await Promise.all(histories.map(({ path, name }) => readHistory(path, name)));
  const runs = files.flat();
  const model = modelPath === undefined ? undefined : await Model.load(modelPath);
  const taskErrors = model === undefined ? undefined : await errorsOnData(model, flags);
  const content = historiesPage({
    files: paths,
    runs,
    command: commandLine(process.argv.slice(2)),
    ...(title === undefined ? {} : { title }),
    ...(optimum === undefined ? {} : { optimum }),
    ...(model === undefined ? {} : { model }),
    ...(taskErrors === undefined ? {} : { taskErrors }),
  });
  const page = await renderReport(content);
  await writeFileAtomic(out, page);
  const bytes = Buffer.byteLength(page);
  if (flags.json === true) {
    writeJson({ out, bytes, runs: runs.map(runJson), optimum: optimum ?? null, version });
  } else {
    process.stdout.write(`Wrote ${out}: ${counted(runs.length, "run")}, ${bytesInWords(bytes)}.\n`);
  }
  return exitCodes.done;
}

/** `NAME=FILE`, unless there is a file whose own name that is. */
function namedFile(given: string): { path: string; name?: string } {
  const [, name = "", path = ""] = /^([^=]+)=(.+)$/s.exec(given) ?? [];
  return path === "" || existsSync(given) ? { path: given } : { path, name };
}

type Flags = Arguments<typeof table>["flags"];

/** @throws FedmtlError INVALID_OPTION for a flag without the one that it needs */
function checkFlags({ model, data, local, global }: Flags): void {
  if (data !== undefined && model === undefined) {
    throw new FedmtlError("INVALID_OPTION", "--data needs a model to measure; give --model too");
  }
  for (const [name, path] of Object.entries({ local, global })) {
    if (path !== undefined && data === undefined) {
      throw new FedmtlError("INVALID_OPTION", `--${name} has nothing to be measured on; give --data too`);
    }
  }
}

/** The errors of the model and of those that it is compared with, or undefined without data. */
async function errorsOnData(model: Model, flags: Flags): Promise<TaskErrors | undefined> {
  const { data, local, global } = flags;
  if (data === undefined) {
    return undefined;
  }
  const models = [{ name: relationshipOf(model), model }];
  for (const [name, path] of Object.entries({ local, global })) {
    if (path !== undefined) {
      models.push({ name, model: await Model.load(path) });
    }
  }
  const tasks = await readTasks(data, readOptions(data, flags));
  return await withFile(data, () => taskErrorsOf(models, tasks, basename(data)));
}

function relationshipOf({ options }: Model): string {
  return `multi-task (${options.relationship})`;
}

function runJson({ method, seed, points }: HistoryRun): object {
  return { method, seed: seed ?? null, rounds: points.length };
}
