/**
 * What it takes to come within a level of the optimum: the question that plots of sub-optimality are looked at for.
 */
import { bytesInWords, grouped, short } from "../numbers_in_words.js";
import { type logAxis, powerOfTen } from "./axes.js";
import type { Comparison, RunPoint } from "./content.js";
import type { Markup } from "./markup.js";
import { type Arrival, arrivalsOf, type Reference } from "./sub_optimality.js";
import { sortableTable } from "./tables.js";

/** Where a content names none. */
const usualLevel = 1e-3;

/** What a run is drawn along. */
export interface Direction {
  readonly name: string;
  readonly label: string;
  readonly along: (point: RunPoint) => number | undefined;
  readonly inWords: (value: number) => string;
  /** Below a heading that has the unit. */
  readonly inCell: (value: number) => string;
  readonly ticks?: Parameters<typeof logAxis>[1];
}

/** Time, rounds, bytes. */
export function directionsOf({ time = "estimated", timeUnit = "s" }: Comparison): Direction[] {
  return [
    {
      name: `${time} time`,
      label: `${time} time (${timeUnit})`,
      along: ({ seconds }) => seconds,
      inWords: (value) => `${short(value)} ${timeUnit}`,
      inCell: short,
    },
    {
      name: "rounds",
      label: "rounds",
      along: ({ round }) => round,
      inWords: (value) => `${grouped(value)} rounds`,
      inCell: grouped,
    },
    {
      name: "bytes",
      label: "bytes sent and received",
      along: ({ bytes }) => bytes,
      inWords: bytesInWords,
      inCell: bytesInWords,
      ticks: { inWords: bytesInWords, mostTicks: 5 },
    },
  ];
}

/** `10⁻³`, `0.05` */
function levelInWords(level: number): string {
  const exponent = Math.round(Math.log10(level));
  return Number(`1e${exponent}`) === level ? powerOfTen(exponent) : short(level);
}

/** How every method comes within the level, along every direction that it has values for. */
export interface Arrivals {
  readonly level: number;
  readonly along: readonly { readonly direction: Direction; readonly arrivals: readonly Arrival[] }[];
}

/** Measures all runs of a comparison. */
export function measureArrivals(comparison: Comparison, reference: Reference): Arrivals {
  const { level = usualLevel, runs } = comparison;
  const along = directionsOf(comparison).map((direction) => ({
    direction,
    arrivals: arrivalsOf(runs, reference, direction.along, level),
  }));
  return { level, along: along.filter(({ arrivals }) => arrivals.length > 0) };
}

/** `Within 10⁻³: mocha after 3.2 s, cocoa after 12 s; not reached by ...` */
export function arrivalsInWords(arrivals: readonly Arrival[], { inWords }: Direction, level: number): string {
  const byPlace = [...arrivals].sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  const there = byPlace.flatMap(({ method, at }) =>
    at === undefined ? [] : [`${method} after ${inWords(at)}`],
  );
  const never = [...arrivals].filter(({ at }) => at === undefined).sort((a, b) => a.end - b.end);
  const ends = never.map(({ method, end }) => `${method} (ends at ${short(end)})`).join(", ");
  const within = `ithin ${levelInWords(level)}`;
  if (there.length === 0) {
    return `No method comes w${within}: ${ends}.`;
  }
  return `W${within}: ${there.join(", ")}${ends === "" ? "" : `; not reached by ${ends}`}.`;
}

/** The same numbers as a table, a row a method. */
export function arrivalsTable({ level, along }: Arrivals, title: string): Markup {
  const methods = [...new Set(along.flatMap(({ arrivals }) => arrivals.map(({ method }) => method)))];
  const columns = [
    { name: "method" },
    ...along.map(({ direction: { label, inCell } }) => ({ name: label, show: inCell })),
    { name: "runs within" },
    { name: "sub-optimality at the end" },
  ];
  const rows = methods.map((method) => {
    const own = along.map(({ arrivals }) => arrivals.find((one) => one.method === method));
    const [any] = own.filter((one) => one !== undefined);
    return [method, ...own.map((one) => one?.at), `${any?.arrived} of ${any?.runs}`, any?.end];
  });
  return sortableTable(`${title}: to come within ${levelInWords(level)}`, columns, rows);
}
