/**
 * `fedmtl report`: a page of plots and tables from the histories of trainings and simulations.
 */
import { writeFileAtomic } from "../../files.js";
import { Model } from "../../mocha/model.js";
import { renderReport } from "../../report/render_report.js";
import { version } from "../../version.js";
import type { Arguments, Command } from "../arguments.js";
import { commandLine } from "../command_line.js";
import { exitCodes } from "../failures.js";
import { checkSeparate, checkWritable } from "../files.js";
import { type HistoryRun, readHistory } from "../history_file.js";
import { historiesPage } from "../histories_page.js";
import { bytesInWords, writeJson } from "../output.js";
import { runnable } from "../runnable.js";
import { jsonFlag } from "../shared_arguments.js";
import { summaries } from "../summaries.js";
import { counted } from "../training_report.js";

const table = {
  name: "report",
  summary: summaries.report,
  positionals: [
    {
      name: "HISTORY",
      help: "files written by train --history or simulate --history; all runs must lower the same objective",
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
      default: "the names of the files",
    },
    {
      name: "model",
      kind: "string",
      placeholder: "MODEL",
      help: "a model whose relations between tasks, certificate and options are shown too",
    },
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
    "fedmtl report school.jsonl --model school.safetensors --optimum 64.2",
  ],
} as const satisfies Command;

/** The command `report`. */
export const command = runnable(table, report);

async function report({ flags, positionals }: Arguments<typeof table>): Promise<number> {
  const { out = "report.html", model: modelPath, optimum, title } = flags;
  await checkSeparate([...positionals, modelPath], [out]);
  await checkWritable(out);
  const files = await Promise.all(positionals.map(readHistory));
  const runs = files.flat();
  const model = modelPath === undefined ? undefined : await Model.load(modelPath);
  const content = historiesPage({
    files: positionals,
    runs,
    command: commandLine(process.argv.slice(2)),
    ...(title === undefined ? {} : { title }),
    ...(optimum === undefined ? {} : { optimum }),
    ...(model === undefined ? {} : { model }),
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

function runJson({ method, seed, points }: HistoryRun): object {
  return { method, seed: seed ?? null, rounds: points.length };
}
