/**
 * `fedmtl cv`: chooses the relationship's numbers by cross-validation, or trains along lambda1.
 */
import { readTasks } from "../../data/read_tasks.js";
import type { TaskSet } from "../../data/task_set.js";
import { type CrossValidationOptions, crossValidate } from "../../selection/cross_validate.js";
import { lambdaPath } from "../../selection/path.js";
import type { Arguments, Command } from "../arguments.js";
import { createCounter } from "../counter.js";
import { aboutFile, exitCodes } from "../failures.js";
import { checkSeparate, checkWritable } from "../files.js";
import { writeJson } from "../output.js";
import { runnable } from "../runnable.js";
import { foldFlagsWithoutEffect, metricOf, selectionFlags, splitGrid } from "../selection_flags.js";
import { pathJson, pathText, selectionJson, selectionText } from "../selection_report.js";
import { columnFlags, dataFile, jsonFlag, precisionFlag, readOptions } from "../shared_arguments.js";
import { summaries } from "../summaries.js";
import {
  checkTasksOfRelationship,
  fileAtFault,
  flagsWithoutEffect,
  trainingOptions,
} from "../training_options.js";
import { listenForInterruption } from "../training_run.js";

const table = {
  name: "cv",
  summary: summaries.cv,
  positionals: [dataFile],
  flags: [...selectionFlags, precisionFlag, ...columnFlags, jsonFlag],
  examples: [
    "fedmtl cv landmine.svm.gz --lambda1 1e-4,1e-3,1e-2 --weighting mean --metric auc --parallel 2",
    "fedmtl cv school.svm --loss squared --standardize --refit one-standard-error --out school.safetensors",
    "fedmtl cv school.svm --loss squared --relationship mean --lambda1 0.1,1 --lambda2 0.01,0.1",
    "fedmtl cv school.svm --loss squared --path",
  ],
} as const satisfies Command;

type Flags = Arguments<typeof table>["flags"];

/** The command `cv`. */
export const command = runnable(table, cv);

async function cv({ flags, positionals: [path = ""] }: Arguments<typeof table>): Promise<number> {
  const interruption = listenForInterruption();
  const { training, beside, grid } = splitGrid(flags);
  const options = await trainingOptions(training);
  for (const sentence of [...flagsWithoutEffect(beside), ...foldFlagsWithoutEffect(flags)]) {
    process.stderr.write(`fedmtl: ${sentence}\n`);
  }
  await checkSeparate([path, flags.edges, flags.omega, flags.sigma], [flags.out]);
  if (flags.out !== undefined) {
    await checkWritable(flags.out);
  }
  const tasks = await readTasks(path, readOptions(path, flags));
  if (options.relationship !== undefined) {
    await checkTasksOfRelationship(training, options.relationship, tasks.names);
  }
  const controller = new AbortController();
  interruption.whenItHappens(() => controller.abort());
  const shared = { ...options, grid, signal: controller.signal };
  try {
    await (flags.path === true ? alongPath(tasks, shared, flags) : throughFolds(tasks, shared, flags));
  } catch (error) {
    throw aboutFile(fileAtFault(path, training, error), error);
  }
  return exitCodes.done;
}

async function alongPath(tasks: TaskSet, options: CrossValidationOptions, flags: Flags): Promise<void> {
  const start = performance.now();
  const points = await lambdaPath(tasks, options);
  const seconds = (performance.now() - start) / 1000;
  if (flags.json === true) {
    writeJson(pathJson(tasks, points, seconds));
  } else {
    process.stdout.write(pathText(tasks, points, seconds));
  }
}

async function throughFolds(tasks: TaskSet, options: CrossValidationOptions, flags: Flags): Promise<void> {
  const { folds, average, parallel = 1, refit = flags.out === undefined ? "none" : "best", out } = flags;
  const metric = metricOf(flags);
  const counter = createCounter(process.stderr);
  const start = performance.now();
  const found = await crossValidate(tasks, {
    ...options,
    ...(folds === undefined ? {} : { folds }),
    ...(metric === undefined ? {} : { metric }),
    ...(average === undefined ? {} : { average }),
    ...{ parallel, refit, onProgress: counter.update },
  }).finally(counter.finish);
  const selection = { tasks, found, parallel, seconds: (performance.now() - start) / 1000 };
  if (out !== undefined) {
    await found.refit?.model.save(out);
  }
  if (flags.json === true) {
    writeJson(selectionJson(selection));
    return;
  }
  process.stdout.write(selectionText(selection));
  if (out !== undefined && found.refit !== undefined) {
    process.stdout.write(`Wrote ${out}.\n`);
  }
}
