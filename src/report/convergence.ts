/**
 * The section of a comparison: sub-optimality of all methods against time, rounds and bytes.
 */
import { short } from "../numbers_in_words.js";
import { drawable, logAxis, logSpaced } from "./axes.js";
import type { Comparison, RunPoint, RunTrace } from "./content.js";
import type { Cell } from "./csv.js";
import type { Drawing, DrawingOptions } from "./drawing.js";
import { dataLink, type FigureData, figureOf, slug } from "./figure.js";
import { arrivalsInWords, arrivalsTable, type Direction, directionsOf, measureArrivals } from "./levels.js";
import { html, type Markup, showable } from "./markup.js";
import { seriesStyle, togglesOf } from "./palette.js";
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

const withoutJoint =
  "The relationship changed during these runs and no round has a joint objective: primal values of different rounds are of different problems, so there is no sub-optimality to show.";

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

function positive(value: number | undefined): number {
  return drawable(value) > 0 ? drawable(value) : Number.NaN;
}

/** The lines with their bands and markers. */
function plotOf(
  drawing: Drawing,
  curves: readonly Curve[],
  direction: Direction,
  joint: boolean,
  seriesOf: (method: string) => number,
): DrawingOptions {
  const { plot } = drawing;
  const y = logAxis(curves.flatMap(({ median, low }) => [...median, ...low]));
  const { label, ticks } = direction;
  const x = logAxis(
    curves.flatMap((curve) => curve.x),
    ticks,
  );
  const floor = y.domain[0];
  const marks = curves.flatMap((curve) => {
    const { colour, dash, symbol, className } = seriesStyle(seriesOf(curve.method));
    const at = (i: number): { x: number; y: number } => ({
      x: curve.x[i] ?? 0,
      y: positive(curve.median[i]),
    });
    const entries = curve.x.map((_, i) => i);
    const marked = logSpaced(curve.x, markersOnLine)
      .map(at)
      .filter((entry) => !Number.isNaN(entry.y))
      .map((entry) => ({
        ...entry,
        tip: `${showable(curve.method)}, ${direction.inWords(entry.x)}: ${short(entry.y)}`,
      }));
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
      plot.dot(marked, { x: "x", y: "y", title: "tip", fill: colour, symbol, r: 3, className }),
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
  const counts = new Map<string, number>();
  const rows = runs.flatMap(({ method, seed, points }) => {
    const run = (counts.get(method) ?? 0) + 1;
    counts.set(method, run);
    const valued = points.filter((point) => objectiveAt(point, reference.joint) !== undefined);
    const kept = logSpaced(
      valued.map(({ round }) => round),
      share,
    );
    thinned ||= kept.length < valued.length;
    return kept.map((i) => {
      const point = valued[i] as RunPoint;
      const value = objectiveAt(point, reference.joint) ?? Number.NaN;
      const { round, seconds, bytes } = point;
      return [method, run, seed, round, seconds, bytes, value, subOptimality(value, reference)];
    });
  });
  return { rows, thinned };
}

/** What a reader has to know of the lines. */
function remarksOf(runs: readonly RunTrace[], drawn: readonly Curve[]): string {
  const bands =
    " Lines are medians over runs, bands reach from the least to the largest value; a run that has ended keeps its last value.";
  const methods = new Set(drawn.map(({ method }) => method));
  const absent = [...new Set(runs.map(({ method }) => method))].filter((method) => !methods.has(method));
  return [
    ...(drawn.some((curve) => curve.runs > 1) ? [bands] : []),
    ...(absent.length > 0
      ? [` Without a value of the objective, and so not drawn: ${absent.join(", ")}.`]
      : []),
  ].join("");
}

/**
 * The section.
 *
 * @param seriesOf the number of a method, the same on the whole page
 */
export function convergenceSection(
  drawing: Drawing,
  comparison: Comparison,
  seriesOf: (method: string) => number,
): Markup {
  const { title, runs } = comparison;
  const reference = referenceOf(comparison);
  if (reference === undefined) {
    const nothing = "No round of these runs has a value of the objective.";
    return html`<section class="comparison"><h3>${title}</h3><p>${runs.some(changesOmega) ? withoutJoint : nothing}</p></section>`;
  }
  const { rows, thinned } = rowsOf(runs, reference);
  const value = reference.joint ? "jointObjective" : "primal";
  const data: FigureData = {
    fileName: `${slug(title)}-sub-optimality.csv`,
    header: ["method", "run", "seed", "round", "seconds", "bytes", value, "subOptimality"],
    rows,
  };
  const part = thinned ? " (a part of the rounds, evenly spaced in their logarithms)" : "";
  const arrivals = measureArrivals(comparison, reference);
  const drawn = directionsOf(comparison).map((direction) => ({
    direction,
    curves: curvesOf(runs, reference, direction.along),
  }));
  const figures = drawn.flatMap(({ direction, curves }) => {
    if (curves.length === 0) {
      return [];
    }
    const hidden = curves.some(({ median }) => median.some((one) => one <= 0));
    const figure = figureOf(drawing, {
      title: `Sub-optimality against ${direction.name}`,
      plot: plotOf(drawing, curves, direction, reference.joint, seriesOf),
      sentence: arrivalsInWords(
        arrivals.along.find((one) => one.direction.name === direction.name)?.arrivals ?? [],
        direction,
        arrivals.level,
      ),
      remarks: hidden ? ["Values at or below P* have no place on a logarithmic axis; the CSV has them."] : [],
    });
    return [figure];
  });
  const all = drawn.flatMap(({ curves }) => curves);
  const legend = all.filter(({ method }, i) => all.findIndex((other) => other.method === method) === i);
  const toggles = legend.map((curve) => ({
    series: seriesOf(curve.method),
    name: `${curve.method}${curve.runs > 1 ? ` (${curve.runs} runs)` : ""}`,
  }));
  return html`<section class="comparison"><h3>${title}</h3>
<p>${referenceInWords(reference, runs)}${remarksOf(runs, legend)}</p>
<p class="data">The data behind these plots${part}: ${dataLink(data)}</p>
${togglesOf(`Methods shown in ${title}`, toggles)}
<div class="figures">${figures}</div>
${arrivals.along.length > 0 ? arrivalsTable(arrivals, title) : undefined}
</section>`;
}
