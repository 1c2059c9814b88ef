/**
 * What the command line needs to know of the stream it writes to, and text that is safe to show there.
 */

/** An output stream; process.stdout and process.stderr are such. */
export interface TextStream {
  /** Whether a person is watching. */
  readonly isTTY?: boolean;
  /** Width of the terminal in characters. */
  readonly columns?: number;
  write(text: string): unknown;
}

/**
 * Whether to write colours: to a terminal that knows them, unless NO_COLOR is set (https://no-color.org).
 *
 * @param environment as process.env
 */
export function wantsColour(
  stream: Pick<TextStream, "isTTY">,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const refused = (environment.NO_COLOR ?? "") !== "" || environment.TERM === "dumb";
  return stream.isTTY === true && !refused;
}

/**
 * Text from a data file as one printable line: control characters, which could steer a terminal, become `?`.
 */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
}

/** Cut to a width in characters, the last one `~` where something is missing. */
export function shorten(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join("")}~`;
}
