/**
 * Ranges of numbers: what an option allows, in words and as a check.
 */

/** A number's allowed range. */
export interface Range {
  /** Lowest allowed value. */
  readonly least?: number;
  /** All allowed values are above this. */
  readonly above?: number;
  /** Highest allowed value. */
  readonly most?: number;
  readonly whole?: boolean;
}

/** The longest time that the virtual clock is told, in seconds: 30,000 years, where it still tells 0.2 ms. */
export const mostSeconds = 1e12;

/** The range in words: "a whole number from 1", "a number above 0". */
export function inWords(range: Range): string {
  const kind = range.whole === true ? "a whole number" : "a number";
  const low =
    range.above !== undefined
      ? ` above ${range.above}`
      : range.least !== undefined
        ? ` from ${range.least}`
        : "";
  return `${kind}${low}${range.most === undefined ? "" : ` to ${range.most}`}`;
}

/** Whether a value lies in a range. */
export function inRange(value: unknown, range: Range): value is number {
  return (
    typeof value === "number" &&
    Number.isFinite(value) &&
    (range.whole !== true || Number.isSafeInteger(value)) &&
    value >= (range.least ?? Number.NEGATIVE_INFINITY) &&
    value > (range.above ?? Number.NEGATIVE_INFINITY) &&
    value <= (range.most ?? Number.POSITIVE_INFINITY)
  );
}
