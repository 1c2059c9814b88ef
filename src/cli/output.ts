/**
 * Writing to stdout, and numbers and tables as people read them.
 */
import { once } from "node:events";
import type { SquareMatrix } from "../mocha/average_linkage.js";
import { clusterOrder } from "../mocha/cluster_order.js";
import { heatmap } from "./heatmap.js";
import { duration } from "./progress.js";
import { wantsColour } from "./terminal.js";

export { bytesInWords, grouped, percent, short } from "../numbers_in_words.js";

/** Writes one JSON object on a line of its own. */
export function writeJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Writes pieces of text to stdout, no faster than they are read. */
export async function writePieces(pieces: Iterable<string>): Promise<void> {
  for (const piece of pieces) {
    if (!process.stdout.write(piece)) {
      await once(process.stdout, "drain");
    }
  }
}

/** A time span, in milliseconds below one second: `45 ms`, `4.2 s`, `3 min 20 s`. */
export function timeInWords(seconds: number): string {
  return seconds < 1 ? `${Math.round(1000 * seconds)} ms` : duration(seconds);
}

/** Rows of cells as aligned columns, the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => [...(row[column] ?? "")].length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const padding = " ".repeat(Math.max(0, (widths[column] ?? 0) - [...cell].length));
        return column === 0 ? cell + padding : padding + cell;
      })
      .join("  ")
      .trimEnd();
  return `${rows.map(line).join("\n")}\n`;
}

/** Most tasks whose relations are drawn. */
export const mostTasksDrawn = 40;

/** The relations of tasks as a map, related ones side by side. */
export function relationMap(correlation: SquareMatrix, labels: readonly string[]): string {
  return heatmap(correlation, {
    order: clusterOrder(correlation),
    labels,
    colour: wantsColour(process.stdout, process.env),
  });
}
