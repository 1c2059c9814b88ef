/**
 * Errors on held-out rows, as in table 1 of the paper: 75 % of each task's rows to train on, 25 % to test; the regularisation
 * of every model chosen by cross-validation on the training part alone.
 */
import type { TaskSet } from "../data/task_set.js";
import { metricFor, metricsOf } from "../metrics/directions.js";
import type { Evaluation, MetricName } from "../metrics/evaluate.js";
import { fit } from "../mocha/fit.js";
import { independent, mean, type Relationship, traceNorm } from "../mocha/relationships.js";
import type { FitOptions } from "../options.js";
import { crossValidate } from "../selection/cross_validate.js";
import type { Grid } from "../selection/grid.js";
import type { DataSource } from "./data_source.js";
import type { JobResult } from "./experiment.js";
import { pooled } from "./pooled.js";
import { finite } from "./statistics.js";

/** Share of each task's rows that the models are judged on. */
export const testShare = 0.25;
const folds = 3;

const lambda1 = [100, 10, 1, 0.1, 1e-2, 1e-3, 1e-4, 1e-5];
const lambda2 = [0.1, 1e-2, 1e-3, 1e-4];

/** The models that are compared, with what is chosen for each; the global one is that of a single task. */
const models = {
  global: { relationship: independent(), grid: { lambda1 } },
  local: { relationship: independent(), grid: { lambda1 } },
  mean: { relationship: mean({ lambda2: 1 }), grid: { lambda1, lambda2 } },
  "trace-norm": { relationship: traceNorm(), grid: { lambda1 } },
} satisfies Record<string, { relationship: Relationship; grid: Grid }>;

/** The models that are judged on held-out rows. */
export type HeldOutModel = keyof typeof models;
/** As tables list them. */
export const heldOutModels = Object.keys(models) as HeldOutModel[];

/** The source with the loss that its held-out errors are of. */
export function heldOutSource(source: DataSource): DataSource {
  return { ...source, loss: source.heldOutLoss ?? source.loss };
}

/** The metrics of tables; the first one is the error of a task. */
export function shownMetrics({ loss }: Pick<DataSource, "loss">): readonly MetricName[] {
  return metricsOf(loss).slice(0, 2);
}

/** What cross-validation chooses by. */
export function choosingMetric({ loss, metric }: Pick<DataSource, "loss" | "metric">): MetricName {
  return metricFor(loss, metric);
}

function optionsOf({ loss, positive }: DataSource): FitOptions {
  return {
    ...{ loss, standardize: true, intercept: "penalized", seed: 1, threads: 1 },
    ...(positive === undefined ? {} : { positive }),
  };
}

/** A trained model's scores on the test rows. */
export interface Judged {
  readonly evaluation: Evaluation;
  /** The numbers that cross-validation chose. */
  readonly chosen: Readonly<Record<string, number | undefined>>;
  readonly status: string;
  readonly relativeGap: number;
  /** p × p task correlations of up to `mostTasks` tasks, where the model has any. */
  readonly correlation?: readonly number[];
}

/** More tasks than these would make lines of results too long. */
const mostTasks = 60;

/** Chooses, trains and judges one model. Choosing among values a factor of ten apart needs less than the training judged. */
export async function judge(
  name: HeldOutModel,
  train: TaskSet,
  test: TaskSet,
  source: DataSource,
): Promise<Judged> {
  const { relationship, grid } = models[name];
  const own = name === "global" ? pooled(train) : train;
  const options: FitOptions = { ...optionsOf(source), weighting: name === "global" ? "sum" : "mean" };
  const { best } = await crossValidate(own, {
    ...options,
    ...{ relationship, grid, folds, metric: choosingMetric(source), stop: { gap: 1e-2, rounds: 2000 } },
  });
  const stop = { gap: 1e-3, rounds: 5000 };
  const { model, status, certificate } = await fit(own, {
    ...options,
    ...{ relationship: best.relationship, stop },
  }).result;
  const related = name === "trace-norm" && train.taskCount <= mostTasks;
  return {
    // The mean of the models of a single task is its model.
    evaluation: model.evaluate(test, { unknownTask: name === "global" ? "mean" : "error" }),
    chosen: { ...best.values },
    status,
    relativeGap: certificate.relativeGap,
    ...(related ? { correlation: model.correlation().to1DArray() } : {}),
  };
}

/** What a judged model leaves in results.jsonl; of tasks the source's first metric. */
export function resultOf(
  { evaluation, chosen, status, relativeGap, correlation }: Judged,
  source: DataSource,
): JobResult {
  const [first = "error"] = shownMetrics(source);
  const numbers = Object.entries(chosen).map(([name, value]) => [name, finite(value)]);
  return {
    values: {
      ...Object.fromEntries(shownMetrics(source).map((metric) => [metric, finite(evaluation.macro[metric])])),
      ...Object.fromEntries(numbers),
      relativeGap: finite(relativeGap),
    },
    words: { status },
    series: {
      [`${first} by task`]: evaluation.tasks.map((scores) => finite(scores[first])),
      samples: evaluation.tasks.map(({ samples }) => samples),
      ...(correlation === undefined ? {} : { correlation: correlation.map((value) => finite(value)) }),
    },
    names: evaluation.tasks.map(({ task }) => task),
  };
}
