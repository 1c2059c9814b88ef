/**
 * Trainings along a path of lambda1, each beginning at the dual variables of the one before.
 *
 * A learned relationship begins anew at every point: taken over from another lambda1, the alternation of W and Omega steps
 * ends up to several per cent above the objective that it reaches by itself (docs/selection.md), and a comparison of
 * lambdas would measure that.
 */
import { TaskSet } from "../data/task_set.js";
import { FedmtlError, type FedmtlErrorCode } from "../errors.js";
import { startFit } from "../mocha/fit.js";
import type { FitResult } from "../mocha/fit_run.js";
import { checkLabels } from "../mocha/labels.js";
import type { Model } from "../mocha/model.js";
import { type Hyperparameters, withHyperparameters } from "../mocha/relationships.js";
import {
  type FitOptions,
  optionNames,
  rejectUnknownNames,
  requireOptions,
  resolveOptions,
} from "../options.js";
import { defaultGrid, type Grid, type Path, pathsOf, pointInWords } from "./grid.js";

/** Options of `fit` that make no sense for many trainings at once. */
const singleTrainingOptions = ["budgets", "warmStart", "checkpoint"] as const;

/** What the trainings of a grid have in common. */
export type SharedFitOptions = Omit<FitOptions, (typeof singleTrainingOptions)[number]>;

/** The names of these options. */
export const sharedOptionNames: readonly string[] = optionNames.filter(
  (name) => !singleTrainingOptions.some((one) => one === name),
);

/** Options of {@link lambdaPath}. */
export interface LambdaPathOptions extends SharedFitOptions {
  /** By default lambda1 from 1e-4 to 10 in steps of 10. */
  readonly grid?: Grid;
}

/** A training of a path. */
export interface PathPoint extends FitResult {
  /** Its hyperparameters. */
  readonly values: Hyperparameters;
}

/** The error of an abort. */
export function abortedError(what: string): FedmtlError {
  return new FedmtlError("ABORTED", `${what} was aborted`);
}

/** Whether a signal has come. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** The same error with the training that it is about in front of its message. */
export function inTraining(where: string, error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") {
    return error;
  }
  return new FedmtlError(error.code as FedmtlErrorCode, `${where}: ${error.message}`, { cause: error });
}

/**
 * Trains at the points of a path, in order.
 *
 * @returns the results as they are made; ends with an error of code ABORTED where a training was aborted
 */
export async function* followPath(
  tasks: TaskSet,
  options: FitOptions,
  path: Path,
): AsyncGenerator<PathPoint, void, void> {
  const { relationship } = resolveOptions(options);
  let warmStart: Model | undefined;
  for (const values of path) {
    const point: FitOptions = { ...options, relationship: withHyperparameters(relationship, values) };
    let result: FitResult;
    try {
      result = await startFit(tasks, warmStart === undefined ? point : { ...point, warmStart }, "alpha")
        .result;
    } catch (error) {
      throw inTraining(pointInWords(values), error);
    }
    if (result.status === "aborted") {
      throw abortedError("the path");
    }
    warmStart = result.model;
    yield { values, ...result };
  }
}

/**
 * Trains along a grid: for every combination of the other axes along lambda1, from the largest to the smallest, each
 * training beginning at the dual variables of the one before.
 *
 * @returns one entry a point, in the order of training, with model and certificate
 * @throws FedmtlError INVALID_OPTION; ABORTED by the signal; what `fit` rejects with, naming the point
 */
export async function lambdaPath(
  tasks: TaskSet,
  given: LambdaPathOptions = {},
): Promise<readonly PathPoint[]> {
  requireOptions("the options of lambdaPath are", given, "{ grid: { lambda1: [0.1, 1] } }");
  const { grid = defaultGrid, ...options } = given;
  rejectUnknownNames("option of lambdaPath", options, [...sharedOptionNames, "grid"]);
  const resolved = resolveOptions(options);
  if (!(tasks instanceof TaskSet)) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      "the first argument of lambdaPath must be a TaskSet; make one with readTasks",
    );
  }
  checkLabels(tasks.native, resolved);
  const points: PathPoint[] = [];
  for (const path of pathsOf(grid, resolved.relationship, tasks.taskCount)) {
    for await (const point of followPath(tasks, options, path)) {
      points.push(point);
    }
  }
  return points;
}
