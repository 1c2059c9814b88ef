/**
 * Which way each metric is better, and for which losses it exists.
 */
import { FedmtlError, invalidChoice } from "../errors.js";
import { isClassification } from "../mocha/labels.js";
import type { Loss } from "../options.js";
import type { MetricName } from "./evaluate.js";

/** Whether lower or higher values are better. */
export type Direction = "lower" | "higher";

/** The better direction of each metric. */
export const directions: Readonly<Record<MetricName, Direction>> = {
  error: "lower",
  auc: "higher",
  f1: "higher",
  logLoss: "lower",
  rmse: "lower",
  explainedVariance: "higher",
};

/** The names of the metrics. */
export const metricNames = Object.keys(directions) as MetricName[];

/** The metrics that models of a loss have; the first one is the usual one. */
export function metricsOf(loss: Loss): readonly MetricName[] {
  if (!isClassification(loss)) {
    return ["rmse", "explainedVariance"];
  }
  return loss === "logistic" ? ["error", "auc", "f1", "logLoss"] : ["error", "auc", "f1"];
}

/**
 * The metric asked for, by default the usual one of the loss.
 *
 * @throws FedmtlError INVALID_OPTION for an unknown metric, or one that models of the loss do not have
 */
export function metricFor(loss: Loss, given: MetricName | undefined): MetricName {
  const available = metricsOf(loss);
  const metric = given === undefined ? (available[0] ?? "error") : given;
  if (!metricNames.includes(metric)) {
    throw invalidChoice("metric", metric, metricNames);
  }
  if (!available.includes(metric)) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `metric ${metric} is not defined for loss "${loss}"; use ${available.join(" or ")}`,
    );
  }
  return metric;
}
