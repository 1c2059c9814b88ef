/**
 * The heat map of the correlations between tasks, related tasks side by side.
 */
import { grouped, short } from "../numbers_in_words.js";
import { clusterOrder } from "../mocha/cluster_order.js";
import { clustersOf } from "../mocha/task_clusters.js";
import { evenlySpaced } from "./axes.js";
import type { TaskCorrelation } from "./content.js";
import type { Drawing, DrawingOptions } from "./drawing.js";
import { figureOf } from "./figure.js";
import { axisName, html, type Markup } from "./markup.js";
import { sortableTable } from "./tables.js";

/** Tasks a side: more cells are no longer told apart on a screen. */
export const mostTasksOnMap = 100;
/** Tasks whose names are all at the map's side, in the usual size and in a small one; of more, every n-th is. */
const namesInFull = 24;
const namesInSmall = 33;
const smallText = 9;
const longestName = 14;
/** Colours from -1 to 1: --h0 .. --h20 of the style sheet. */
export const heatSteps = 20;

/** The tasks that are on the map, and what it shows of them. */
interface TaskMap {
  /** The tasks that are on the map, in its order; positions among those taken. */
  readonly order: readonly number[];
  readonly names: readonly string[];
  readonly p: number;
  /** p × p in the order of the map. */
  readonly value: (row: number, column: number) => number;
  readonly clusters: readonly (readonly number[])[];
}

/** A part of the tasks, so that page and work stay small; then the order of the tree. */
function mapOf({ tasks, values }: TaskCorrelation): TaskMap {
  const all = tasks.length;
  const taken = evenlySpaced(all, mostTasksOnMap);
  const p = taken.length;
  const between = (i: number, j: number): number =>
    values[(taken[i] ?? 0) * all + (taken[j] ?? 0)] ?? Number.NaN;
  const matrix = { rows: p, columns: p, get: between };
  const order = clusterOrder(matrix);
  return {
    order,
    names: order.map((i) => tasks[taken[i] ?? 0] ?? ""),
    p,
    value: (row, column) => between(order[row] ?? 0, order[column] ?? 0),
    clusters: p < 2 ? [order] : clustersOf(matrix, undefined),
  };
}

/** The colour step of a correlation; what is not finite counts as 0. */
function heatStep(value: number): number {
  const inside = Number.isFinite(value) ? Math.min(1, Math.max(-1, value)) : 0;
  return Math.round(((inside + 1) / 2) * heatSteps);
}

interface Band {
  (value: number): number;
  bandwidth(): number;
}

function plotOf(drawing: Drawing, { names, p, value }: TaskMap): DrawingOptions {
  const { plot } = drawing;
  const places = names.map((_, i) => i);
  // One path a colour instead of a rectangle a cell: a fifth of the size.
  const cells = (_index: unknown, scales: object): unknown => {
    const { x, y } = scales as { x: Band; y: Band };
    const [width, height] = [x.bandwidth(), y.bandwidth()];
    const round = (number: number): string => String(Number(number.toFixed(2)));
    const paths = new Map<number, string>();
    for (const row of places) {
      for (const column of places) {
        const step = heatStep(value(row, column));
        const cell = `M${round(x(column))},${round(y(row))}h${round(width)}v${round(height)}h-${round(width)}z`;
        paths.set(step, (paths.get(step) ?? "") + cell);
      }
    }
    const group = drawing.element("g", { class: "cells", "aria-label": "cells" });
    group.append(
      ...[...paths]
        .sort(([a], [b]) => a - b)
        .map(([step, d]) => drawing.element("path", { class: `h${step}`, d })),
    );
    return group;
  };
  const every = Math.ceil(p / namesInSmall);
  const axis = plot.axisY(
    places.filter((i) => i % every === 0),
    {
      label: null,
      tickSize: 0,
      tickFormat: (i: number) => axisName(names[i] ?? "", longestName),
      ...(p > namesInFull ? { fontSize: smallText } : {}),
    },
  );
  return {
    height: 320,
    margin: 4,
    marginLeft: 96,
    marginBottom: 8,
    x: { type: "band", round: false, domain: places, padding: p > 40 ? 0 : 0.04, axis: null } as object,
    y: {
      type: "band",
      round: false,
      domain: places,
      padding: p > 40 ? 0 : 0.04,
      axis: null,
    } as object,
    marks: [cells as never, axis],
  };
}

function sentenceOf({ names, p, value, clusters }: TaskMap): string {
  let [closest, farthest]: [[number, number], [number, number]] = [
    [0, 1],
    [0, 1],
  ];
  for (let i = 0; i < p; i++) {
    for (let j = i + 1; j < p; j++) {
      closest = value(i, j) > value(...closest) ? [i, j] : closest;
      farthest = value(i, j) < value(...farthest) ? [i, j] : farthest;
    }
  }
  const pair = ([i, j]: [number, number]): string => `${names[i]} and ${names[j]} (${short(value(i, j))})`;
  const groups = `The tree of the tasks has its largest step at ${clusters.length} ${clusters.length === 1 ? "cluster" : "clusters"}`;
  return `${groups}; the most alike are ${pair(closest)}, the least ${pair(farthest)}.`;
}

/** Names that a row of the table lists. */
const namesListed = 12;

/** The clusters that the tree has at its largest step, those of most tasks first. */
function clusterTable({ clusters, names, order }: TaskMap): Markup {
  const nameOf = new Map(order.map((task, place) => [task, names[place] ?? ""]));
  const bySize = clusters.map((cluster) => cluster.map((task) => nameOf.get(task) ?? ""));
  bySize.sort((a, b) => b.length - a.length);
  const rows = bySize.map((cluster, i) => {
    const more = cluster.length > namesListed ? ` and ${grouped(cluster.length - namesListed)} more` : "";
    return [i + 1, cluster.length, `${cluster.slice(0, namesListed).join(", ")}${more}`];
  });
  return sortableTable(
    "Clusters of tasks",
    [{ name: "cluster" }, { name: "tasks" }, { name: "names" }],
    rows,
  );
}

/** The section. */
export function correlationSection(drawing: Drawing, correlation: TaskCorrelation): Markup {
  const map = mapOf(correlation);
  if (map.p < 2) {
    return html`<section id="relations"><h2>How the tasks relate</h2><p>There is one task only.</p></section>`;
  }
  const total = correlation.outOf ?? correlation.tasks.length;
  const remarks = [
    "Rows and columns stand in the order of an average-linkage tree: related tasks side by side.",
    ...(map.p < total
      ? [
          `The map has ${grouped(map.p)} of the ${grouped(total)} tasks, evenly spaced in the order of the data.`,
        ]
      : []),
  ];
  const rows = map.names.map((name, row) => [
    name,
    ...map.names.map((_, column) => Number(map.value(row, column).toPrecision(6))),
  ]);
  const figure = figureOf(drawing, {
    title: "Correlation of the tasks",
    plot: plotOf(drawing, map),
    sentence: sentenceOf(map),
    remarks,
    data: { fileName: "task-correlation.csv", header: ["task", ...map.names], rows },
  });
  const scale = Array.from({ length: heatSteps + 1 }, (_, step) => html`<i class="h${step}"></i>`);
  return html`<section id="relations"><h2>How the tasks relate</h2>
<div class="figures">${figure}${clusterTable(map)}</div>
<p class="scale" role="img" aria-label="Colours from -1 over 0 to 1">-1 <span>${scale}</span> 1</p>
</section>`;
}
