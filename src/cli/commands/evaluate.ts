/**
 * `fedmtl evaluate`: the scores of a model on labelled data.
 */
import { readTasks } from "../../data/read_tasks.js";
import type { Evaluation, Scores } from "../../metrics/evaluate.js";
import { Model } from "../../mocha/model.js";
import { version } from "../../version.js";
import type { Arguments, Command } from "../arguments.js";
import { exitCodes, withFile } from "../failures.js";
import { shownMetrics } from "../metric_text.js";
import { grouped, table as textTable, writeJson } from "../output.js";
import { runnable } from "../runnable.js";
import {
  columnFlags,
  dataFile,
  jsonFlag,
  modelFile,
  readOptions,
  unknownTaskFlag,
} from "../shared_arguments.js";
import { summaries } from "../summaries.js";
import { printable, shorten } from "../terminal.js";

const table = {
  name: "evaluate",
  summary: summaries.evaluate,
  positionals: [modelFile, dataFile],
  flags: [...columnFlags, unknownTaskFlag, jsonFlag],
  examples: ["fedmtl evaluate landmine.safetensors test.svm"],
} as const satisfies Command;

/** The command `evaluate`. */
export const command = runnable(table, evaluate);

async function evaluate({ flags, positionals }: Arguments<typeof table>): Promise<number> {
  const [modelPath = "", dataPath = ""] = positionals;
  const model = await Model.load(modelPath);
  const tasks = await readTasks(dataPath, readOptions(dataPath, flags));
  const options = flags.unknownTask === undefined ? {} : { unknownTask: flags.unknownTask };
  const evaluation = await withFile(dataPath, () => model.evaluate(tasks, options));
  if (flags.json === true) {
    writeJson({ loss: model.loss, labels: model.labels ?? null, ...evaluation, version });
  } else {
    process.stdout.write(scoreTable(evaluation) + confusionTable(evaluation));
  }
  return exitCodes.done;
}

/** A line a task, then the mean over tasks and the scores of all rows together; `-` where a score is not defined. */
function scoreTable({ tasks, macro, micro, samples }: Evaluation): string {
  const shown = shownMetrics.filter(({ name }) => micro[name] !== undefined || macro[name] !== undefined);
  const cells = (scores: Scores): string[] =>
    shown.map(({ name, show }) => {
      const value = scores[name];
      return value === undefined ? "-" : show(value);
    });
  return textTable([
    ["task", "rows", ...shown.map(({ title }) => title)],
    ...tasks.map((scores) => [
      shorten(printable(scores.task), 30),
      grouped(scores.samples),
      ...cells(scores),
    ]),
    ["macro (mean over tasks)", "", ...cells(macro)],
    ["micro (all rows)", grouped(samples), ...cells(micro)],
  ]);
}

/** How many rows of each class were taken for which; nothing where there are not several. */
function confusionTable({ confusion }: Evaluation): string {
  if (confusion === undefined) {
    return "";
  }
  const { classes, counts } = confusion;
  const rows = counts.map((row, c) => [`true ${classes[c]}`, ...row.map(grouped)]);
  return `\nRows of each class (across: what was predicted)\n${textTable([["", ...classes.map(String)], ...rows])}`;
}
