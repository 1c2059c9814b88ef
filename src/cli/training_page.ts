/**
 * The report of `train --report`: what a training found, as the content of a page.
 */
import { basename } from "node:path";
import { writeFileAtomic } from "../files.js";
import { isClassification } from "../mocha/labels.js";
import type { Model } from "../mocha/model.js";
import { evenlySpaced } from "../report/axes.js";
import type { CertificateTrace, ReportContent, RunPoint, TaskCorrelation } from "../report/content.js";
import { mostTasksOnMap } from "../report/correlation.js";
import { present } from "./present.js";
import { renderReport } from "../report/render_report.js";
import { version } from "../version.js";
import {
  certificateInWords,
  type FinishedTraining,
  trainingErrors,
  trainingText,
} from "./training_report.js";

/** Classes whose certificates are drawn; the history file has all. */
const mostClasses = 12;

/** Every round with what was spent up to its end. */
function pointsOf({ result: { history } }: FinishedTraining): (RunPoint & { readonly label?: number })[] {
  let [seconds, bytes] = [0, 0];
  return [...history].map(({ round, omegaStep, certificate, label, ...spent }) => {
    seconds += spent.seconds;
    bytes += spent.bytesUp + spent.bytesDown;
    const { primal, dual, gap, jointObjective, jointDual } = certificate ?? {};
    const ofClass = label === undefined ? {} : { label };
    return present({
      round,
      seconds,
      bytes,
      omegaStep,
      primal,
      dual,
      gap,
      jointObjective,
      jointDual,
      ...ofClass,
    });
  });
}

/** One trace, or of several classes one each, their rounds counted from 1. */
function certificatesOf(training: FinishedTraining): CertificateTrace[] {
  const points = pointsOf(training);
  const { classes } = training.result;
  if (classes === undefined) {
    return [{ title: "This training", points }];
  }
  return classes.slice(0, mostClasses).map(({ label }) => ({
    title: `Class ${label} against the rest`,
    points: points.filter((point) => point.label === label).map((point, i) => ({ ...point, round: i + 1 })),
  }));
}

/**
 * How the tasks of a model relate, of many tasks a part.
 *
 * @returns undefined where the relationship says nothing about pairs of tasks, or there is one task
 */
export function correlationOfModel(model: Model): TaskCorrelation | undefined {
  const { names: tasks } = model;
  if (tasks.length < 2 || ["independent", "global"].includes(String(model.options.relationship))) {
    return undefined;
  }
  const names = evenlySpaced(tasks.length, mostTasksOnMap).map((i) => tasks[i] ?? "");
  return { tasks: names, values: model.correlation(names).to1DArray(), outOf: tasks.length };
}

/** The options with plain values; the numbers of the relationship are among them, its matrices are not. */
function optionsOf({ options }: FinishedTraining): Record<string, unknown> {
  const { relationship, stop, ...rest } = options;
  const plain = ([, value]: [string, unknown]): boolean =>
    ["string", "number", "boolean"].includes(typeof value);
  const { family, ...numbers } = relationship;
  return Object.fromEntries(
    Object.entries({ ...rest, relationship: family, ...numbers, ...stop }).filter(plain),
  );
}

/** The content of the report. */
function trainingPage(training: FinishedTraining, data: string, command: string): ReportContent {
  const { tasks, options, result, seconds } = training;
  const { model, history } = result;
  const { ofTask } = trainingErrors(training);
  const method = `mocha (${options.policy})`;
  const offsets = tasks.offsets();
  const correlation = correlationOfModel(model);
  const costs = { rounds: history.length, steps: history.total("steps"), flops: history.total("flops") };
  const traffic = { bytesDown: history.total("bytesDown"), bytesUp: history.total("bytesUp") };
  const oneObjective = result.classes === undefined;
  return {
    title: `Training on ${basename(data)}`,
    command,
    summary: trainingText(training)
      .split("\n")
      .filter((line) => line !== ""),
    ...(oneObjective
      ? {
          comparisons: [
            {
              title: "This training",
              time: "measured" as const,
              runs: [{ method, seed: options.seed, points: pointsOf(training) }],
            },
          ],
        }
      : {}),
    certificates: certificatesOf(training),
    taskErrors: {
      measure: isClassification(options.loss)
        ? "error rate on the training rows"
        : "RMSE on the training rows",
      tasks: tasks.names,
      rows: tasks.names.map((_, t) => (offsets[t + 1] ?? 0) - (offsets[t] ?? 0)),
      models: [{ name: options.relationship.family, values: ofTask }],
    },
    ...(correlation === undefined ? {} : { correlation }),
    costs: [{ method, seed: options.seed, ...costs, ...traffic, seconds }],
    costTime: "measured",
    facts: [
      { name: "data", value: data },
      { name: "tasks", value: tasks.taskCount },
      { name: "rows", value: tasks.rowCount },
      { name: "features", value: tasks.cols },
      { name: "stored values", value: tasks.nnz },
      { name: "precision", value: tasks.precision },
      { name: "kernels", value: model.versions.kernel },
      { name: "fedmtl", value: version },
      { name: "Node", value: process.version },
    ],
    options: optionsOf(training),
    notes: notesOf(training),
  };
}

/**
 * Writes the report.
 *
 * @param file the page
 * @param data the file that was trained on
 * @param command the exact command
 * @throws FedmtlError IO
 */
export async function writeTrainingPage(
  file: string,
  training: FinishedTraining,
  data: string,
  command: string,
): Promise<void> {
  await writeFileAtomic(file, await renderReport(trainingPage(training, data, command)));
}

function notesOf({ result, options }: FinishedTraining): string[] {
  const classes = result.classes?.length ?? 0;
  return [
    certificateInWords(result, options.relationship.family),
    "Errors on the rows that a model was trained on are lower than on others; fedmtl cv measures them on rows left out.",
    "Bytes are those that server and clients would exchange in a federated run; seconds are of this machine.",
    ...(classes > mostClasses
      ? [`Certificates are drawn for the first ${mostClasses} of ${classes} classes.`]
      : []),
  ];
}
