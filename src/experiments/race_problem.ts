/**
 * The problem that races are run on: one P(W) for a relationship that is given, with its least value.
 *
 * The relationship is what one Omega step makes of local models, as at the start of the paper's algorithm:
 * Sigma = (W'W + epsilon I)^1/2 / trace, W the optimum with Sigma = I/m (docs/math.md, section 5). So every method, also
 * those that cannot learn a relationship, minimises the same function.
 */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { fit } from "../mocha/fit.js";
import type { FitResult } from "../mocha/fit_run.js";
import { TaskSet } from "../data/task_set.js";
import { fixed, independent, type Relationship } from "../mocha/relationships.js";
import { prepareData } from "../mocha/prepare.js";
import { type FitOptions, resolveOptions } from "../options.js";
import type { LoadedData } from "./experiment.js";

/** Of P's least value, relative: what the optimum of a race may be wrong by. */
export const optimumGap = 1e-6;

/** A problem with what is known of it. */
export interface RaceProblem {
  /** With features of one scale. */
  readonly tasks: TaskSet;
  /** Everything of a training but how it is made. */
  readonly options: FitOptions & { readonly relationship: Relationship };
  /** A lower bound on P's least value, within `optimumGap` of it. */
  readonly optimum: number;
}

/** What all trainings of experiments have in common; jobs are many, so each has one thread. */
export const oneThread = { threads: 1 } as const;

/** The training of a data source, without a relationship. */
function problemOf({ source }: LoadedData): FitOptions {
  const { loss, positive } = source;
  return {
    ...{ loss, weighting: "mean", ...oneThread },
    ...(positive === undefined ? {} : { positive }),
  };
}

/** The tasks with features of one scale; standardised here once, so that a part of the tasks is scaled as all of them are. */
function scaledTasks({ tasks, source }: LoadedData): TaskSet {
  return source.scaled
    ? tasks
    : new TaskSet(prepareData(tasks, resolveOptions({ standardize: true, loss: source.loss })).tasks);
}

/** Sigma after one Omega step from W. @param weights m arrays of d */
export function sigmaOf(weights: readonly Float64Array[]): Matrix {
  const W = new Matrix(weights.map((w) => Array.from(w)));
  const { realEigenvalues, eigenvectorMatrix: V } = new EigenvalueDecomposition(W.mmul(W.transpose()), {
    assumeSymmetric: true,
  });
  const singular = realEigenvalues.map((value) => Math.sqrt(Math.max(value, 0)));
  const epsilon = (0.1 * singular.reduce((sum, s) => sum + s, 0)) ** 2 / singular.length ** 2;
  const roots = singular.map((s) => Math.sqrt(s * s + (epsilon > 0 ? epsilon : 1)));
  const trace = roots.reduce((sum, root) => sum + root, 0);
  const Sigma = V.mmul(Matrix.diag(roots.map((root) => root / trace))).mmul(V.transpose());
  return Sigma.add(Sigma.transpose()).mul(0.5);
}

/** The optimum of the tasks under a relationship. */
export async function solve(
  tasks: TaskSet,
  options: FitOptions & { readonly relationship: Relationship },
): Promise<FitResult> {
  return await fit(tasks, { ...options, stop: { gap: optimumGap } }).result;
}

async function makeProblem(data: LoadedData): Promise<RaceProblem> {
  const { source } = data;
  const tasks = scaledTasks(data);
  const problem = problemOf(data);
  const start = independent({ lambda1: source.lambda1 * tasks.taskCount });
  const local = await fit(tasks, { ...problem, relationship: start, stop: { gap: 1e-4 } }).result;
  const sigma = sigmaOf(tasks.names.map((name) => local.model.weights(name)));
  const options = { ...problem, relationship: fixed({ sigma, lambda1: source.lambda1 }) };
  const { certificate } = await solve(tasks, options);
  return { tasks, options, optimum: certificate.dual };
}

/** The problem of a data source. */
export function raceProblem(data: LoadedData): Promise<RaceProblem> {
  return data.shared("race problem", () => makeProblem(data));
}
