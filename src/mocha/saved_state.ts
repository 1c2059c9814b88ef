/**
 * What checkpoints keep of a training or a simulation.
 */
import { FedmtlError } from "../errors.js";

/** Named arrays of numbers; what each part of a training adds to is its own business. */
export type SavedState = Readonly<Record<string, Float64Array>>;

/** One array of a state. @throws FedmtlError BAD_MODEL if it is missing */
export function stored(state: SavedState, name: string): Float64Array {
  const values = state[name];
  if (values === undefined) {
    throw new FedmtlError("BAD_MODEL", `the checkpoint has no ${name}; start the training anew`);
  }
  return values;
}

/** One number of a state. @throws FedmtlError BAD_MODEL if it is missing */
export function storedNumber(state: SavedState, name: string): number {
  const [value] = stored(state, name);
  if (value === undefined) {
    throw new FedmtlError("BAD_MODEL", `the checkpoint's ${name} is empty; start the training anew`);
  }
  return value;
}
