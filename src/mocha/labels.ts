/**
 * Labels of a classification: which stand for +1 and which for -1.
 */
import { FedmtlError } from "../errors.js";
import type { NativeTaskSet } from "../native.js";
import type { Loss, ResolvedOptions } from "../options.js";

/**
 * How labels became -1 / +1. With `positive` alone the rest of the labels is the negative class, and predictions are
 * -1 / +1; with both, predictions are the original labels.
 */
export interface LabelMapping {
  readonly positive: number;
  readonly negative?: number;
}

/** Whether a loss is for classes (-1 / +1) rather than real labels. */
export function isClassification(loss: Loss): boolean {
  return loss === "hinge" || loss === "smoothed-hinge" || loss === "logistic";
}

const labelsListed = 8;

/** The distinct labels in ascending order, at most `labelsListed` + 1 of them. */
function distinctLabels(tasks: NativeTaskSet): number[] {
  return [...tasks.distinctLabels(labelsListed + 1)].sort((a, b) => a - b);
}

const listed = (labels: number[]): string =>
  labels.length > labelsListed ? `${labels.slice(0, labelsListed).join(", ")}, …` : labels.join(", ");

/**
 * @param positive the label that stands for +1 against all others, if the user named one
 * @throws FedmtlError BAD_INPUT if the labels do not fit a classification; the labels are named
 */
export function mapLabels(
  tasks: NativeTaskSet,
  loss: Loss,
  positive: number | undefined,
): LabelMapping | undefined {
  if (!isClassification(loss)) {
    return undefined;
  }
  const distinct = distinctLabels(tasks);
  if (positive !== undefined) {
    if (!tasks.hasLabel(positive)) {
      throw new FedmtlError(
        "BAD_INPUT",
        `no row has the positive label ${positive}; the labels are ${listed(distinct)}`,
      );
    }
    return { positive };
  }
  const [first, second] = distinct;
  if (first !== undefined && second !== undefined && distinct.length === 2) {
    return { negative: first, positive: second };
  }
  if (distinct.length === 1 && (first === 1 || first === -1)) {
    return { negative: -1, positive: 1 };
  }
  throw new FedmtlError(
    "BAD_INPUT",
    `loss "${loss}" needs exactly two distinct labels, the data have ${listed(distinct)}; ` +
      "name the positive one (positive, --positive), take each against the rest (multiclass, --multiclass), or use a " +
      "regression loss such as squared",
  );
}

/** More distinct labels than this are taken for numbers, not classes. */
const mostClasses = 1000;

/**
 * The classes of a training of several, ascending.
 *
 * @throws FedmtlError INVALID_OPTION for a loss that is not for classes; BAD_INPUT for fewer than two classes, or so many that
 *   the labels must be numbers
 */
export function classesOf(tasks: NativeTaskSet, loss: Loss): number[] {
  if (!isClassification(loss)) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `multiclass needs a loss for classes, "${loss}" is for numbers; use hinge, smoothed-hinge or logistic`,
    );
  }
  const found = [...tasks.distinctLabels(mostClasses + 1)];
  if (found.length < 2 || found.length > mostClasses) {
    const which =
      found.length < 2 ? `only the label ${found.join()}` : `more than ${mostClasses} distinct labels`;
    throw new FedmtlError(
      "BAD_INPUT",
      `the data have ${which}; multiclass needs 2 to ${mostClasses} classes`,
    );
  }
  return found.sort((a, b) => a - b);
}

/**
 * Checks that labels fit what is to be trained, before any training.
 *
 * @throws FedmtlError as `mapLabels` and `classesOf`
 */
export function checkLabels(
  tasks: NativeTaskSet,
  { loss, positive, multiclass }: Pick<ResolvedOptions, "loss" | "positive" | "multiclass">,
): void {
  if (multiclass) {
    classesOf(tasks, loss);
  } else {
    mapLabels(tasks, loss, positive);
  }
}

/** Factors of the sample weights of rows that are +1 and of all others. */
export interface ClassWeights {
  readonly positiveWeight: number;
  readonly negativeWeight: number;
}

/** n / (2 n_c) for each of the two sides, counted over all n rows of all tasks, as in scikit-learn; 1 for a side without rows. */
export function balancedWeights(labels: Float64Array, { positive }: LabelMapping): ClassWeights {
  const positives = labels.reduce((count, label) => count + (label === positive ? 1 : 0), 0);
  const weight = (rows: number): number => (rows === 0 ? 1 : labels.length / (2 * rows));
  return { positiveWeight: weight(positives), negativeWeight: weight(labels.length - positives) };
}

/**
 * The label of a row as -1 / +1.
 *
 * @throws FedmtlError BAD_INPUT for a label that the training did not have, unless it stands for the rest
 */
export function toTarget(label: number, { positive, negative }: LabelMapping): number {
  if (negative !== undefined && label !== negative && label !== positive) {
    throw new FedmtlError(
      "BAD_INPUT",
      `found the label ${label}, expected ${negative} or ${positive} as in training`,
    );
  }
  return label === positive ? 1 : -1;
}

/** The label that a decision value stands for. */
export function toLabel(decision: number, mapping: LabelMapping): number {
  const target = decision > 0 ? 1 : -1;
  if (mapping.negative === undefined) {
    return target;
  }
  return target === 1 ? mapping.positive : mapping.negative;
}
