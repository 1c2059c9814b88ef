/**
 * Classification error: the fraction of rows whose decision value has the wrong sign.
 */
import { checkBinaryPairs, signOf } from "./checks.js";

/**
 * The fraction of rows that are classified wrongly.
 *
 * @param decisions n decision values; above 0 means +1, else -1
 * @param labels n labels, -1 or +1
 * @returns a number in [0, 1]; undefined without rows
 * @throws FedmtlError INVALID_ARGUMENT for unequal lengths, numbers that are not finite, other labels
 */
export function error(decisions: Float64Array, labels: Float64Array): number | undefined {
  checkBinaryPairs("decisions", decisions, labels);
  if (labels.length === 0) {
    return undefined;
  }
  const wrong = decisions.reduce(
    (count, decision, row) => count + (signOf(decision) === labels[row] ? 0 : 1),
    0,
  );
  return wrong / labels.length;
}
