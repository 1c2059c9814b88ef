/**
 * Axes and their numbers.
 */
import { short } from "../numbers_in_words.js";

const superscripts: Readonly<Record<string, string>> = {
  "-": "⁻",
  ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].map((digit, i) => [String(i), digit])),
};

/** 10 to a whole power: `10⁻³`; powers near 0 are written out. */
export function powerOfTen(exponent: number): string {
  if (exponent >= -2 && exponent <= 3) {
    return String(Number(`1e${exponent}`));
  }
  return `10${[...String(exponent)].map((digit) => superscripts[digit] ?? digit).join("")}`;
}

/** Beyond these no reader looks, and the arithmetic of axes breaks down. */
const [smallestDrawn, largestDrawn] = [1e-200, 1e200];

/** A number as it can be drawn: NaN, which leaves a gap, where it is too large or none. */
export function drawable(value: number | null | undefined): number {
  const size = Math.abs(value ?? Number.NaN);
  return size <= largestDrawn ? (size < smallestDrawn ? 0 : (value ?? 0)) : Number.NaN;
}

/** The least and the largest of the values that can be drawn; undefined where there is none. */
function extent(values: Iterable<number>): [number, number] | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isNaN(drawable(value))) {
      low = Math.min(low, drawable(value));
      high = Math.max(high, drawable(value));
    }
  }
  return low <= high ? [low, high] : undefined;
}

/**
 * The domain of an axis that is not logarithmic, wide enough to tell its ends apart.
 *
 * @param values those that cannot be drawn are left out
 */
export function linearDomain(values: Iterable<number>): [number, number] {
  const [low, high] = extent(values) ?? [0, 1];
  const scale = Math.max(Math.abs(low), Math.abs(high));
  const least = scale === 0 ? 1 : 1e-9 * scale;
  return high - low >= least ? [low, high] : [low === 0 ? 0 : low - least, high + least];
}

/** A logarithmic axis: its options and the ticks that carry numbers. */
export interface LogAxis {
  readonly type: "log";
  readonly domain: readonly [number, number];
  readonly ticks: number[];
  readonly tickFormat: (value: number) => string;
}

/** As many ticks with numbers as a narrow screen has room for. */
const mostTicks = 7;

/** The least and the largest of the values that a logarithm has, told apart. */
function rangeOf(values: Iterable<number>): [number, number] {
  const positive = [...values].filter((value) => drawable(value) > 0);
  const [low, high] = extent(positive) ?? [1, 10];
  return high / low < 1.5 ? [low / 1.5, high * 1.5] : [low, high];
}

/**
 * A logarithmic axis over positive values: ticks at powers of ten, or at 1, 2 and 5 times such where there are few.
 *
 * @param values others than positive ones are left out
 * @param options `inWords`: how ticks are named, by default as powers of ten; `mostTicks`: that have room
 */
export function logAxis(
  values: Iterable<number>,
  options: { readonly inWords?: (value: number) => string; readonly mostTicks?: number } = {},
): LogAxis {
  const [low, high] = rangeOf(values);
  const { inWords, mostTicks: most = mostTicks } = options;
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const exponents = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const inside = (value: number): boolean => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9);
  const powers = exponents.filter((exponent) => inside(Number(`1e${exponent}`)));
  const axis = { type: "log", domain: [low, high] } as const;
  if (powers.length < 3) {
    const steps = (of: readonly number[]): number[] =>
      exponents.flatMap((exponent) => of.map((step) => Number(`${step}e${exponent}`))).filter(inside);
    const [fine, coarse] = [steps([1, 2, 5]), steps([1, 3])];
    return { ...axis, ticks: fine.length <= most ? fine : coarse, tickFormat: inWords ?? short };
  }
  const every = Math.ceil(powers.length / most);
  const ticks = powers
    .filter((exponent) => exponent % every === 0)
    .map((exponent) => Number(`1e${exponent}`));
  const asPower = (value: number): string => powerOfTen(Math.round(Math.log10(value)));
  return { ...axis, ticks, tickFormat: inWords ?? asPower };
}

/** At most `most` of `count` positions, evenly spaced, the first and the last among them. */
export function evenlySpaced(count: number, most: number): number[] {
  if (count <= most) {
    return Array.from({ length: count }, (_, i) => i);
  }
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / Math.max(1, most - 1)));
}

/** At most `most` positions of rising values, evenly spaced in their logarithms, the first and the last among them. */
export function logSpaced(values: readonly number[], most: number): number[] {
  if (values.length <= most) {
    return values.map((_, i) => i);
  }
  const first = values.findIndex((value) => value > 0);
  if (first < 0) {
    return evenlySpaced(values.length, most);
  }
  const [low, high] = [Math.log(values[first] ?? 1), Math.log(values.at(-1) ?? 1)];
  const taken = new Set<number>(first > 0 ? [0, first] : [first]);
  let position = first;
  for (let i = 1; i < most; i++) {
    const wanted = low + ((high - low) * i) / (most - 1);
    while (position < values.length - 1 && Math.log(values[position] ?? 1) < wanted - 1e-12) {
      position++;
    }
    taken.add(position);
  }
  return [...taken, values.length - 1].filter((one, i, all) => all.indexOf(one) === i).sort((a, b) => a - b);
}
