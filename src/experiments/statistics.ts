/**
 * Means over seeds, with how sure they are.
 */

/** A mean and its standard error: the standard deviation over the root of the number; NaN for fewer than two values. */
export interface Summary {
  readonly mean: number;
  readonly standardError: number;
}

/** @param values at least one */
export function summary(values: readonly number[]): Summary {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / (values.length - 1) / values.length) };
}

/** Of a - b, seed by seed: what both have in common, such as an easy split, drops out. */
export function pairedDifference(a: readonly number[], b: readonly number[]): Summary {
  return summary(a.map((value, i) => value - (b[i] ?? Number.NaN)));
}

/** The middle value, of an even number the mean of the two in the middle; Infinity counts as the largest. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? Number.NaN)) / 2 : upper;
}

/** NaN and infinities have no JSON. */
export function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
