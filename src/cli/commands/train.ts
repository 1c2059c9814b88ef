/**
 * `fedmtl train`: reads the data, trains, writes model and history, says how it went.
 */
import { readTasks } from "../../data/read_tasks.js";
import { fit } from "../../mocha/fit.js";
import type { FitResult } from "../../mocha/fit_run.js";
import type { Arguments, Command } from "../arguments.js";
import { checkpointFlags, checkpointOptions } from "../checkpoint_flags.js";
import { commandLine } from "../command_line.js";
import { aboutFile, exitCodes } from "../failures.js";
import { checkSeparate, checkWritable } from "../files.js";
import { writeJson } from "../output.js";
import { runnable } from "../runnable.js";
import { summaries } from "../summaries.js";
import { printable } from "../terminal.js";
import { columnFlags, dataFile, jsonFlag, precisionFlag, readOptions } from "../shared_arguments.js";
import { trainingFlags } from "../training_flags.js";
import {
  checkTasksOfRelationship,
  fileAtFault,
  flagsWithoutEffect,
  trainingOptions,
} from "../training_options.js";
import { type FinishedTraining, relationsText, trainingJson, trainingText } from "../training_report.js";
import { listenForInterruption, watch } from "../training_run.js";

const table = {
  name: "train",
  summary: summaries.train,
  positionals: [dataFile],
  flags: [
    ...trainingFlags,
    precisionFlag,
    ...columnFlags,
    {
      name: "require-convergence",
      kind: "boolean",
      help: "exit with 4 if the budget ran out before the gap was reached",
    },
    { name: "out", kind: "string", placeholder: "MODEL", help: "write the model, a safetensors file" },
    { name: "history", kind: "string", placeholder: "FILE.jsonl", help: "write one JSON object a round" },
    {
      name: "report",
      kind: "string",
      placeholder: "FILE.html",
      help: "write a page of plots and tables, one file that needs no network",
    },
    ...checkpointFlags,
    jsonFlag,
  ],
  examples: [
    "fedmtl train landmine.svm.gz --lambda1 1e-3 --weighting mean --out landmine.safetensors",
    "fedmtl train har.svm --positive 4 --standardize --intercept penalized --json",
    "fedmtl train school.svm --loss squared --relationship mean --lambda2 0.01",
    "fedmtl train school.svm --loss squared --report school.html",
    "fedmtl train school.svm --checkpoint school.checkpoints --resume --out school.safetensors",
  ],
} as const satisfies Command;

/** The command `train`. */
export const command = runnable(table, train);

async function train({ flags, positionals: [path = ""] }: Arguments<typeof table>): Promise<number> {
  const interruption = listenForInterruption();
  const checkpoint = checkpointOptions(flags);
  const options = await trainingOptions(flags);
  for (const sentence of flagsWithoutEffect(flags)) {
    process.stderr.write(`fedmtl: ${sentence}\n`);
  }
  await checkSeparate(
    [path, flags.edges, flags.omega, flags.sigma],
    [flags.out, flags.history, flags.report],
  );
  for (const file of [flags.out, flags.history, flags.report]) {
    if (file !== undefined) {
      await checkWritable(file);
    }
  }
  const tasks = await readTasks(path, readOptions(path, flags));
  if (options.relationship !== undefined) {
    await checkTasksOfRelationship(flags, options.relationship, tasks.names);
  }

  const start = performance.now();
  const run = fit(tasks, { ...options, ...(checkpoint === undefined ? {} : { checkpoint }) });
  interruption.whenItHappens(() => run.abort());
  const timed = run.result.then((result) => ({ result, seconds: (performance.now() - start) / 1000 }));
  const watched = watch(run, flags.history).catch((error: unknown) => {
    // Without its history a training is not what was asked for: no need to go on for hours.
    run.abort();
    throw error;
  });
  const [{ result, seconds }] = await Promise.all([timed, watched]).catch((error: unknown) => {
    throw aboutFile(fileAtFault(path, flags, error), error);
  });
  if (flags.out !== undefined) {
    await result.model.save(flags.out);
  }
  const training = { tasks, options: run.options, result, seconds };
  if (flags.report !== undefined) {
    const { writeTrainingPage } = await import("../training_page.js");
    await writeTrainingPage(flags.report, training, path, commandLine(process.argv.slice(2)));
  }
  if (flags.json === true) {
    writeJson(trainingJson(training));
  } else {
    showText(training, [flags.out, flags.history, flags.report]);
  }
  if (result.resumedFrom !== undefined) {
    process.stderr.write(`fedmtl: this training was resumed from ${printable(result.resumedFrom)}\n`);
  }
  return exitCode(result, flags, interruption.happened);
}

/** Tells on stdout how the training went and which files there are now. */
function showText(training: FinishedTraining, written: readonly (string | undefined)[]): void {
  const files = written.filter((file) => file !== undefined);
  process.stdout.write(trainingText(training));
  if (files.length > 0) {
    process.stdout.write(`Wrote ${files.join(" and ")}.\n`);
  }
  if (process.stdout.isTTY) {
    process.stdout.write(relationsText(training));
  }
}

function exitCode(
  { status, certificate }: FitResult,
  { requireConvergence, checkpoint }: Arguments<typeof table>["flags"],
  interrupted: boolean,
): number {
  if (interrupted) {
    const hint = checkpoint === undefined ? "" : "; --resume goes on from there";
    process.stderr.write(`fedmtl: interrupted; the result is that of the last finished round${hint}\n`);
    return exitCodes.interrupted;
  }
  if (requireConvergence === true && status !== "converged") {
    const gap = certificate.relativeGap.toExponential(1);
    process.stderr.write(
      `fedmtl: not converged: the relative gap is ${gap}; give more --rounds or a larger --gap\n`,
    );
    return exitCodes.notConverged;
  }
  return exitCodes.done;
}
