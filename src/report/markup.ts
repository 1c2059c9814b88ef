/**
 * Building HTML so that text cannot become markup: what is put into a template is escaped unless it is markup itself.
 */

/** A piece of HTML. */
export class Markup {
  readonly text: string;

  /** @param text trusted HTML: made by `html`, or by a serialiser that escapes */
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template. */
export type Content = Markup | string | number | undefined | readonly Content[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that a page can show: control characters, halves of characters and turns of the writing direction become U+FFFD. */
export function showable(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

/** A name beside an axis: one line, cut to a width in characters. */
export function axisName(text: string, most: number): string {
  const characters = [...showable(text).replace(/[\s\p{Zl}\p{Zp}]+/gu, " ")];
  return characters.length <= most ? characters.join("") : `${characters.slice(0, most - 1).join("")}…`;
}

/** Text as HTML, for content and for quoted attributes. */
function escaped(text: string): string {
  return showable(text).replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

function textOf(content: Content): string {
  if (content instanceof Markup) {
    return content.text;
  }
  if (content === undefined) {
    return "";
  }
  return typeof content === "object" ? content.map(textOf).join("") : escaped(String(content));
}

/** A template of HTML; strings and numbers in it are escaped, lists joined, `undefined` left out. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(parts.map((part, i) => (i === 0 ? part : textOf(contents[i - 1]) + part)).join(""));
}
