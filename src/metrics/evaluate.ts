/**
 * All metrics of a set of predictions: per task, averaged over tasks (macro) and over all rows pooled
 * (micro).
 */
import { FedmtlError, invalidChoice } from "../errors.js";
import { auc } from "./auc.js";
import { error } from "./error.js";
import { explainedVariance } from "./explained_variance.js";
import { f1 } from "./f1.js";
import { logLoss } from "./log_loss.js";
import { rmse } from "./rmse.js";

/** What the labels are: -1 / +1, or real numbers. */
export type PredictionKind = "classification" | "regression";

/** The name of a metric. */
export type MetricName = "error" | "auc" | "f1" | "logLoss" | "rmse" | "explainedVariance";

/** The predictions for the rows of one task. */
export interface TaskPredictions {
  /** The task's name. */
  readonly task: string;
  /** n decision values (classification) or predicted values (regression). */
  readonly decisions: Float64Array;
  /** n labels: -1 / +1 (classification) or true values (regression). */
  readonly labels: Float64Array;
  /** n probabilities of the label +1, where the model has them. */
  readonly probabilities?: Float64Array;
}

/** Metric values; a metric that does not apply or is not defined on these rows is absent. */
export interface Scores {
  /** Classification: fraction of rows with the wrong label, in [0, 1]. */
  readonly error?: number;
  /** Classification: area under the ROC curve, in [0, 1]; absent where a class is absent; of several, each against the rest on average. */
  readonly auc?: number;
  /** Classification: F1 of the label +1, in [0, 1]; absent where nothing is, or is called, positive; of several classes the mean. */
  readonly f1?: number;
  /** Classification with probabilities: mean negative log-likelihood, in nats. */
  readonly logLoss?: number;
  /** Regression: root mean squared error, in the unit of the labels. */
  readonly rmse?: number;
  /** Regression: 1 - SS_res / SS_tot; absent where all labels are equal. */
  readonly explainedVariance?: number;
}

/** The scores of one task. */
export interface TaskScores extends Scores {
  /** The task's name. */
  readonly task: string;
  /** How many rows were scored. */
  readonly samples: number;
}

/** What `evaluatePredictions` reports. */
export interface Evaluation {
  /** Whether classification or regression metrics were computed. */
  readonly kind: PredictionKind;
  /** How many rows were scored in all. */
  readonly samples: number;
  /** The scores of each task, in the order given. */
  readonly tasks: readonly TaskScores[];
  /** The mean of each metric over the tasks where it is defined: every task counts the same. */
  readonly macro: Scores;
  /** How many tasks each mean in `macro` is over. */
  readonly macroTasks: Readonly<Partial<Record<MetricName, number>>>;
  /** The metrics of all rows pooled: every row counts the same. */
  readonly micro: Scores;
  /** Several classes: which of them were taken for which. */
  readonly confusion?: Confusion;
}

/** How many rows of each class were given which label. */
export interface Confusion {
  /** C labels, ascending. */
  readonly classes: readonly number[];
  /** C × C: a row for each true class, in it a count for each predicted one. */
  readonly counts: readonly (readonly number[])[];
}

/**
 * Scores predictions per task, macro and micro.
 *
 * @param perTask one entry a task; a task without rows has no scores but is listed
 * @param kind which metrics apply: error, AUC, F1 and, where every task with rows brings probabilities,
 *   pooled log-loss; or RMSE and explained variance
 * @throws FedmtlError INVALID_ARGUMENT where arrays do not pair up, hold numbers that are not finite, or
 *   labels of a classification are not -1 / +1; INVALID_OPTION for another kind
 */
export function evaluatePredictions(perTask: readonly TaskPredictions[], kind: PredictionKind): Evaluation {
  if (kind !== "classification" && kind !== "regression") {
    throw invalidChoice("kind of prediction", kind, ["classification", "regression"]);
  }
  const tasks = perTask.map((entry) => ({
    task: entry.task,
    samples: entry.labels.length,
    ...inTask(entry.task, () => scoresOf(entry, kind)),
  }));
  const pooled = pool(perTask);
  const { macro, macroTasks } = average(tasks);
  return { kind, samples: pooled.labels.length, tasks, macro, macroTasks, micro: scoresOf(pooled, kind) };
}

type Predictions = Omit<TaskPredictions, "task">;

function scoresOf({ decisions, labels, probabilities }: Predictions, kind: PredictionKind): Scores {
  if (kind === "regression") {
    return defined({
      rmse: rmse(decisions, labels),
      explainedVariance: explainedVariance(decisions, labels),
    });
  }
  return defined({
    error: error(decisions, labels),
    auc: auc(decisions, labels),
    f1: f1(decisions, labels),
    logLoss: probabilities === undefined ? undefined : logLoss(probabilities, labels),
  });
}

/** Leaves out the metrics that are undefined. */
export function defined(scores: { [name in MetricName]?: number | undefined }): Scores {
  return Object.fromEntries(Object.entries(scores).filter(([, score]) => score !== undefined));
}

/** Names the task in an error about its arrays. */
export function inTask<T>(task: string, score: () => T): T {
  try {
    return score();
  } catch (cause) {
    if (cause instanceof FedmtlError) {
      throw new FedmtlError(cause.code, `task ${JSON.stringify(task)}: ${cause.message}`, { cause });
    }
    throw cause;
  }
}

/** All rows as if of one task; probabilities only where every task with rows has them. */
function pool(perTask: readonly TaskPredictions[]): Predictions {
  const filled = perTask.filter((entry) => entry.labels.length > 0);
  const decisions = concatenate(filled.map((entry) => entry.decisions));
  const labels = concatenate(filled.map((entry) => entry.labels));
  const probabilities = filled.flatMap((entry) => entry.probabilities ?? []);
  return probabilities.length < filled.length
    ? { decisions, labels }
    : { decisions, labels, probabilities: concatenate(probabilities) };
}

/** The arrays one behind the other. */
export function concatenate(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let start = 0;
  for (const part of parts) {
    whole.set(part, start);
    start += part.length;
  }
  return whole;
}

/** The mean of each metric over the tasks where it is defined. */
export function average(tasks: readonly TaskScores[]): Pick<Evaluation, "macro" | "macroTasks"> {
  const names: readonly MetricName[] = ["error", "auc", "f1", "logLoss", "rmse", "explainedVariance"];
  const macro: { [name in MetricName]?: number } = {};
  const macroTasks: { [name in MetricName]?: number } = {};
  for (const name of names) {
    const scores = tasks.flatMap((task) => task[name] ?? []);
    if (scores.length > 0) {
      macro[name] = scores.reduce((sum, score) => sum + score, 0) / scores.length;
      macroTasks[name] = scores.length;
    }
  }
  return { macro, macroTasks };
}
