/**
 * Labels of a classification: which stand for +1 and which for -1.
 */
import { FedmtlError } from "../errors.js";
import type { Loss } from "../options.js";

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
function distinctLabels(labels: Float64Array): number[] {
  const found = new Set<number>();
  let last = Number.NaN;
  for (const label of labels) {
    // Labels come in runs, and a comparison costs less than looking into the set.
    if (label !== last) {
      found.add(label);
      last = label;
      if (found.size > labelsListed) {
        break;
      }
    }
  }
  return [...found].sort((a, b) => a - b);
}

const listed = (labels: number[]): string =>
  labels.length > labelsListed ? `${labels.slice(0, labelsListed).join(", ")}, …` : labels.join(", ");

/**
 * @param positive the label that stands for +1 against all others, if the user named one
 * @throws FedmtlError BAD_INPUT if the labels do not fit a classification; the labels are named
 */
export function mapLabels(
  labels: Float64Array,
  loss: Loss,
  positive: number | undefined,
): LabelMapping | undefined {
  if (!isClassification(loss)) {
    return undefined;
  }
  const distinct = distinctLabels(labels);
  if (positive !== undefined) {
    if (!labels.includes(positive)) {
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
      "name the positive one (positive, --positive) or use a regression loss such as squared",
  );
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
