/**
 * Tables whose columns can be sorted: with the mouse, a finger or the keyboard.
 */
import { bytesInWords, grouped, short } from "../numbers_in_words.js";
import type { CostRow, ReportTable } from "./content.js";
import { type Cell, csvLink } from "./csv.js";
import { slug } from "./figure.js";
import { html, type Markup } from "./markup.js";

/** A column of a table. */
export interface Column {
  readonly name: string;
  /** How a number is shown; text is shown as it is. */
  readonly show?: (value: number) => string;
}

/** Rows that a table shows; its CSV has all. */
const mostRowsShown = 500;

function cellOf(cell: Cell, { show = short }: Column): Markup {
  if (typeof cell === "number" && Number.isFinite(cell)) {
    return html`<td class="number" data-value="${cell}">${show(cell)}</td>`;
  }
  return typeof cell === "string" ? html`<td>${cell}</td>` : html`<td class="number">–</td>`;
}

/**
 * A table with a caption, sortable headings and its CSV.
 *
 * @param title its caption, and the beginning of the file's name
 * @param rows a cell a column; past `mostRowsShown` they are only in the CSV, which the page says
 * @param options `csv`: false where a plot beside it has the same data
 */
export function sortableTable(
  title: string,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: { readonly csv?: boolean } = {},
): Markup {
  const shown = rows.slice(0, mostRowsShown);
  const names = columns.map(({ name }) => name);
  const cut =
    shown.length < rows.length
      ? html`<p class="remark">The table shows the first ${grouped(shown.length)} of ${grouped(rows.length)} rows; the CSV has all.</p>`
      : undefined;
  return html`<div class="block"><div class="table" role="region" aria-label="${title}" tabindex="0"><table>
<caption>${title} ${options.csv === false ? undefined : csvLink(`${slug(title)}.csv`, names, rows)}</caption>
<thead><tr>${names.map((name) => html`<th scope="col" aria-sort="none"><button type="button">${name}</button></th>`)}</tr></thead>
<tbody>
${shown.map((row) => html`<tr>${columns.map((column, i) => cellOf(row[i], column))}</tr>\n`)}</tbody>
</table></div>${cut}</div>
`;
}

/** A count of operations: `1.2 G`. */
function operations(value: number): string {
  const step = [1e12, 1e9, 1e6].findIndex((size) => value >= size);
  return step < 0
    ? grouped(value)
    : `${short(value / ([1e12, 1e9, 1e6][step] ?? 1))} ${["T", "G", "M"][step]}`;
}

/** What the runs cost: steps, arithmetic, traffic, time and energy. Columns that no run fills are left out. */
export function costTable(costs: readonly CostRow[], time: "estimated" | "measured"): Markup {
  const all: readonly (Column & { readonly of: (row: CostRow) => Cell })[] = [
    { name: "method", of: ({ method }) => method },
    { name: "seed", of: ({ seed }) => seed, show: String },
    { name: "rounds", of: ({ rounds }) => rounds, show: grouped },
    { name: "steps", of: ({ steps }) => steps, show: grouped },
    { name: "FLOPs", of: ({ flops }) => flops, show: operations },
    { name: "bytes down", of: ({ bytesDown }) => bytesDown, show: bytesInWords },
    { name: "bytes up", of: ({ bytesUp }) => bytesUp, show: bytesInWords },
    { name: `${time} seconds`, of: ({ seconds }) => seconds },
    { name: "joules", of: ({ joules }) => joules },
  ];
  const columns = all.filter(({ of }) => costs.some((row) => of(row) !== undefined));
  return sortableTable(
    "Cost of the runs",
    columns,
    costs.map((row) => columns.map(({ of }) => of(row))),
  );
}

/** A table of an experiment. */
export function reportTable({ title, columns, rows, notes = [] }: ReportTable): Markup {
  const named = columns.map((name) => ({ name }));
  return html`<section>${sortableTable(title, named, rows)}${notes.map((note) => html`<p class="remark">${note}</p>`)}</section>`;
}
