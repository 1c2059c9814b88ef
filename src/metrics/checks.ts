/**
 * The checks every metric makes on its input, and the sign rule that turns a decision value into a label.
 */
import { FedmtlError } from "../errors.js";

/**
 * Checks that two arrays pair up and hold finite numbers.
 *
 * @param what what `values` are, in words: `decisions`, `predictions`, `probabilities`
 * @param values one number a row
 * @param labels one label a row
 * @throws FedmtlError INVALID_ARGUMENT where the lengths differ or a number is not finite
 */
export function checkPairs(what: string, values: Float64Array, labels: Float64Array): void {
  if (values.length !== labels.length) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `${what} and labels must have one entry a row each, got ${values.length} and ${labels.length}`,
    );
  }
  checkFinite(what, values);
  checkFinite("labels", labels);
}

/**
 * As `checkPairs`, for labels that must be -1 or +1.
 *
 * @throws FedmtlError INVALID_ARGUMENT as `checkPairs`, or where a label is neither -1 nor +1
 */
export function checkBinaryPairs(what: string, values: Float64Array, labels: Float64Array): void {
  checkPairs(what, values, labels);
  const row = labels.findIndex((label) => label !== 1 && label !== -1);
  if (row >= 0) {
    throw new FedmtlError("INVALID_ARGUMENT", `labels must be -1 or +1, got ${labels[row]} in row ${row}`);
  }
}

/**
 * The label a decision value stands for: +1 above 0, else -1 (0 itself is -1, as in LIBLINEAR and
 * scikit-learn).
 */
export function signOf(decision: number): 1 | -1 {
  return decision > 0 ? 1 : -1;
}

function checkFinite(what: string, values: Float64Array): void {
  const row = values.findIndex((value) => !Number.isFinite(value));
  if (row >= 0) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `${what} must be finite numbers, got ${values[row]} in row ${row}`,
    );
  }
}
