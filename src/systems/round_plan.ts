/**
 * What every method refuses of a round's plan.
 */
import { FedmtlError } from "../errors.js";
import type { RoundPlan } from "./method.js";

/** @throws FedmtlError INVALID_ARGUMENT for a round below 1, or steps that are not a whole number from 0 for each task */
export function requirePlan({ round, steps }: RoundPlan, tasks: number): void {
  if (!(Number.isSafeInteger(round) && round >= 1)) {
    throw new FedmtlError("INVALID_ARGUMENT", `the round is ${round}; give a whole number from 1`);
  }
  if (steps.length !== tasks) {
    throw new FedmtlError("INVALID_ARGUMENT", `steps has ${steps.length} entries for ${tasks} tasks`);
  }
  const wrong = steps.find((count) => !(Number.isSafeInteger(count) && count >= 0));
  if (wrong !== undefined) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `a task's steps are ${wrong}; give a whole number from 0, where 0 drops the round`,
    );
  }
}
