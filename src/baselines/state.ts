/**
 * Saved states of the methods that keep theirs in JavaScript.
 */
import { FedmtlError } from "../errors.js";

/** An array of a saved state. @throws FedmtlError BAD_MODEL if it is missing or of another length */
export function savedArray(
  state: Readonly<Record<string, Float64Array>>,
  name: string,
  length: number,
): Float64Array {
  const values = state[name];
  if (!(values instanceof Float64Array) || values.length !== length) {
    const found = values instanceof Float64Array ? `${values.length} numbers` : "nothing";
    throw new FedmtlError(
      "BAD_MODEL",
      `the state has ${found} under ${name}, this method needs ${length}; it belongs to another method or problem`,
    );
  }
  return values;
}

/** Joined one after the other. */
export function joined(parts: readonly Float64Array[]): Float64Array {
  const result = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    result.set(part, end);
    end += part.length;
  }
  return result;
}

/** Cut into the lengths of the given parts, which are overwritten. */
export function cutInto(values: Float64Array, parts: readonly Float64Array[]): void {
  let begin = 0;
  for (const part of parts) {
    part.set(values.subarray(begin, begin + part.length));
    begin += part.length;
  }
}
