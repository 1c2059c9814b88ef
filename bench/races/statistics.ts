/**
 * The few statistics that a race needs.
 */

/** The value below which a share of the sorted values lies, interpolated. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (place - Math.floor(place)) * (above - below);
}

/** Median and quartiles. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

/** `0.123 [0.120, 0.130]`: the median between the quartiles. */
export function spreadText({ median, low, high }: Spread, digits = 3): string {
  return `${median.toPrecision(digits)} [${low.toPrecision(digits)}, ${high.toPrecision(digits)}]`;
}
