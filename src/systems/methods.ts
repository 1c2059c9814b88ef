/**
 * The methods of simulations by name.
 */
import { createBaseline } from "../baselines/create_baseline.js";
import { type BaselineName, type BaselineOptions, takesRelationship } from "../baselines/options.js";
import { TaskSet } from "../data/task_set.js";
import { FedmtlError } from "../errors.js";
import { MochaMethod } from "../mocha/mocha_method.js";
import type { PreparedData } from "../mocha/prepare.js";
import type { Relationship } from "../mocha/relationships.js";
import type { ResolvedOptions } from "../options.js";
import type { Method } from "./method.js";
import type { ResolvedSimulation } from "./simulation_options.js";

/**
 * Makes a method of one's own.
 *
 * @param tasks the data with the features as they shall be used: standardised and with the intercept's column if that was asked
 *   for
 */
export type MethodFactory = (tasks: TaskSet, options: ResolvedSimulation) => Method | Promise<Method>;

/** The data of a simulation. */
export interface MethodData {
  /** As the user gave them. */
  readonly tasks: TaskSet;
  readonly prepared: PreparedData;
}

/** The method of a simulation, at its start. @throws FedmtlError what the method says of options or data */
export async function createMethod(
  { tasks, prepared }: MethodData,
  options: ResolvedSimulation,
): Promise<Method> {
  const { method } = options;
  const features = prepared.tasks === tasks.native ? tasks : new TaskSet(prepared.tasks);
  if (typeof method === "function") {
    return requireMethod(await method(features, options), tasks.taskCount);
  }
  if (method === "mocha" || method === "mocha-paper") {
    return new MochaMethod(method, { tasks, features, prepared }, trainingOptions(options));
  }
  refuseOptionsOfMocha(method, options);
  return await createBaseline(method, features, baselineOptions(method, options));
}

/** The options of the training alone. */
export function trainingOptions(options: ResolvedSimulation): ResolvedOptions {
  const { method, baseline, devices, network, availability, faults, budget, ...rest } = options;
  const { sampling, deadline, evaluateEvery, theta, onRound, ...training } = rest;
  return { ...training, stop: { gap: options.stop.gap, rounds: options.stop.rounds } };
}

/** What a baseline is told: the problem as MOCHA has it, and what was given for the baseline itself. */
function baselineOptions(name: BaselineName, options: ResolvedSimulation): BaselineOptions {
  const { loss, smoothing, lossEpsilon, huberDelta, weighting, seed, threads, positive } = options;
  return {
    ...{ loss, smoothing, lossEpsilon, huberDelta, weighting, seed, threads },
    ...(positive === undefined ? {} : { positive }),
    ...weightsOf(name, options.relationship),
    ...options.baseline,
  };
}

/** The regulariser: the relationship itself, or its weights where the method has none (docs/math.md, section 5). */
function weightsOf(name: BaselineName, relationship: Relationship): BaselineOptions {
  const { lambda1, lambda2 } = relationship;
  if (takesRelationship(name)) {
    return { relationship };
  }
  if (name === "mean-mtl") {
    return lambda2 > 0 ? { lambda1, lambda2 } : { lambda1 };
  }
  return { lambda: lambda1 + lambda2 };
}

/** @throws FedmtlError INVALID_OPTION for options that would silently do nothing */
function refuseOptionsOfMocha(name: BaselineName, { intercept, classWeight }: ResolvedSimulation): void {
  if (intercept === "free" || classWeight !== "none") {
    const option = intercept === "free" ? 'intercept "free"' : "classWeight";
    throw new FedmtlError(
      "INVALID_OPTION",
      `${option} is of mocha alone, ${name} does not have it; leave it out to compare the two`,
    );
  }
}

/** @throws FedmtlError INVALID_OPTION for what a factory made and is no method of these tasks */
function requireMethod(made: Method, tasks: number): Method {
  const functions = ["round", "objective", "weights", "save", "restore", "dispose"] as const;
  const missing = functions.find((name) => typeof made?.[name] !== "function");
  if (missing !== undefined || made.taskCount !== tasks) {
    const found = missing === undefined ? `one of ${made.taskCount} tasks` : `an object without ${missing}`;
    throw new FedmtlError(
      "INVALID_OPTION",
      `the method that was made is ${found}; give a Method of the ${tasks} tasks`,
    );
  }
  return made;
}
