/**
 * Choosing hyperparameters by cross-validation: folds within every task, a grid over the relationship's numbers, the mean of
 * a metric over folds with its standard error (docs/selection.md).
 */
import { FedmtlError, shown } from "../errors.js";
import { TaskSet } from "../data/task_set.js";
import { type Direction, directions, metricFor } from "../metrics/directions.js";
import type { MetricName } from "../metrics/evaluate.js";
import { fit } from "../mocha/fit.js";
import type { FitResult } from "../mocha/fit_run.js";
import { checkLabels } from "../mocha/labels.js";
import { withHyperparameters } from "../mocha/relationships.js";
import {
  choice,
  rejectUnknownNames,
  requireOptions,
  type ResolvedOptions,
  resolveOptions,
} from "../options.js";
import { inRange, inWords, type Range } from "../ranges.js";
import { type Choice, choose, type GridPoint, summarise } from "./choice.js";
import { type Average, averages, FoldRunner, type FoldRecord, type Job, type Plan } from "./fold_runner.js";
import { defaultGrid, type Grid } from "./grid.js";
import { abortedError, isAborted, type SharedFitOptions, sharedOptionNames } from "./path.js";
import { runOnWorkers } from "./worker_pool.js";

/** What becomes of all data at the end: nothing, or a training with one of the two choices. */
export const refits = ["none", "best", "one-standard-error"] as const;
export type Refit = (typeof refits)[number];

/** Options of {@link crossValidate}: those of `fit` that many trainings can share, and how to compare them. */
export interface CrossValidationOptions extends SharedFitOptions {
  /** Lists of values of the relationship's numbers, `{ lambda1: [1, 0.1] }`; by default lambda1 from 1e-4 to 10 in steps of 10. */
  readonly grid?: Grid;
  /** From 2, by default 5. */
  readonly folds?: number;
  /** By default `error` for classes, `rmse` for numbers. */
  readonly metric?: MetricName;
  /** By default `macro`: every task counts the same; `micro`: every row. */
  readonly average?: Average;
  /** Worker processes, by default 1: all in this one. The result has the same bits. */
  readonly parallel?: number;
  /** By default `none`. */
  readonly refit?: Refit;
  /** Told after every training how many of how many are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a cross-validation found. */
export interface CrossValidation extends Choice {
  readonly metric: MetricName;
  readonly average: Average;
  /** Which way the metric is better. */
  readonly direction: Direction;
  readonly folds: number;
  /** The points of the grid: path by path, along each from the largest lambda1 to the smallest. */
  readonly points: readonly GridPoint[];
  /** The training on all data with the chosen point, if one was asked for. */
  readonly refit?: FitResult;
  /** Options that all trainings had in common, with every default; the relationship is that of the options given. */
  readonly options: ResolvedOptions;
}

/** The ranges of the numeric options of a cross-validation; the command line uses them too. */
export const selectionRanges = {
  folds: { least: 2, most: 1000, whole: true },
  parallel: { least: 1, most: 1024, whole: true },
} as const satisfies Record<string, Range>;

/** Defaults of a cross-validation. */
export const selectionDefaults = { folds: 5, average: "macro", parallel: 1, refit: "none" } as const;

const ownOptions = ["grid", "folds", "metric", "average", "parallel", "refit", "onProgress"];

function numeric(name: keyof typeof selectionRanges, given: number | undefined): number {
  const value = given === undefined ? selectionDefaults[name] : given;
  if (!inRange(value, selectionRanges[name])) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `${name} is ${shown(value)}; give ${inWords(selectionRanges[name])}`,
    );
  }
  return value;
}

interface Resolved {
  readonly plan: Plan;
  readonly parallel: number;
  readonly refit: Refit;
  readonly options: ResolvedOptions;
}

function resolve(given: CrossValidationOptions): Resolved {
  requireOptions("the options of crossValidate are", given, "{ folds: 5 }");
  rejectUnknownNames("option of crossValidate", given, [...sharedOptionNames, ...ownOptions]);
  const { grid = defaultGrid, folds, metric, average, parallel, refit, onProgress, ...options } = given;
  const resolved = resolveOptions(options);
  return {
    plan: {
      options,
      grid,
      folds: numeric("folds", folds),
      metric: metricFor(resolved.loss, metric),
      average: choice("average", average, averages, selectionDefaults.average),
    },
    parallel: numeric("parallel", parallel),
    refit: choice("refit", refit, refits, selectionDefaults.refit),
    options: resolved,
  };
}

/** Runs all jobs, in this process or on workers; the records by job, in the order of its path. */
async function runJobs(
  tasks: TaskSet,
  { plan, parallel, options }: Resolved,
  jobs: readonly Job[],
  runner: FoldRunner,
  onDone: () => void,
): Promise<readonly (readonly FoldRecord[])[]> {
  const records: FoldRecord[][] = jobs.map(() => []);
  const processes = Math.min(parallel, jobs.length);
  const { signal } = options;
  const keep = (job: number, record: FoldRecord): void => {
    records[job]?.push(record);
    onDone();
  };
  if (processes > 1) {
    const threads = Math.max(1, Math.floor(options.threads / processes));
    const shared = { ...plan, options: { ...plan.options, threads } };
    await runOnWorkers({
      ...{ tasks, plan: shared, jobs, processes, onRecord: keep },
      ...(signal === undefined ? {} : { signal }),
    });
    return records;
  }
  for (const [position, job] of jobs.entries()) {
    for await (const record of runner.run(job, signal)) {
      keep(position, record);
    }
  }
  return records;
}

/** The points of the grid with the records of their folds. */
function pointsFrom(
  { plan, options }: Resolved,
  { paths }: FoldRunner,
  records: readonly (readonly FoldRecord[])[],
): readonly GridPoint[] {
  return paths.flatMap((path, p) =>
    path.map((values, i) => {
      const ofFolds = Array.from({ length: plan.folds }, (_, fold) => records[fold * paths.length + p]?.[i]);
      const found = ofFolds.filter((record) => record !== undefined);
      return summarise(values, withHyperparameters(options.relationship, values), found);
    }),
  );
}

/**
 * Cross-validates a grid: in every fold trains along lambda1 on the other folds' rows of each task, the largest first, each
 * training beginning at the dual variables of the one before, and scores each model on the fold's own rows. Everything that
 * is learned from data, a standardisation too, is learned from the training rows alone.
 *
 * @param tasks the data; a task with one row is trained on in every fold and never tested
 * @param options the options of `fit` but budgets, warmStart and checkpoint, and those of {@link CrossValidationOptions}
 * @returns all points with their scores, and the choices; the same bits at any `parallel` and `threads`
 * @throws FedmtlError INVALID_OPTION; BAD_INPUT for labels that do not fit the loss; INVALID_ARGUMENT if a fold has no row to test or the metric is nowhere defined;
 *   ABORTED by the signal; what `fit` rejects with, naming fold and point
 */
export async function crossValidate(
  tasks: TaskSet,
  options: CrossValidationOptions = {},
): Promise<CrossValidation> {
  if (!(tasks instanceof TaskSet)) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      "the first argument of crossValidate must be a TaskSet; make one with readTasks",
    );
  }
  const resolved = resolve(options);
  const { plan, refit } = resolved;
  const { signal } = resolved.options;
  if (isAborted(signal)) {
    throw abortedError("the cross-validation");
  }
  checkLabels(tasks.native, resolved.options);
  const runner = new FoldRunner(tasks, plan);
  const jobs = Array.from({ length: plan.folds }, (_, fold) =>
    runner.paths.map((_path, path) => ({ fold, path })),
  ).flat();
  const total = plan.folds * runner.paths.flat().length;
  let done = 0;
  let records: readonly (readonly FoldRecord[])[];
  try {
    records = await runJobs(tasks, resolved, jobs, runner, () => options.onProgress?.(++done, total));
  } catch (error) {
    throw isAborted(signal) ? abortedError("the cross-validation") : error;
  } finally {
    runner.dispose();
  }
  const points = pointsFrom(resolved, runner, records);
  const direction = directions[plan.metric];
  const chosen = choose(points, direction);
  const { metric, average, folds } = plan;
  const found = { metric, average, direction, folds, points, ...chosen, options: resolved.options };
  if (refit === "none") {
    return found;
  }
  const { relationship } = refit === "best" ? chosen.best : chosen.oneStandardError;
  const result = await fit(tasks, { ...plan.options, relationship }).result;
  if (result.status === "aborted") {
    throw abortedError("the cross-validation");
  }
  return { ...found, refit: result };
}
