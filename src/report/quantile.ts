/**
 * Quantiles, of values that are sorted already.
 */

/**
 * The q-quantile, q in [0, 1], with straight lines between the values: 0 is the least, 1/2 the median, 1 the largest.
 *
 * @param sorted rising; Infinity may be among them
 * @returns NaN where there is no value
 */
export function quantile(sorted: readonly number[], q: number): number {
  const place = q * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (below === undefined || above === undefined) {
    return Number.NaN;
  }
  const share = place - Math.floor(place);
  // Infinity times 0 is no number.
  return share === 0 ? below : (1 - share) * below + share * above;
}

/** The median; of an even number of values the mean of the two in the middle. */
export const median = (sorted: readonly number[]): number => quantile(sorted, 0.5);
