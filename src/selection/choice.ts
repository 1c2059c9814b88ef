/**
 * From the scores of all folds to a choice: the best point of the grid, and the most regularised one that is as good within
 * one standard error (Breiman, Friedman, Olshen, Stone, "Classification and Regression Trees", 1984, section 3.4.3).
 */
import { FedmtlError } from "../errors.js";
import type { Direction } from "../metrics/directions.js";
import type { Hyperparameters, Relationship } from "../mocha/relationships.js";
import type { FoldRecord } from "./fold_runner.js";

/** A point of the grid with what all folds say of it. */
export interface GridPoint {
  /** Its hyperparameters. */
  readonly values: Hyperparameters;
  /** The relationship with these, for `fit`. */
  readonly relationship: Relationship;
  /** One a fold; undefined where the metric is not defined on the fold's test rows. */
  readonly scores: readonly (number | undefined)[];
  /** Over the folds where the metric is defined; NaN if there is none. */
  readonly mean: number;
  /** Of the mean: the standard deviation of the scores over the root of their number; NaN for fewer than two. */
  readonly standardError: number;
  /** Folds whose training converged. */
  readonly converged: number;
  /** Of all folds together. */
  readonly rounds: number;
  /** The largest relative gap of a fold's training. */
  readonly relativeGap: number;
}

/** Sums up a point over its folds. */
export function summarise(
  values: Hyperparameters,
  relationship: Relationship,
  records: readonly FoldRecord[],
): GridPoint {
  const scores = records.map(({ score }) => score);
  const defined = scores.filter((score) => score !== undefined);
  const mean = defined.reduce((sum, score) => sum + score, 0) / defined.length;
  const squares = defined.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return {
    ...{ values, relationship, scores, mean },
    standardError: Math.sqrt(squares / (defined.length - 1) / defined.length),
    converged: records.filter(({ converged }) => converged).length,
    rounds: records.reduce((sum, { rounds }) => sum + rounds, 0),
    relativeGap: records.reduce((most, { relativeGap }) => Math.max(most, relativeGap), 0),
  };
}

/** How much more regularised a is than b, by lambda1, then lambda2; 0: the same. */
function moreRegularised(a: GridPoint, b: GridPoint): number {
  const difference = (name: "lambda1" | "lambda2"): number => (a.values[name] ?? 0) - (b.values[name] ?? 0);
  return difference("lambda1") || difference("lambda2");
}

/** The two choices of a cross-validation. */
export interface Choice {
  /** The best mean; of equals the most regularised one, then the first. */
  readonly best: GridPoint;
  /** Of the points whose mean is within one standard error of the best, the largest lambda1, then lambda2, then the best mean. */
  readonly oneStandardError: GridPoint;
}

/**
 * Chooses among the points.
 *
 * @throws FedmtlError INVALID_ARGUMENT if no fold of any point has a score
 */
export function choose(points: readonly GridPoint[], direction: Direction): Choice {
  const sign = direction === "lower" ? 1 : -1;
  const cost = ({ mean }: GridPoint): number => sign * mean;
  const scored = points.filter(({ mean }) => !Number.isNaN(mean));
  const [first] = scored;
  if (first === undefined) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      "the metric is not defined on the test rows of any fold; choose another metric, or fewer folds",
    );
  }
  const better = (a: GridPoint, b: GridPoint): GridPoint =>
    (cost(b) - cost(a) || moreRegularised(a, b)) >= 0 ? a : b;
  const best = scored.reduce(better, first);
  const limit = cost(best) + best.standardError;
  const oneStandardError = scored
    .filter((point) => cost(point) <= limit)
    .reduce((a, b) => ((moreRegularised(a, b) || cost(b) - cost(a)) >= 0 ? a : b), best);
  return { best, oneStandardError };
}
