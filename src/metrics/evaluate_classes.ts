/**
 * The metrics of predictions of several classes: per task, macro and micro, and the confusion matrix.
 */
import { FedmtlError } from "../errors.js";
import { largestOf, rowOf } from "../mocha/predictions.js";
import { auc } from "./auc.js";
import { average, concatenate, defined, type Evaluation, inTask, type Scores } from "./evaluate.js";
import { f1 } from "./f1.js";

/** The predictions for the rows of one task; n × C arrays are row-major. */
export interface TaskClassPredictions {
  /** The task's name. */
  readonly task: string;
  /** n × C decision values. */
  readonly decisions: Float64Array;
  /** n labels, each one of the C classes. */
  readonly labels: Float64Array;
  /** n × C probabilities, where the model has them. */
  readonly probabilities?: Float64Array;
}

/** Probabilities are kept this far from 0, as in log_loss.ts. */
const smallestProbability = Number.EPSILON;

/**
 * Scores predictions of several classes.
 *
 * - error: the fraction of rows whose largest decision is not that of their class;
 * - auc, f1: of each class against the rest, the mean over the classes where it is defined;
 * - logLoss: minus the mean logarithm of the probability given to a row's class, in nats.
 *
 * @param classes C labels, ascending
 * @throws FedmtlError BAD_INPUT for a label that is none of the classes
 */
export function evaluateClasses(
  perTask: readonly TaskClassPredictions[],
  classes: readonly number[],
): Evaluation {
  const coded = perTask.map((entry) => ({
    ...entry,
    truth: inTask(entry.task, () => positionsOf(entry.labels, classes)),
  }));
  const tasks = coded.map((entry) => ({
    task: entry.task,
    samples: entry.labels.length,
    ...scoresOf(entry, classes.length),
  }));
  const probabilities = coded.flatMap((entry) => entry.probabilities ?? []);
  const pooled = {
    decisions: concatenate(coded.map(({ decisions }) => decisions)),
    truth: coded.flatMap(({ truth }) => truth),
    ...(probabilities.length === 0 ? {} : { probabilities: concatenate(probabilities) }),
  };
  return {
    kind: "classification",
    samples: pooled.truth.length,
    tasks,
    ...average(tasks),
    micro: scoresOf(pooled, classes.length),
    confusion: { classes, counts: confusionOf(pooled, classes.length) },
  };
}

interface Coded {
  readonly decisions: Float64Array;
  /** n positions of the rows' classes. */
  readonly truth: readonly number[];
  readonly probabilities?: Float64Array;
}

function positionsOf(labels: Float64Array, classes: readonly number[]): number[] {
  return Array.from(labels, (label) => {
    const position = classes.indexOf(label);
    if (position < 0) {
      throw new FedmtlError(
        "BAD_INPUT",
        `found the label ${label}, expected one of ${classes.join(", ")} as in training`,
      );
    }
    return position;
  });
}

const predictedIn = ({ decisions, truth }: Coded, classes: number): number[] =>
  truth.map((_, i) => largestOf(rowOf(decisions, i, classes)));

function scoresOf(coded: Coded, classes: number): Scores {
  const { decisions, truth, probabilities } = coded;
  if (truth.length === 0) {
    return {};
  }
  const predicted = predictedIn(coded, classes);
  const against = (positions: readonly number[], c: number): Float64Array =>
    Float64Array.from(positions, (position) => (position === c ? 1 : -1));
  const meanOverClasses = (metric: (c: number) => number | undefined): number | undefined => {
    const values = Array.from({ length: classes }, (_, c) => metric(c)).filter(
      (value) => value !== undefined,
    );
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const column = (c: number): Float64Array =>
    Float64Array.from(truth, (_, i) => decisions[i * classes + c] ?? 0);
  return defined({
    error: truth.filter((position, i) => position !== predicted[i]).length / truth.length,
    auc: meanOverClasses((c) => auc(column(c), against(truth, c))),
    f1: meanOverClasses((c) => f1(against(predicted, c), against(truth, c))),
    logLoss: probabilities === undefined ? undefined : logLoss(probabilities, truth, classes),
  });
}

function logLoss(probabilities: Float64Array, truth: readonly number[], classes: number): number {
  const sum = truth.reduce((total, c, i) => {
    return total - Math.log(Math.max(probabilities[i * classes + c] ?? 0, smallestProbability));
  }, 0);
  return sum / truth.length;
}

function confusionOf(coded: Coded, classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const predicted = predictedIn(coded, classes);
  for (const [i, c] of coded.truth.entries()) {
    const row = counts[c] ?? [];
    const guess = predicted[i] ?? 0;
    row[guess] = (row[guess] ?? 0) + 1;
  }
  return counts;
}
