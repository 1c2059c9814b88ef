/**
 * Log-loss: the mean negative log-likelihood of the labels under predicted probabilities.
 */
import { FedmtlError } from "../errors.js";
import { checkBinaryPairs } from "./checks.js";

/**
 * Probabilities are kept this far from 0 and 1, so that one wrong certainty costs 36 nats and not infinity.
 */
const smallestProbability = Number.EPSILON;

/**
 * The mean over rows of -log(probability given to the row's label), in nats.
 *
 * @param probabilities n probabilities of the label +1, in [0, 1]; clipped to [2^-52, 1 - 2^-52]
 * @param labels n labels, -1 or +1
 * @returns a number >= 0; undefined without rows
 * @throws FedmtlError INVALID_ARGUMENT for unequal lengths, probabilities outside [0, 1], other labels
 */
export function logLoss(probabilities: Float64Array, labels: Float64Array): number | undefined {
  checkBinaryPairs("probabilities", probabilities, labels);
  const outside = probabilities.findIndex((probability) => probability < 0 || probability > 1);
  if (outside >= 0) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `probabilities must be in [0, 1], got ${probabilities[outside]} in row ${outside}`,
    );
  }
  if (labels.length === 0) {
    return undefined;
  }
  let sum = 0;
  for (const [row, probability] of probabilities.entries()) {
    const clipped = Math.min(Math.max(probability, smallestProbability), 1 - smallestProbability);
    sum -= labels[row] === 1 ? Math.log(clipped) : Math.log1p(-clipped);
  }
  return sum / labels.length;
}
