/**
 * Explained variance of a regression, as the multi-task literature reports it for the School data:
 * one minus the mean squared error over the variance of the labels. Bakker and Heskes, "Task clustering and
 * gating for Bayesian multitask learning", JMLR 4, 2003.
 *
 * This is the coefficient of determination R^2. It differs from the function of this name in scikit-learn,
 * which forgives a constant offset of the predictions.
 */
import { checkPairs } from "./checks.js";
import { squaredResiduals } from "./rmse.js";

/**
 * 1 - SS_res / SS_tot, with SS_res = sum (prediction - label)^2 and SS_tot = sum (label - mean label)^2 over
 * the rows given.
 *
 * @param predictions n predicted values
 * @param labels n true values
 * @returns a number <= 1, 0 for the constant prediction of the mean, negative for worse; undefined where all
 *   labels are equal or there are no rows
 * @throws FedmtlError INVALID_ARGUMENT for unequal lengths or numbers that are not finite
 */
export function explainedVariance(predictions: Float64Array, labels: Float64Array): number | undefined {
  checkPairs("predictions", predictions, labels);
  // Compared one by one: the rounding of a mean could make equal labels look unequal.
  if (labels.every((label) => label === labels[0])) {
    return undefined;
  }
  const mean = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  const total = labels.reduce((sum, label) => sum + (label - mean) ** 2, 0);
  return total > 0 ? 1 - squaredResiduals(predictions, labels) / total : undefined;
}
