/**
 * How series are told apart: by colour, dashes and markers together, so that no one of them is needed.
 *
 * The colours are those of Okabe and Ito ("Color Universal Design", 2008) without yellow, which is faint on white; darkened
 * or lightened where their contrast to the page is below 3:1.
 */
import { html, type Markup } from "./markup.js";

/** A colour for each ground. */
export interface SeriesColour {
  readonly light: string;
  readonly dark: string;
}

/** By number of the series, from 0; the style sheet names them --s0, --s1, … */
export const seriesColours: readonly SeriesColour[] = [
  { light: "#0060a8", dark: "#5fa8ff" },
  { light: "#d55e00", dark: "#f28c3b" },
  { light: "#008f68", dark: "#2bc79b" },
  { light: "#b3588c", dark: "#e39cc4" },
  { light: "#b07900", dark: "#f0c04c" },
  { light: "#1b1b1b", dark: "#f2f2f2" },
  { light: "#2c93cc", dark: "#8edcff" },
  { light: "#6b6b6b", dark: "#a8a8a8" },
];

const dashes = ["none", "7 3", "2 2.5", "9 3 2 3", "4 4", "12 3", "12 3 2 3 2 3", "1 3"];
const symbols = ["circle", "square", "triangle", "diamond", "star", "cross", "triangle2", "wye"] as const;

/** How the series of a number is drawn. */
export interface SeriesStyle {
  readonly colour: string;
  readonly dash: string;
  readonly symbol: (typeof symbols)[number];
  /** For the toggles: every mark of the series is in an element of this class. */
  readonly className: string;
}

/** The style of series `index`, from 0; past 8 series colours come again with other dashes and markers. */
export function seriesStyle(index: number): SeriesStyle {
  const turn = Math.floor(index / seriesColours.length);
  const shifted = (index + turn) % seriesColours.length;
  return {
    colour: `var(--s${index % seriesColours.length})`,
    dash: dashes[shifted] ?? "none",
    symbol: symbols[shifted] ?? "circle",
    className: `series-${index}`,
  };
}

/** The number of every name in the order of first appearance, so that a method looks the same in all plots of a page. */
export function seriesNumbers(names: Iterable<string>): (name: string) => number {
  const numbers = new Map([...new Set(names)].map((name, i) => [name, i]));
  return (name) => numbers.get(name) ?? numbers.size;
}

const shapes: Readonly<Record<SeriesStyle["symbol"], string>> = {
  circle: "M-3.4,0a3.4,3.4,0,1,0,6.8,0a3.4,3.4,0,1,0,-6.8,0Z",
  square: "M-3,-3h6v6h-6Z",
  triangle: "M0,-4L3.8,2.8H-3.8Z",
  diamond: "M0,-4.4L2.8,0L0,4.4L-2.8,0Z",
  star: "M0,-4.6L1.1,-1.4H4.4L1.7,.6L2.7,3.8L0,1.9L-2.7,3.8L-1.7,.6L-4.4,-1.4H-1.1Z",
  cross: "M-4,-1.4h2.6v-2.6h2.8v2.6h2.6v2.8h-2.6v2.6h-2.8v-2.6h-2.6Z",
  triangle2: "M0,4L3.8,-2.8H-3.8Z",
  wye: "M0,0V4.4M0,0L-3.8,-2.2M0,0L3.8,-2.2",
};

/** A piece of the line with its marker, or the hollow marker alone, for legends. */
export function swatch(index: number, kind: "line" | "marker" = "line"): Markup {
  const { colour, dash, symbol } = seriesStyle(index);
  const line = html`<path d="M1,6H33" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>`;
  const [width, fill] = kind === "line" ? [34, colour] : [14, "none"];
  return html`<svg class="swatch" width="${width}" height="12" viewBox="0 0 ${width} 12" aria-hidden="true">${kind === "line" ? line : undefined}<path d="${shapes[symbol]}" transform="translate(${width / 2},6)" fill="${fill}" stroke="${colour}"/></svg>`;
}

/** One line or set of marks that a reader can hide. */
export interface Toggle {
  readonly series: number;
  readonly name: string;
}

/** The toggles of a section, which are its legend too. */
export function togglesOf(
  legend: string,
  entries: readonly Toggle[],
  kind: "line" | "marker" = "line",
): Markup {
  return html`<fieldset class="toggles"><legend>${legend}</legend>
${entries.map(
  ({ series, name }) =>
    html`<label><input type="checkbox" checked data-series="${series}">${swatch(series, kind)}<span>${name}</span></label>\n`,
)}</fieldset>`;
}
