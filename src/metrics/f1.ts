/**
 * F1 of the positive class: the harmonic mean of its precision and recall.
 */
import { checkBinaryPairs, signOf } from "./checks.js";

/**
 * 2 TP / (2 TP + FP + FN), the positive class being +1.
 *
 * @param decisions n decision values; above 0 means +1, else -1
 * @param labels n labels, -1 or +1
 * @returns a number in [0, 1]; undefined where no row is positive and none is called positive
 * @throws FedmtlError INVALID_ARGUMENT for unequal lengths, numbers that are not finite, other labels
 */
export function f1(decisions: Float64Array, labels: Float64Array): number | undefined {
  checkBinaryPairs("decisions", decisions, labels);
  let found = 0;
  let called = 0;
  let positive = 0;
  for (const [row, decision] of decisions.entries()) {
    const isPositive = labels[row] === 1;
    const isCalled = signOf(decision) === 1;
    positive += isPositive ? 1 : 0;
    called += isCalled ? 1 : 0;
    found += isPositive && isCalled ? 1 : 0;
  }
  // TP + FP = called and TP + FN = positive, so the denominator is their sum.
  return called + positive === 0 ? undefined : (2 * found) / (called + positive);
}
