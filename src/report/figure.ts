/**
 * A plot with all that belongs to it: heading, the sentence that says what it shows, and its data.
 */
import { type Cell, csvLink } from "./csv.js";
import type { Drawing, DrawingOptions } from "./drawing.js";
import { html, type Markup } from "./markup.js";

/** Width of every plot in its own units; on the page it grows and shrinks with its column. */
const plotWidth = 400;

/** What a figure is made of. */
export interface Figure {
  readonly title: string;
  readonly plot: DrawingOptions;
  /** What it shows, made from the data: the caption, and the text alternative of the plot. */
  readonly sentence: string;
  /** How it is to be read, after the sentence. */
  readonly remarks?: readonly string[];
  /** Its data; absent where several figures have one file, which stands above them. */
  readonly data?: FigureData;
}

/** The data behind a plot. */
export interface FigureData {
  readonly fileName: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** The link that saves them. */
export function dataLink({ fileName, header, rows }: FigureData): Markup {
  return csvLink(fileName, header, rows);
}

/** The figure as HTML. */
export function figureOf(drawing: Drawing, figure: Figure): Markup {
  const { title, plot, sentence, remarks = [], data } = figure;
  const drawn = drawing.draw({ width: plotWidth, ...plot }, title, sentence);
  return html`<figure>
<h4>${title} ${data === undefined ? undefined : dataLink(data)}</h4>
${drawn}
<figcaption>${sentence}${remarks.map((remark) => html` <span class="remark">${remark}</span>`)}</figcaption>
</figure>
`;
}

/** Part of a file name that is safe everywhere. */
export function slug(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return plain.slice(0, 40) || "data";
}
