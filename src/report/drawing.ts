/**
 * Drawing without a browser: Observable Plot on the DOM of linkedom. Both are loaded with the first report, since they take
 * a quarter of a second and most processes never write one.
 */
import { html, Markup, showable } from "./markup.js";

/** Observable Plot. */
export type PlotLibrary = typeof import("@observablehq/plot");

/** The options of a plot. */
export type DrawingOptions = NonNullable<Parameters<PlotLibrary["plot"]>[0]>;

/** What of the DOM is used here; the declarations of the project have none. */
interface DomElement {
  readonly outerHTML: string;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  querySelectorAll(selectors: string): Iterable<DomElement>;
  remove(): void;
  prepend(...nodes: DomElement[]): void;
  append(...nodes: DomElement[]): void;
  textContent: string | null;
}

interface DomDocument {
  createElementNS(namespace: string, name: string): DomElement;
}

const svgNamespace = "http://www.w3.org/2000/svg";

/** Draws plots as SVG text. */
export class Drawing {
  readonly plot: PlotLibrary;
  readonly #document: DomDocument;
  #count = 0;

  private constructor(plot: PlotLibrary, document: DomDocument) {
    this.plot = plot;
    this.#document = document;
  }

  static async create(): Promise<Drawing> {
    const [plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
    const { document } = parseHTML("<!doctype html><html><body></body></html>");
    return new Drawing(plot, document as unknown as DomDocument);
  }

  /** An element of a mark of our own. */
  element(name: string, attributes: Readonly<Record<string, string>>): DomElement {
    const element = this.#document.createElementNS(svgNamespace, name);
    for (const [key, value] of Object.entries(attributes)) {
      element.setAttribute(key, value);
    }
    return element;
  }

  /**
   * Draws a plot as one SVG element with a title and a description for those who do not see it.
   *
   * @param title what it is
   * @param description what it shows
   */
  draw(options: DrawingOptions, title: string, description: string): Markup {
    const svg = this.plot.plot({ ...options, document: this.#document as never }) as unknown as DomElement;
    // Styles are those of the page: its policy allows no others.
    for (const style of svg.querySelectorAll("style")) {
      style.remove();
    }
    for (const styled of svg.querySelectorAll("[style]")) {
      styled.removeAttribute("style");
    }
    const id = `plot-${++this.#count}`;
    svg.setAttribute("class", "plot");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-labelledby", `${id}-title ${id}-description`);
    const named = (name: string, part: string, text: string): DomElement => {
      const element = this.element(name, { id: `${id}-${part}` });
      element.textContent = showable(text);
      return element;
    };
    svg.prepend(named("title", "title", title), named("desc", "description", description));
    return html`${new Markup(svg.outerHTML)}`;
  }
}
