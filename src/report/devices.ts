/**
 * What the devices did: local steps, how exactly they solved their subproblems (theta), time and energy. One mark a device where they
 * are few, strips of the distribution where they are many.
 */
import { grouped, short } from "../numbers_in_words.js";
import { drawable, evenlySpaced, linearDomain } from "./axes.js";
import type { DeviceWork } from "./content.js";
import type { Drawing, DrawingOptions } from "./drawing.js";
import { dataLink, figureOf } from "./figure.js";
import { axisName, html, type Markup, showable } from "./markup.js";
import { seriesStyle } from "./palette.js";

/** Devices a method with a mark each. */
const mostMarks = 60;
/** Cells of a strip. */
const stripCells = 60;
/** Rows of the CSV. */
const mostRows = 20_000;

interface Quantity {
  readonly title: string;
  readonly label: string;
  readonly of: (work: DeviceWork) => number | undefined;
  readonly domain?: readonly [number, number];
  readonly remark?: string;
}

const quantities: readonly Quantity[] = [
  { title: "Local steps by device", label: "local steps, all rounds", of: ({ steps }) => steps },
  {
    title: "Theta by device",
    label: "theta, mean over rounds",
    of: ({ theta }) => theta,
    domain: [0, 1],
    remark: "0: subproblems solved exactly, 1: no progress or dropped.",
  },
  { title: "Time by device", label: "seconds at work, all rounds", of: ({ seconds }) => seconds },
  { title: "Energy by device", label: "joules, all rounds", of: ({ joules }) => joules },
];

interface Group {
  readonly method: string;
  /** Rising, with the name of its device each. */
  readonly values: readonly number[];
  readonly names: readonly string[];
}

/** What devices without a method are counted to. */
const anyMethod = "all";

/** The methods of the devices. */
export function methodsOfDevices(devices: readonly DeviceWork[]): string[] {
  return [...new Set(devices.map(({ method = anyMethod }) => method))];
}

function groupsOf(devices: readonly DeviceWork[], { of }: Quantity): Group[] {
  const groups = new Map<string, { value: number; name: string }[]>();
  for (const work of devices) {
    const value = drawable(of(work));
    if (!Number.isNaN(value)) {
      const { method = anyMethod, device: name } = work;
      const group = groups.get(method) ?? [];
      group.push({ value, name });
      groups.set(method, group);
    }
  }
  return [...groups].map(([method, entries]) => {
    entries.sort((a, b) => a.value - b.value);
    return { method, values: entries.map(({ value }) => value), names: entries.map(({ name }) => name) };
  });
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.round(q * (sorted.length - 1))] ?? Number.NaN;

/** Methods of which the sentence says more than the median. */
const fewMethods = 3;

function sentenceOf(groups: readonly Group[]): string {
  if (groups.length > fewMethods) {
    const medians = groups.map(({ method, values }) => `${method} ${short(quantile(values, 0.5))}`);
    return `Medians over devices: ${medians.join(", ")}.`;
  }
  const parts = groups.map(({ method, values }) => {
    const [low, middle, high] = [0, 0.5, 1].map((q) => short(quantile(values, q)));
    return `${method === anyMethod ? "Median" : `${method}: median`} ${middle}, from ${low} to ${high} over ${grouped(values.length)} ${values.length === 1 ? "device" : "devices"}`;
  });
  return `${parts.join("; ")}.`;
}

/** How many values lie in each cell of the range, as opacities. */
function stripOf({ method, values }: Group, [low, high]: readonly [number, number]) {
  const width = (high - low) / stripCells;
  const counts = new Array<number>(stripCells).fill(0);
  for (const value of values) {
    const cell = Math.min(stripCells - 1, Math.max(0, Math.floor((value - low) / width)));
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  const most = Math.max(...counts);
  return counts.flatMap((count, i) =>
    count === 0
      ? []
      : [
          {
            method,
            from: low + i * width,
            to: low + (i + 1) * width,
            weight: Math.max(0.12, Math.sqrt(count / most)),
          },
        ],
  );
}

function plotOf(
  drawing: Drawing,
  groups: readonly Group[],
  { label, domain }: Quantity,
  seriesOf: (method: string) => number,
): DrawingOptions {
  const { plot } = drawing;
  const ends = groups.flatMap(({ values }) => [values[0] ?? 0, values.at(-1) ?? 0]);
  const range = linearDomain([...(domain ?? [0]), ...ends]);
  const marks = groups.flatMap((group) => {
    const { colour, symbol } = seriesStyle(seriesOf(group.method));
    const { method, values, names } = group;
    const middle = plot.tickX([{ method, value: quantile(values, 0.5) }], {
      ...{ x: "value", y: "method", stroke: "currentColor", strokeWidth: 2 },
    });
    if (values.length <= mostMarks) {
      const points = values.map((value, i) => ({
        method,
        value,
        tip: `${showable(names[i] ?? "")}: ${short(value)}`,
      }));
      const channels = { x: "value", y: "method", title: "tip", stroke: colour, symbol, r: 4 };
      return [middle, plot.dot(points, channels)];
    }
    const strip = stripOf(group, range);
    const channels = { x1: "from", x2: "to", y: "method", fill: colour, fillOpacity: "weight" };
    return [plot.rectX(strip, { ...channels } as object), middle];
  });
  return {
    height: 70 + 42 * groups.length,
    marginLeft: 110,
    marginRight: 24,
    marginBottom: 40,
    x: { domain: range, label, grid: true, ticks: 5, tickFormat: (value: number) => short(value) } as object,
    y: {
      type: "band",
      domain: groups.map(({ method }) => method),
      label: null,
      tickSize: 0,
      tickFormat: (name: string) => axisName(name, 16),
      padding: 0.3,
    } as object,
    opacity: { type: "identity" } as object,
    marks: [...marks],
  };
}

/** The section. */
export function deviceSection(
  drawing: Drawing,
  devices: readonly DeviceWork[],
  seriesOf: (method: string) => number,
): Markup {
  const rows = evenlySpaced(devices.length, mostRows).map((i) => {
    const { device, method, rounds, steps, theta, seconds, joules } = devices[i] as DeviceWork;
    return [method, device, rounds, steps, theta, seconds, joules];
  });
  const header = ["method", "device", "rounds", "steps", "theta", "seconds", "joules"];
  const part = rows.length < devices.length ? ` (${grouped(rows.length)} of the devices, evenly spaced)` : "";
  const figures = quantities.flatMap((quantity) => {
    const groups = groupsOf(devices, quantity);
    if (groups.length === 0) {
      return [];
    }
    const strips = groups.some(({ values }) => values.length > mostMarks)
      ? ["The darker a place of a strip, the more devices are there; the tick is the median."]
      : ["A mark is a device, the tick is the median."];
    const figure = figureOf(drawing, {
      title: quantity.title,
      plot: plotOf(drawing, groups, quantity, seriesOf),
      sentence: sentenceOf(groups),
      remarks: [...strips, ...(quantity.remark === undefined ? [] : [quantity.remark])],
    });
    return [figure];
  });
  return html`<section id="devices"><h2>What the devices did</h2>
<p class="data">The data behind these plots${part}: ${dataLink({ fileName: "devices.csv", header, rows })}</p>
<div class="figures">${figures}</div></section>`;
}
