/**
 * What a training found: as one JSON object, and as text for people.
 */
import type { TaskSet } from "../data/task_set.js";
import { error } from "../metrics/error.js";
import { rmse } from "../metrics/rmse.js";
import type { FitResult } from "../mocha/fit_run.js";
import type { Certificate } from "../mocha/history.js";
import { isClassification, type LabelMapping, toTarget } from "../mocha/labels.js";
import type { Model } from "../mocha/model.js";
import { labelsFrom } from "../mocha/predictions.js";
import { type Family, isLearned, ownNumbers } from "../mocha/relationships.js";
import type { ResolvedOptions } from "../options.js";
import { version } from "../version.js";
import { bytesInWords, grouped, mostTasksDrawn, percent, relationMap, short, timeInWords } from "./output.js";
import { printable } from "./terminal.js";

/** A training that has ended. */
export interface FinishedTraining {
  readonly tasks: TaskSet;
  readonly options: ResolvedOptions;
  readonly result: FitResult;
  /** Wall time of the training, without reading and writing files. */
  readonly seconds: number;
}

/** Errors on the training data: fractions of wrong labels, or root mean squared errors. */
interface TrainingErrors {
  /** Of all rows together. */
  readonly micro: number;
  /** m errors. */
  readonly ofTask: readonly number[];
}

/** The errors of a training on its own rows. */
export function trainingErrors({ tasks, result: { model } }: FinishedTraining): TrainingErrors {
  const { labels } = model;
  const offsets = tasks.offsets();
  const given = tasks.labels();
  // Of several classes, each row becomes one that is right or wrong.
  const [decisions, targets] =
    model.classes === undefined
      ? [model.decisions(tasks), labels === undefined ? given : given.map((label) => toTarget(label, labels))]
      : [rightOrWrong(model, tasks, given), new Float64Array(given.length).fill(1)];
  const measure = isClassification(model.loss) ? error : rmse;
  const ofRows = (begin?: number, end?: number): number =>
    measure(decisions.subarray(begin, end), targets.subarray(begin, end)) ?? 0;
  return { micro: ofRows(), ofTask: tasks.names.map((_, t) => ofRows(offsets[t], offsets[t + 1])) };
}

/** 1 for a row that gets its own label, else -1. */
function rightOrWrong(model: Model, tasks: TaskSet, labels: Float64Array): Float64Array {
  const predicted = labelsFrom(model.decisions(tasks), model);
  return labels.map((label, i) => (label === predicted[i] ? 1 : -1));
}

/** The object of `train --json`. */
export function trainingJson(training: FinishedTraining): object {
  const { tasks, options, result, seconds } = training;
  const { status, model, history, certificate, omegaSteps } = result;
  const { loss, relationship, weighting, policy, localEpochs, shrinking, gram } = options;
  const { intercept, standardize, seed, threads } = options;
  const { primal, dual, gap, relativeGap, jointObjective = null, jointDual = null } = certificate;
  return {
    status,
    tasks: tasks.taskCount,
    samples: tasks.rowCount,
    features: tasks.cols,
    nnz: tasks.nnz,
    loss,
    smoothing: loss === "smoothed-hinge" ? options.smoothing : null,
    relationship: relationship.family,
    weighting,
    lambda1: relationship.lambda1,
    lambda2: relationship.lambda2,
    epsilon: model.options.epsilon ?? null,
    ...{ clusters: relationship.k ?? null, eta: relationship.eta ?? null, rho: relationship.rho ?? null },
    ...{ intercept, standardize, labels: model.labels ?? null, classes: classesJson(result) },
    ...{ classWeight: options.classWeight, policy, localEpochs, shrinking, gram },
    rounds: history.length,
    omegaSteps,
    ...{ primal, dual, gap, relativeGap, jointObjective, jointDual },
    targetGap: options.stop.gap,
    seconds,
    roundSeconds: history.total("seconds"),
    trainError: trainingErrors(training).micro,
    bytesUp: history.total("bytesUp"),
    bytesDown: history.total("bytesDown"),
    flops: history.total("flops"),
    ...{ seed, threads, precision: tasks.precision, kernel: model.versions.kernel, version },
  };
}

/** Each class with its own part of the sums; null where there are not several. */
function classesJson({ classes }: FitResult): object[] | null {
  return classes?.map(({ certificate, ...rest }) => ({ ...rest, ...certificate })) ?? null;
}

/** The text of `train`: what was trained, how sure it is, and how well it fits. */
export function trainingText(training: FinishedTraining): string {
  const { tasks, options, result } = training;
  const { model, history } = result;
  const { loss, relationship, weighting } = options;
  const { family, lambda1, lambda2 } = relationship;
  const numbers = Object.entries({ lambda1, lambda2, ...ownNumbers(relationship) });
  const rows = tasks.rowCount;
  const traffic = `${bytesInWords(history.total("bytesUp"))} up, ${bytesInWords(history.total("bytesDown"))} down`;
  return [
    `Trained ${counted(tasks.taskCount, "task")}: ${counted(rows, "row")} of ${counted(tasks.cols, "feature")}.`,
    `Loss ${loss}, relationship ${family}, ${numbers.map(([name, value]) => `${name} ${short(value)}`).join(", ")}, weighting ${weighting}.`,
    ...(model.labels === undefined ? [] : [`Labels: ${labelsInWords(model.labels)}.`]),
    ...(model.classes === undefined ? [] : [`Classes: ${classesInWords(model.classes)}.`]),
    "",
    `${endInWords(training)} after ${counted(history.length, "round")}${omegaStepsInWords(result)}, ` +
      `${timeInWords(training.seconds)}, ${traffic}.`,
    certificateInWords(result, family),
    ...edgesInWords(result, family),
    errorsInWords(training),
    "",
  ].join("\n");
}

/** The learned relations as a map, where there are some and they fit on a screen; else nothing. */
export function relationsText({ tasks, options, result }: FinishedTraining): string {
  if (!isLearned(options.relationship) || tasks.taskCount > mostTasksDrawn || tasks.taskCount < 2) {
    return "";
  }
  return `\nHow the tasks relate (learned; similar ones side by side):\n\n${relationMap(result.model.correlation(), tasks.names)}`;
}

/** How a training ended and how near the optimum, as a sentence. */
export function certificateInWords({ certificate }: Pick<FitResult, "certificate">, family: Family): string {
  const { primal, dual, relativeGap } = certificate;
  const within = percent(Math.max(relativeGap, 0));
  const forWhat = isLearned({ family }) ? "the relationship learned" : "this relationship";
  return (
    `Certificate: the objective is within ${within} of the optimum for ${forWhat} ` +
    `(primal ${primal.toPrecision(6)}, dual ${dual.toPrecision(6)})${jointInWords(certificate)}.`
  );
}

/** What to do where a sparse precision was learned that has no edge; else nothing. */
function edgesInWords({ model, omegaSteps }: FitResult, family: Family): string[] {
  if (family !== "sparse-precision" || omegaSteps === 0 || model.names.length < 2) {
    return [];
  }
  const models = model.classes?.map((label) => model.ofClass(label)) ?? [model];
  if (models.some((one) => one.edges().length > 0)) {
    return [];
  }
  return [
    "No edge was learned: no task informs another. A smaller rho or lambda1 draws more edges; " +
      "let lambda1 fall with rho, since a task alone has the ridge lambda1/rho.",
  ];
}

/** How near the model is to the best over all relationships too, where that is known. */
function jointInWords({ jointObjective, jointDual }: Certificate): string {
  if (jointObjective === undefined || jointDual === undefined) {
    return "";
  }
  const open = Math.max(0, (jointObjective - jointDual) / Math.abs(jointObjective));
  return `, and with its penalty within ${percent(open)} of the best over all relationships`;
}

/** What the labels became: `1 is +1, -1 is -1`. */
export function labelsInWords({ positive, negative }: LabelMapping): string {
  return `${positive} is +1, ${negative === undefined ? "all others are" : `${negative} is`} -1`;
}

/** Several classes: `6, each against the rest: 1, 2, 3, 4, 5, 6`. */
export function classesInWords(classes: readonly number[]): string {
  const most = 20;
  const listed = classes.slice(0, most).join(", ");
  return `${classes.length}, each against the rest: ${listed}${classes.length > most ? ", ..." : ""}`;
}

/** A count and its noun: `1 task`, `2 tasks`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function endInWords({ result: { status }, options }: FinishedTraining): string {
  switch (status) {
    case "converged":
      return `Converged to a relative gap of ${short(options.stop.gap)}`;
    case "budget":
      return "Stopped by the budget of rounds or Omega steps, not converged,";
    default:
      return "Interrupted";
  }
}

function omegaStepsInWords({ omegaSteps }: FitResult): string {
  return omegaSteps === 0 ? "" : ` and ${counted(omegaSteps, "Omega step")}`;
}

function errorsInWords(training: FinishedTraining): string {
  const { micro, ofTask } = trainingErrors(training);
  const { names } = training.tasks;
  const classification = isClassification(training.options.loss);
  const show = classification ? percent : short;
  const what = classification ? "Training error" : "Training RMSE";
  const all = `${what}: ${show(micro)} over all rows`;
  if (names.length === 1) {
    return `${all}.`;
  }
  const mean = ofTask.reduce((sum, value) => sum + value, 0) / names.length;
  const least = ofTask.reduce((best, value, t) => (value < (ofTask[best] ?? 0) ? t : best), 0);
  const most = ofTask.reduce((worst, value, t) => (value > (ofTask[worst] ?? 0) ? t : worst), 0);
  const at = (t: number): string => `${show(ofTask[t] ?? 0)} (${printable(names[t] ?? "")})`;
  return `${all}; by task ${show(mean)} on average, from ${at(least)} to ${at(most)}.`;
}
