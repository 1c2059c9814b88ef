/**
 * The data behind a plot as CSV (RFC 4180), in a link that works without a network and without scripts.
 */
import { html, type Markup } from "./markup.js";

/** A value of a cell; null and undefined are empty cells. */
export type Cell = string | number | null | undefined;

function cellText(cell: Cell): string {
  if (cell === null || cell === undefined || (typeof cell === "number" && Number.isNaN(cell))) {
    return "";
  }
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Lines of cells, the header first; numbers with all their digits. */
export function csvText(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(cellText).join(",")}\n`).join("");
}

/** As encodeURI, which leaves `#` and refuses halves of characters. */
function asDataUri(text: string): string {
  return `data:text/csv;charset=utf-8,${encodeURI(text.replace(/\p{Cs}/gu, "\ufffd")).replaceAll("#", "%23")}`;
}

/** A link that saves the text as a file. */
export function csvLink(
  fileName: string,
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
): Markup {
  const text = csvText(header, rows);
  return html`<a class="csv" download="${fileName}" href="${asDataUri(text)}">CSV<span class="unseen"> of ${fileName}</span></a>`;
}
