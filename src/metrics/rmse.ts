/**
 * Root mean squared error of a regression.
 */
import { checkPairs } from "./checks.js";

/**
 * sqrt(mean over rows of (prediction - label)^2), in the unit of the labels.
 *
 * @param predictions n predicted values
 * @param labels n true values
 * @returns a number >= 0; undefined without rows
 * @throws FedmtlError INVALID_ARGUMENT for unequal lengths or numbers that are not finite
 */
export function rmse(predictions: Float64Array, labels: Float64Array): number | undefined {
  checkPairs("predictions", predictions, labels);
  return labels.length === 0 ? undefined : Math.sqrt(squaredResiduals(predictions, labels) / labels.length);
}

/** The residual sum of squares; shared with explained variance. */
export function squaredResiduals(predictions: Float64Array, labels: Float64Array): number {
  return predictions.reduce((sum, prediction, row) => sum + (prediction - (labels[row] ?? 0)) ** 2, 0);
}
