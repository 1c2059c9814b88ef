/**
 * The help texts, made from the same tables as the parser, so that they cannot disagree with it.
 */
import { type Command, type Flag, type Positional, type Program, expected } from "./arguments.js";

/** The column where descriptions start; a longer flag has its description on the next line. */
const indent = 30;

/**
 * The help of the program: its commands.
 *
 * @param width columns to fill, by default 80
 */
export function programHelp(program: Program, width = 80): string {
  const commands = program.commands.map(({ name, summary }) => entry(name, summary, width));
  return [
    `${program.name}: ${program.summary}`,
    "",
    `Usage: ${program.name} COMMAND ...`,
    "",
    "Commands:",
    ...commands,
    "",
    "Options:",
    entry("--version", "print the version", width),
    entry("-h, --help", `print this help; ${program.name} COMMAND --help explains a command`, width),
    "",
  ].join("\n");
}

/**
 * The help of a command: its arguments, flags with their values and defaults, and examples.
 *
 * @param width columns to fill, by default 80
 */
export function commandHelp(program: Program, command: Command, width = 80): string {
  const usage = [program.name, command.name, ...command.positionals.map(positionalUsage), "[options]"].join(
    " ",
  );
  const lines = [...wrap(`${command.summary}.`, width), "", `Usage: ${usage}`, ""];
  if (command.positionals.length > 0) {
    lines.push("Arguments:", ...command.positionals.map(({ name, help }) => entry(name, help, width)), "");
  }
  lines.push(
    "Options:",
    ...command.flags.map((flag) => entry(flagUsage(flag), flagHelp(flag), width)),
    entry("-h, --help", "print this help", width),
    "",
  );
  if (command.examples !== undefined) {
    lines.push("Examples:", ...command.examples.map((example) => `  ${example}`), "");
  }
  return lines.join("\n");
}

function positionalUsage({ name, optional, many }: Positional): string {
  const repeated = many === true ? `${name}...` : name;
  return optional === true ? `[${repeated}]` : repeated;
}

function flagUsage(flag: Flag): string {
  switch (flag.kind) {
    case "boolean":
      return `--${flag.name}`;
    case "string":
      return `--${flag.name} ${flag.placeholder}`;
    case "choice":
      return `--${flag.name} NAME`;
    case "numbers": {
      // A placeholder of several says itself how many there are.
      const { placeholder = "X" } = flag;
      return `--${flag.name} ${placeholder.includes(",") ? placeholder : `${placeholder},${placeholder},...`}`;
    }
    default: {
      const number = flag.placeholder ?? (flag.kind === "integer" ? "N" : "X");
      return `--${flag.name} ${[number, ...(flag.words ?? [])].join("|")}`;
    }
  }
}

/** What the flag does, what it accepts unless that is plain, and its default. */
function flagHelp(flag: Flag): string {
  const plain = flag.kind === "boolean" || flag.kind === "string";
  const notes = [
    ...(plain ? [] : [expected(flag)]),
    ...(flag.default === undefined ? [] : [`default: ${flag.default}`]),
  ];
  return notes.length === 0 ? flag.help : `${flag.help} (${notes.join("; ")})`;
}

function entry(term: string, description: string, width: number): string {
  const margin = " ".repeat(indent);
  const text = wrap(description, Math.max(width - indent, 20)).map((line) => margin + line);
  const head = `  ${term}`;
  const first = text[0] ?? "";
  return head.length < indent
    ? [head + first.slice(head.length), ...text.slice(1)].join("\n")
    : [head, ...text].join("\n");
}

/** Breaks at spaces; a word longer than a line stands alone. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = `${last} ${word}`;
    }
  }
  return lines;
}
