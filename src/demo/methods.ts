/**
 * The three ways to learn from federated data that the demonstration compares.
 */
import { fit } from "../mocha/fit.js";
import type { FitResult } from "../mocha/fit_run.js";
import { global, independent, type Lambdas, type Relationship, traceNorm } from "../mocha/relationships.js";
import type { TaskSet } from "../data/task_set.js";
import type { FitOptions } from "../options.js";
import type { Wearables } from "./wearables.js";

/** One way to learn. */
export interface Method {
  readonly name: string;
  /** What it does, in a few words. */
  readonly summary: string;
  readonly relationship: (lambdas: Lambdas) => Relationship;
  /** The relative gap to reach. */
  readonly gap: number;
}

/** The methods of the demonstration, in the order of its table. */
export const methods: readonly Method[] = [
  // One model couples everything, so that it takes many more rounds to the same gap; a looser one errs the same.
  { name: "global", summary: "one model for everyone", relationship: global, gap: 1e-2 },
  { name: "local", summary: "everyone alone", relationship: independent, gap: 1e-3 },
  { name: "multi-task", summary: "a model each, relations learned", relationship: traceNorm, gap: 1e-3 },
];

/** The weights tried, the same for every method; of equals the largest is taken, which is the least work. */
export const lambdasTried: readonly number[] = [10, 1, 0.1, 0.01];

/** A method's result on the wearables. */
export interface MethodResult {
  readonly method: Method;
  /** The weight that did best on the validation rows. */
  readonly lambda1: number;
  readonly result: FitResult;
  /** Error of each person on the test rows, in [0, 1]. */
  readonly errors: readonly number[];
  /** Wall time of the final training. */
  readonly seconds: number;
}

/** Chooses lambda1 on the validation rows, then trains on all training rows and takes the test error, once. */
export async function runMethod(method: Method, data: Wearables, seed: number): Promise<MethodResult> {
  let lambda1 = Number.NaN;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of lambdasTried) {
    const { model } = await train(data.fitting, method, candidate, seed);
    const error = model.evaluate(data.validation).macro.error ?? 1;
    if (error < least) {
      [lambda1, least] = [candidate, error];
    }
  }
  const start = performance.now();
  const result = await train(data.train, method, lambda1, seed);
  const seconds = (performance.now() - start) / 1000;
  const errors = result.model.evaluate(data.test).tasks.map((task) => task.error ?? 0);
  return { method, lambda1, result, errors, seconds };
}

function train(
  tasks: TaskSet,
  { relationship, gap }: Method,
  lambda1: number,
  seed: number,
): Promise<FitResult> {
  const options: FitOptions = {
    relationship: relationship({ lambda1 }),
    weighting: "mean",
    standardize: true,
    intercept: "penalized",
    stop: { gap, rounds: 5000 },
    seed,
  };
  return fit(tasks, options).result;
}
