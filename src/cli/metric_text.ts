/**
 * Metrics as people read them.
 */
import type { MetricName } from "../metrics/evaluate.js";
import { percent, short } from "./output.js";

/** A metric with its title and the form of its values. */
export interface ShownMetric {
  readonly name: MetricName;
  readonly title: string;
  readonly show: (value: number) => string;
}

/** All metrics, in the order of tables. */
export const shownMetrics: readonly ShownMetric[] = [
  { name: "error", title: "error", show: percent },
  { name: "auc", title: "AUC", show: (value) => value.toFixed(4) },
  { name: "f1", title: "F1", show: (value) => value.toFixed(4) },
  { name: "logLoss", title: "log-loss", show: short },
  { name: "rmse", title: "RMSE", show: short },
  { name: "explainedVariance", title: "expl. var.", show: (value) => value.toFixed(4) },
];

/** How a metric is shown. */
export function shownMetric(metric: MetricName): ShownMetric {
  return shownMetrics.find(({ name }) => name === metric) as ShownMetric;
}
