/**
 * The section of a comparison: sub-optimality of all methods against time, rounds and bytes.
 */
import { bytesInWords, grouped, short } from "../numbers_in_words.js";
import { logAxis, logSpaced, powerOfTen } from "./axes.js";
import type { Comparison, RunPoint, RunTrace } from "./content.js";
import type { Cell } from "./csv.js";
import type { Drawing, DrawingOptions } from "./drawing.js";
import { dataLink, type FigureData, figureOf, slug } from "./figure.js";
import { html, type Markup } from "./markup.js";
import { seriesStyle, swatch } from "./palette.js";
import {
  type Curve,
  changesOmega,
  curvesOf,
  type Reference,
  referenceOf,
  subOptimality,
  objectiveAt,
} from "./sub_optimality.js";

/** Rows of the CSV of a comparison; longer runs are thinned. */
const mostRows = 20_000;
/** Markers on a line. */
const markersOnLine = 7;
/** The level that the sentence speaks of, where it is reached. */
const level = 1e-3;

const withoutJoint =
  "The relationship changed during these runs and no round has a joint objective: primal values of different rounds are of different problems, so there is no sub-optimality to show.";

/** What a run is drawn along. */
interface Direction {
  readonly name: string;
  readonly label: string;
  readonly along: (point: RunPoint) => number | undefined;
  readonly inWords: (value: number) => string;
  readonly ticks?: Parameters<typeof logAxis>[1];
}

function directions({ time = "estimated" }: Comparison): Direction[] {
  return [
    {
      name: `${time} time`,
      label: `${time} time (s)`,
      along: ({ seconds }) => seconds,
      inWords: (value) => `${short(value)} s`,
    },
    {
      name: "rounds",
      label: "rounds",
      along: ({ round }) => round,
      inWords: (value) => `${grouped(value)} rounds`,
    },
    {
      name: "bytes",
      label: "bytes sent and received",
      along: ({ bytes }) => bytes,
      inWords: bytesInWords,
      ticks: { inWords: bytesInWords, mostTicks: 5 },
    },
  ];
}

/** What sub-optimality means here; said once a section, since it decides what the plots prove. */
function referenceInWords({ value, kind, joint }: Reference, runs: readonly RunTrace[]): string {
  const objective = joint ? "joint objective (the relationship changed while training)" : "objective";
  const relative = value === 0 ? "P - P*" : "(P - P*) / |P*|";
  const beginning = `Sub-optimality is ${relative} of the ${objective}, with P* = ${Number(value.toPrecision(8))}`;
  switch (kind) {
    case "optimum":
      return `${beginning}, the optimum that was given.`;
    case "dual":
      return `${beginning}, the best lower bound that a run proved (its dual value): the true sub-optimality is at most what is drawn.`;
    default: {
      const best = runs.find((run) => run.points.some((point) => objectiveAt(point, joint) === value));
      return `${beginning}. No optimum is known and no run has a lower bound, so P* is only the least value that any run reached (${best?.method ?? "a run"}): this shows who is ahead, not how far the optimum is.`;
    }
  }
}

/** `mocha 3.2 s, cocoa 12 s`, by the level if a curve reaches it, else by where they end. */
function findings(curves: readonly Curve[], { inWords, name }: Direction): string {
  const reached = curves.map(({ method, x, median }) => {
    const i = median.findIndex((value) => value <= level);
    return { method, at: i < 0 ? undefined : x[i], end: median.at(-1) ?? Number.NaN };
  });
  const first = reached.filter(({ at }) => at !== undefined).sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  const never = reached.filter(({ at }) => at === undefined).sort((a, b) => a.end - b.end);
  const ends = never.map(({ method, end }) => `${method} (ends at ${short(end)})`).join(", ");
  if (first.length === 0) {
    return `Against ${name}: no method comes within ${powerOfTen(-3)}: ${ends}.`;
  }
  const times = first.map(({ method, at }) => `${method} after ${inWords(at ?? 0)}`).join(", ");
  return `Against ${name}, within ${powerOfTen(-3)}: ${times}${never.length > 0 ? `; not reached by ${ends}` : ""}.`;
}

function positive(value: number | undefined): number {
  return value !== undefined && value > 0 ? value : Number.NaN;
}

/** The lines with their bands and markers. */
function plotOf(
  drawing: Drawing,
  curves: readonly Curve[],
  direction: Direction,
  joint: boolean,
): DrawingOptions {
  const { plot } = drawing;
  const y = logAxis(curves.flatMap(({ median, low }) => [...median, ...low]));
  const { label, ticks } = direction;
  const x = logAxis(
    curves.flatMap((curve) => curve.x),
    ticks,
  );
  const floor = y.domain[0];
  const marks = curves.flatMap((curve, series) => {
    const { colour, dash, symbol, className } = seriesStyle(series);
    const at = (i: number): { x: number; y: number } => ({
      x: curve.x[i] ?? 0,
      y: positive(curve.median[i]),
    });
    const entries = curve.x.map((_, i) => i);
    const marked = logSpaced(curve.x, markersOnLine)
      .map(at)
      .filter((entry) => !Number.isNaN(entry.y));
    const band = plot.areaY(entries, {
      x: (i: number) => curve.x[i],
      y1: (i: number) => Math.min(Math.max(curve.low[i] ?? 0, floor), y.domain[1]),
      y2: (i: number) => Math.min(Math.max(curve.high[i] ?? 0, floor), y.domain[1]),
      fill: colour,
      fillOpacity: 0.18,
      className,
    });
    return [
      ...(curve.runs > 1 ? [band] : []),
      plot.line(entries.map(at), {
        x: "x",
        y: "y",
        stroke: colour,
        strokeDasharray: dash,
        strokeWidth: 1.8,
        className,
      }),
      plot.dot(marked, { x: "x", y: "y", fill: colour, symbol, r: 3, className }),
    ];
  });
  return {
    height: 280,
    marginLeft: 48,
    marginBottom: 40,
    x: { ...x, label, grid: true } as object,
    y: { ...y, label: joint ? "joint sub-optimality" : "sub-optimality", grid: true } as object,
    marks: [...marks],
  };
}

/** Entries of the CSV: every point that has a value. */
function rowsOf(runs: readonly RunTrace[], reference: Reference): { rows: Cell[][]; thinned: boolean } {
  const share = Math.max(2, Math.floor(mostRows / runs.length));
  let thinned = false;
  const rows = runs.flatMap(({ method, seed, points }) => {
    const valued = points.filter((point) => objectiveAt(point, reference.joint) !== undefined);
    const kept = logSpaced(
      valued.map(({ round }) => round),
      share,
    );
    thinned ||= kept.length < valued.length;
    return kept.map((i) => {
      const point = valued[i] ?? { round: 0 };
      const value = objectiveAt(point, reference.joint) ?? Number.NaN;
      return [method, seed, point.round, point.seconds, point.bytes, value, subOptimality(value, reference)];
    });
  });
  return { rows, thinned };
}

/** The toggles, which are the legend too. */
function toggles(curves: readonly Curve[], name: string): Markup {
  return html`<fieldset class="toggles"><legend>Methods shown in ${name}</legend>
${curves.map(
  ({ method, runs }, series) =>
    html`<label><input type="checkbox" checked data-series="${series}">${swatch(series)}<span>${method}${runs > 1 ? ` (${runs} seeds)` : ""}</span></label>\n`,
)}</fieldset>`;
}

/** The section. */
export function convergenceSection(drawing: Drawing, comparison: Comparison): Markup {
  const { title, runs } = comparison;
  const reference = referenceOf(comparison);
  if (reference === undefined) {
    return html`<section class="comparison"><h3>${title}</h3><p>${runs.some(changesOmega) ? withoutJoint : "No round of these runs has a value of the objective."}</p></section>`;
  }
  const { rows, thinned } = rowsOf(runs, reference);
  const data: FigureData = {
    fileName: `${slug(title)}-sub-optimality.csv`,
    header: [
      "method",
      "seed",
      "round",
      "seconds",
      "bytes",
      reference.joint ? "jointObjective" : "primal",
      "subOptimality",
    ],
    rows,
  };
  const part = thinned ? " (a part of the rounds, evenly spaced in their logarithms)" : "";
  let legend: readonly Curve[] = [];
  const figures = directions(comparison).flatMap((direction) => {
    const curves = curvesOf(runs, reference, direction.along);
    if (curves.length === 0) {
      return [];
    }
    legend = legend.length === 0 ? curves : legend;
    const plot = plotOf(drawing, curves, direction, reference.joint);
    const hidden = curves.some(({ median }) => median.some((value) => value <= 0));
    const below = hidden
      ? ["Values at or below P* have no place on a logarithmic axis; the CSV has them."]
      : [];
    const figure = { title: `Sub-optimality against ${direction.name}`, plot };
    return [figureOf(drawing, { ...figure, sentence: findings(curves, direction), remarks: below })];
  });
  const bands = legend.some((curve) => curve.runs > 1)
    ? " Lines are medians over seeds, bands reach from the least to the largest value; a run that has ended keeps its last value."
    : "";
  return html`<section class="comparison"><h3>${title}</h3>
<p>${referenceInWords(reference, runs)}${bands}</p>
<p>The data behind these plots${part}: ${dataLink(data)}</p>
${toggles(legend, title)}
<div class="figures">${figures}</div>
</section>`;
}
