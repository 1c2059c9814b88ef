/**
 * The error of every task under each model: who gains by learning together, and who loses.
 */
import { grouped, short } from "../numbers_in_words.js";
import { drawable, evenlySpaced, linearDomain } from "./axes.js";
import type { TaskErrors } from "./content.js";
import type { Drawing, DrawingOptions } from "./drawing.js";
import { figureOf } from "./figure.js";
import { html, type Markup, showable } from "./markup.js";
import { seriesStyle, togglesOf } from "./palette.js";
import { sortableTable } from "./tables.js";

/** Tasks that are drawn one by one; of more, evenly spaced ones are. */
const mostDrawn = 200;

const isNumber = (value: number | null | undefined): value is number =>
  typeof value === "number" && Number.isFinite(value);

function meanOf(values: readonly (number | null)[]): number {
  const defined = values.filter(isNumber);
  return defined.reduce((sum, value) => sum + value, 0) / defined.length;
}

/** Positions by the error of the first model, the largest first; undefined errors last, equals as they came. */
function sortedByError({ tasks, models: [first] }: TaskErrors): number[] {
  const key = (t: number): number => {
    const value = first?.values[t];
    return isNumber(value) ? value : Number.NEGATIVE_INFINITY;
  };
  return tasks.map((_, t) => t).sort((a, b) => key(b) - key(a) || a - b);
}

/** `Mean …: multi-task 0.12, local 0.15. Lower with multi-task: than with local on 22 of 29 tasks.` */
function sentenceOf({ tasks, models, measure }: TaskErrors): string {
  const means = models.map(({ name, values }) => `${name} ${short(meanOf(values))}`).join(", ");
  const [first, ...others] = models;
  const wins = others.map(({ name, values }) => {
    const better = values.filter((value, t) => {
      const own = first?.values[t];
      return isNumber(value) && isNumber(own) && own < value;
    }).length;
    return `than with ${name} on ${grouped(better)} of ${grouped(tasks.length)} tasks`;
  });
  const compared = wins.length === 0 ? "" : ` Lower with ${first?.name} ${wins.join(", ")}.`;
  return `Mean over tasks of the ${measure}: ${means}.${compared}`;
}

function plotOf(
  drawing: Drawing,
  { models, tasks }: TaskErrors,
  order: readonly number[],
  drawn: readonly number[],
): DrawingOptions {
  const { plot } = drawing;
  const shown = models.flatMap(({ values }) => values.filter(isNumber));
  const marks = models.map(({ name, values }, series) => {
    const { colour, symbol, className } = seriesStyle(series);
    const points = drawn.flatMap((place) => {
      const value = drawable(values[order[place] ?? 0]);
      return isNumber(value)
        ? [
            {
              place: place + 1,
              value,
              tip: `${showable(`${tasks[order[place] ?? 0]}, ${name}`)}: ${short(value)}`,
            },
          ]
        : [];
    });
    const size = drawn.length > 60 ? 2 : 3;
    return plot.dot(points, {
      x: "place",
      y: "value",
      title: "tip",
      stroke: colour,
      symbol,
      r: size,
      className,
    });
  });
  return {
    height: 280,
    marginLeft: 48,
    marginBottom: 40,
    x: {
      label: "tasks, by falling error",
      ticks: 6,
      domain: [0.5, order.length + 0.5],
      tickFormat: grouped,
    } as object,
    y: { label: "error", domain: linearDomain([0, ...shown]), grid: true, nice: true } as object,
    marks: [...marks],
  };
}

/** The section. */
export function taskErrorSection(drawing: Drawing, errors: TaskErrors): Markup {
  const { tasks, rows, models, measure } = errors;
  const order = sortedByError(errors);
  const header = ["task", ...(rows === undefined ? [] : ["rows"]), ...models.map(({ name }) => name)];
  const cells = order.map((t) => [
    tasks[t] ?? "",
    ...(rows === undefined ? [] : [rows[t] ?? null]),
    ...models.map(({ values }) => values[t] ?? null),
  ]);
  const drawn = evenlySpaced(order.length, mostDrawn);
  const remarks =
    drawn.length < order.length
      ? [
          `Drawn are ${grouped(drawn.length)} of the ${grouped(order.length)} tasks, evenly spaced in this order.`,
        ]
      : [];
  const figure = figureOf(drawing, {
    title: `Tasks by ${measure}`,
    plot: plotOf(drawing, errors, order, drawn),
    sentence: sentenceOf(errors),
    remarks,
    data: { fileName: "task-errors.csv", header, rows: cells },
  });
  const columns = header.map((name) => (name === "rows" ? { name, show: grouped } : { name }));
  return html`<section class="comparison" id="tasks"><h2>Error by task</h2>
${togglesOf(
  "Models shown",
  models.map(({ name }, series) => ({ name, series })),
  "marker",
)}
<div class="figures">${figure}${sortableTable("Errors", columns, cells, { csv: false })}</div>
</section>`;
}
