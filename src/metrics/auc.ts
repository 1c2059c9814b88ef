/**
 * Area under the ROC curve, from ranks: the Mann-Whitney statistic.
 * Hanley and McNeil, "The meaning and use of the area under a ROC curve", Radiology 143, 1982.
 */
import { checkBinaryPairs } from "./checks.js";

/**
 * The probability that a random positive row has a larger decision value than a random negative one, a tie
 * counted as one half.
 *
 * @param decisions n decision values; only their order matters
 * @param labels n labels, -1 or +1
 * @returns a number in [0, 1]; undefined where one of the classes is absent
 * @throws FedmtlError INVALID_ARGUMENT for unequal lengths, numbers that are not finite, other labels
 */
export function auc(decisions: Float64Array, labels: Float64Array): number | undefined {
  checkBinaryPairs("decisions", decisions, labels);
  // Sorting two plain number arrays needs no comparison function, which is what makes large inputs cheap.
  const positives = decisions.filter((_, row) => labels[row] === 1).sort();
  const negatives = decisions.filter((_, row) => labels[row] === -1).sort();
  if (positives.length === 0 || negatives.length === 0) {
    return undefined;
  }
  let below = 0;
  let notAbove = 0;
  let halfWins = 0;
  for (const decision of positives) {
    below = advance(negatives, below, (other) => other < decision);
    notAbove = advance(negatives, notAbove, (other) => other <= decision);
    halfWins += below + notAbove;
  }
  return halfWins / (2 * positives.length * negatives.length);
}

/** The first place from `start` on whose value does not pass the test. */
function advance(sorted: Float64Array, start: number, passes: (value: number) => boolean): number {
  let place = start;
  while (place < sorted.length && passes(sorted[place] ?? 0)) {
    place++;
  }
  return place;
}
