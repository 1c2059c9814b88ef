/**
 * Checks of what callers give for data, before it goes to the addon: so that nothing is converted in silence, and so that
 * every refusal is of the package's own kind.
 */
import { FedmtlError, shown } from "../errors.js";

function invalid(message: string): FedmtlError {
  return new FedmtlError("INVALID_ARGUMENT", message);
}

/** @throws FedmtlError INVALID_ARGUMENT unless it is an object and no array */
export function requireObject(what: string, given: unknown, expected: string): asserts given is object {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw invalid(`${what} is ${shown(given)}; give ${expected}`);
  }
}

/**
 * The numbers as a Float64Array, without a copy where they are one. Of a text "1" or a BigInt 1n no number is made.
 *
 * @throws FedmtlError INVALID_ARGUMENT
 */
export function toFloat64(name: string, values: unknown): Float64Array {
  if (values instanceof Float64Array) {
    return values;
  }
  if (ArrayBuffer.isView(values) && !(values instanceof DataView)) {
    const array = values as Exclude<NodeJS.TypedArray, BigInt64Array | BigUint64Array>;
    if (typeof (array[0] ?? 0) === "number") {
      return Float64Array.from(array);
    }
  }
  if (!Array.isArray(values)) {
    throw invalid(`${name} is ${shown(values)}; give a Float64Array or an array of numbers`);
  }
  const stray = values.findIndex((value) => typeof value !== "number");
  if (stray >= 0) {
    throw invalid(`${name}[${stray}] is ${shown(values[stray])}; give numbers`);
  }
  return Float64Array.from(values as readonly number[]);
}

/**
 * A task's name, as far as it cannot be checked once it is UTF-8: half a surrogate pair would become another character.
 *
 * @throws FedmtlError INVALID_ARGUMENT
 */
export function requireTaskName(name: unknown): asserts name is string {
  if (typeof name !== "string") {
    throw invalid(`a task's name is ${shown(name)}; give a string`);
  }
  if (name === "") {
    throw invalid("a task's name is empty; give every task a name");
  }
  if (/\p{Surrogate}/u.test(name)) {
    throw invalid(`the task name ${shown(name)} has half a surrogate pair; give names of whole characters`);
  }
}

/** @throws FedmtlError INVALID_ARGUMENT unless it is an array of strings, which a single string is not */
export function requireNames(what: string, given: unknown): asserts given is readonly string[] {
  if (!Array.isArray(given)) {
    throw invalid(`${what} is ${shown(given)}; give an array of task names`);
  }
  const stray = given.findIndex((name) => typeof name !== "string");
  if (stray >= 0) {
    throw invalid(`${what}[${stray}] is ${shown(given[stray])}; give task names`);
  }
}
