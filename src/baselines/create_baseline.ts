/**
 * The baselines by name.
 */
import { TaskSet } from "../data/task_set.js";
import { FedmtlError } from "../errors.js";
import type { Relationship } from "../mocha/relationships.js";
import type { Method } from "../systems/method.js";
import { Cocoa } from "./cocoa.js";
import { ditto } from "./ditto.js";
import { averaging } from "./fedavg.js";
import { minibatchSdca } from "./minibatch_sdca.js";
import { minibatchSgd } from "./minibatch_sgd.js";
import { NativeRounds } from "./native_rounds.js";
import { baselineNameOf, type BaselineName, type BaselineOptions, resolveBaseline } from "./options.js";
import type { TuningTrial } from "./tuning.js";

/** A baseline; those that are tuned tell what was chosen and from what. */
export interface Baseline extends Method {
  readonly name: BaselineName;
  readonly scaling?: number;
  readonly trials?: readonly TuningTrial[];
}

/**
 * Makes a method to compare MOCHA with, at its start (docs/baselines.md). The methods that have a scaling search for it first,
 * unless it is given.
 *
 * @param name one of `baselineNames`
 * @param tasks the data, with the features as they shall be used; they may be disposed of afterwards
 * @throws FedmtlError INVALID_OPTION, INVALID_ARGUMENT; BAD_INPUT for labels that do not fit the loss; NUMERICAL if every
 *   scaling of the search diverges
 */
export async function createBaseline(
  name: BaselineName,
  tasks: TaskSet,
  options: BaselineOptions = {},
): Promise<Baseline> {
  const known = baselineNameOf(name);
  if (!(tasks instanceof TaskSet)) {
    throw new FedmtlError("INVALID_ARGUMENT", "the second argument of createBaseline must be a TaskSet");
  }
  const resolved = resolveBaseline(known, options);
  // resolveBaseline has refused to go without one.
  const relationship = resolved.relationship as Relationship;
  switch (known) {
    case "cocoa":
      return new Cocoa(tasks, relationship, resolved);
    case "minibatch-sdca":
      return minibatchSdca(tasks, relationship, resolved);
    case "minibatch-sgd":
      return minibatchSgd(tasks, relationship, resolved);
    case "global":
    case "local":
    case "mean-mtl":
      return new NativeRounds(known, tasks, resolved);
    case "fedavg":
    case "fedprox":
      return averaging(known, tasks, resolved);
    case "ditto":
      return ditto(tasks, resolved);
  }
}
