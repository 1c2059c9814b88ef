/**
 * A correlation matrix as a map of coloured cells, or of plain characters where colours are not wanted.
 */
import { FedmtlError } from "../errors.js";
import type { SquareMatrix } from "../mocha/average_linkage.js";
import { printable, shorten } from "./terminal.js";

/** How to draw a heat map. */
export interface HeatmapOptions {
  /** A permutation of 0 .. m-1: which row and column comes first, second and so on. By default as given. */
  readonly order?: readonly number[];
  /** m names, by row of the matrix. By default the row numbers, from 1. */
  readonly labels?: readonly string[];
  /** Whether to use ANSI colours (256), else plain characters. By default false. */
  readonly colour?: boolean;
  /** Most cells a side, 1 .. 99; a larger matrix is shown by means over neighbours. By default 40. */
  readonly cells?: number;
}

/** Neighbours in the order that share one row and column of the map. */
type Group = readonly number[];

/** Background colours of the 256-colour palette, from strong blue over white to strong red. */
const colours = [21, 63, 105, 147, 231, 217, 210, 203, 196];

/** The same steps in plain characters, two a cell: lines for negative, dots and crosses for positive. */
const marks = ["==", "=-", "--", " -", "  ", " .", "++", "x#", "##"];

/** Middles of the nine steps are -1, -0.75, ..., 1. */
const stepsASide = 4;

const labelWidth = 20;

/**
 * Draws the map: a line of column numbers, a line a row with its number, cells and name, and a legend.
 *
 * @param correlation m x m with entries in [-1, 1]; larger ones count as 1, and `??` marks those that are not
 *   finite
 * @returns the text, each line ended; empty for an empty matrix
 * @throws FedmtlError INVALID_ARGUMENT where the matrix is not square, or the order or labels do not fit it
 */
export function heatmap(correlation: SquareMatrix, options: HeatmapOptions = {}): string {
  const m = correlation.rows;
  const { colour = false, cells = 40 } = options;
  const order = options.order ?? Array.from({ length: m }, (_, task) => task);
  const labels = options.labels ?? order.map((_, task) => String(task + 1));
  checkShape(correlation, order, labels, cells);
  if (m === 0) {
    return "";
  }
  const groups = groupNeighbours(order, Math.min(cells, m));
  const numbers = groups.map((_, index) => String(index + 1).padStart(2));
  const rows = groups.map((group, index) => {
    const drawn = groups.map((other) => cell(groupMean(correlation, group, other), colour)).join("");
    return `${numbers[index]} ${drawn} ${groupLabel(group, labels)}`;
  });
  return `${[`   ${numbers.join("")}`, ...rows, "", legend(colour)].join("\n")}\n`;
}

/** Cuts the order into `count` runs whose lengths differ by one at most. */
function groupNeighbours(order: readonly number[], count: number): Group[] {
  const boundary = (index: number) => Math.floor((index * order.length) / count);
  return Array.from({ length: count }, (_, index) => order.slice(boundary(index), boundary(index + 1)));
}

/** The mean over all pairs of two groups. */
function groupMean(correlation: SquareMatrix, rows: Group, columns: Group): number {
  const sum = rows.reduce(
    (outer, row) => outer + columns.reduce((inner, column) => inner + correlation.get(row, column), 0),
    0,
  );
  return sum / (rows.length * columns.length);
}

function groupLabel(group: Group, labels: readonly string[]): string {
  const first = shorten(printable(labels[group[0] ?? 0] ?? ""), labelWidth);
  return group.length === 1 ? first : `${first} and ${group.length - 1} more`;
}

function cell(value: number, colour: boolean): string {
  if (!Number.isFinite(value)) {
    return "??";
  }
  const step = stepsASide + Math.round(stepsASide * Math.min(Math.max(value, -1), 1));
  return colour ? paint("  ", step) : (marks[step] ?? "??");
}

function paint(text: string, step: number): string {
  return `\u001b[48;5;${colours[step]}m${text}\u001b[0m`;
}

function legend(colour: boolean): string {
  const steps = colours.map((_, step) => (step - stepsASide) / stepsASide);
  return steps.map((value) => `${value}:${colour ? cell(value, true) : `[${cell(value, false)}]`}`).join(" ");
}

function checkShape(
  { rows, columns }: SquareMatrix,
  order: readonly number[],
  labels: readonly string[],
  cells: number,
): void {
  if (rows !== columns) {
    throw new FedmtlError("INVALID_ARGUMENT", `the matrix must be square, got ${rows} x ${columns}`);
  }
  const places = new Set(order);
  const inRange = order.every((task) => Number.isInteger(task) && task >= 0 && task < rows);
  if (order.length !== rows || places.size !== rows || !inRange) {
    throw new FedmtlError("INVALID_ARGUMENT", `the order must hold each of 0 .. ${rows - 1} once`);
  }
  if (labels.length !== rows) {
    throw new FedmtlError("INVALID_ARGUMENT", `${rows} rows need ${rows} labels, got ${labels.length}`);
  }
  if (!Number.isInteger(cells) || cells < 1 || cells > 99) {
    throw new FedmtlError("INVALID_ARGUMENT", `cells must be a whole number from 1 to 99, got ${cells}`);
  }
}
