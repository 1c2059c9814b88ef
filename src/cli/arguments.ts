/**
 * The command line as a table: each command lists its flags and positional arguments, and from that list come
 * the parser, the error messages and the type of the result. The help text is made from the same table in
 * help.ts.
 *
 * Tokens come from node:util parseArgs. A flag that is not given is absent from the result: defaults are
 * resolved in one place, by the options of the library, and stand here only as text for the help.
 */
import { parseArgs } from "node:util";
import { FedmtlError, invalidChoice } from "../errors.js";

interface FlagBase {
  /** The name without dashes, words joined by hyphens: `loss-epsilon`. */
  readonly name: string;
  /** What it does, for the help; one or two sentences without a final stop. */
  readonly help: string;
  /** The default as the help shows it; `none` and the like are not needed. */
  readonly default?: string;
}

/** A flag without a value. */
export interface BooleanFlag extends FlagBase {
  readonly kind: "boolean";
}

/** A flag with any text as its value. */
export interface StringFlag extends FlagBase {
  readonly kind: "string";
  /** What stands for the value in the help: `FILE`. */
  readonly placeholder: string;
}

/** A flag with one of a list of names as its value; the spelling of a property is taken too: `logLoss` for `log-loss`. */
export interface ChoiceFlag extends FlagBase {
  readonly kind: "choice";
  readonly choices: readonly string[];
}

/** A flag with a number as its value, of any kind or a whole one. */
export interface NumberFlag extends FlagBase {
  readonly kind: "number" | "integer";
  /** What stands for the value in the help, by default `X` or, for whole numbers, `N`. */
  readonly placeholder?: string;
  /** The least value allowed. */
  readonly min?: number;
  /** The value must be larger than this. */
  readonly above?: number;
  /** The largest value allowed. */
  readonly max?: number;
  /** The value must be smaller than this. */
  readonly below?: number;
  /** Words allowed in place of a number: `auto`. */
  readonly words?: readonly string[];
}

/** A flag with one or more numbers as its value, separated by commas. */
export interface ListFlag extends Omit<NumberFlag, "kind" | "words"> {
  readonly kind: "numbers";
}

/** One flag of a command. */
export type Flag = BooleanFlag | StringFlag | ChoiceFlag | NumberFlag | ListFlag;

/** One argument that is given by its place. */
export interface Positional {
  /** The name in capitals: `DATA`. */
  readonly name: string;
  /** What it is, for the help. */
  readonly help: string;
  /** May be left out; only after those that may not. */
  readonly optional?: boolean;
  /** Takes all that follow, at least one unless optional; only the last. */
  readonly many?: boolean;
}

/** A command as the program lists it. */
export interface CommandEntry {
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
}

/** One command, for example `train`. */
export interface Command extends CommandEntry {
  readonly positionals: readonly Positional[];
  /** The flags in the order of the help; `--help` is added to every command. */
  readonly flags: readonly Flag[];
  /** Commands as one would type them, for the help. */
  readonly examples?: readonly string[];
}

/** The whole program; its commands may be entries only, so that one command runs without loading the others. */
export interface Program<Entry extends CommandEntry = CommandEntry> {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Entry[];
}

/** `loss-epsilon` as a property: `lossEpsilon`. */
export type PropertyName<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<PropertyName<Tail>>}`
  : Name;

/** The type of a flag's value. */
export type FlagValue<F extends Flag> = F extends BooleanFlag
  ? true
  : F extends ChoiceFlag
    ? F["choices"][number]
    : F extends NumberFlag
      ? number | (F["words"] extends readonly string[] ? F["words"][number] : never)
      : F extends ListFlag
        ? readonly number[]
        : string;

/** What was given on the command line of a command. */
export interface Arguments<C extends Command> {
  /** The values of the flags given, by name in camel case. */
  readonly flags: { readonly [F in C["flags"][number] as PropertyName<F["name"]>]?: FlagValue<F> };
  /** The positional arguments in order. */
  readonly positionals: readonly string[];
  /** Whether `--help` or `-h` was given; nothing else is checked then. */
  readonly help: boolean;
}

/**
 * Finds a command by name.
 *
 * @throws FedmtlError INVALID_OPTION for an unknown name, with the nearest valid one
 */
export function findCommand<Entry extends CommandEntry>(program: Program<Entry>, name: string): Entry {
  const command = program.commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const names = program.commands.map((candidate) => candidate.name);
    throw name.startsWith("-")
      ? unknownFlag(name, ["help", "version"])
      : invalidChoice("command", name, names);
  }
  return command;
}

/**
 * Reads the arguments of a command.
 *
 * @param command the command; declare it `as const satisfies Command` to get exact types
 * @param given what follows the command's name, as in `process.argv.slice(3)`
 * @throws FedmtlError INVALID_OPTION in one sentence: an unknown or repeated flag, a missing or unexpected
 *   value, a value outside its range, too few or too many positional arguments
 */
export function parseArguments<const C extends Command>(command: C, given: readonly string[]): Arguments<C> {
  const flags: Record<string, FlagValue<Flag>> = {};
  const positionals: string[] = [];
  const tokens = tokenize(command, given);
  if (tokens.some((token) => token.kind === "option" && token.name === "help")) {
    return { flags: {}, positionals, help: true };
  }
  for (const token of tokens) {
    if (token.kind === "positional") {
      positionals.push(token.value);
    } else if (token.kind === "option") {
      const flag = command.flags.find(({ name }) => token.rawName === `--${name}`);
      if (flag === undefined) {
        throw unknownFlag(token.rawName, [...command.flags.map(({ name }) => name), "help"]);
      }
      const property = propertyName(flag.name);
      if (Object.hasOwn(flags, property)) {
        throw new FedmtlError("INVALID_OPTION", `--${flag.name} is given twice; give it once`);
      }
      flags[property] = readValue(flag, token.value, token.inlineValue === true);
    }
  }
  checkPositionals(command, positionals);
  return { flags: flags as Arguments<C>["flags"], positionals, help: false };
}

/** The property of the result that holds a flag's value: `loss-epsilon` is `lossEpsilon`. */
export function propertyName(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * parseArgs only has to know which flags take a value; all checks are ours, for the sake of one message form.
 */
function tokenize(command: Command, given: readonly string[]) {
  const options = command.flags.map(({ name, kind }) => {
    return [name, { type: kind === "boolean" ? "boolean" : "string" }] as const;
  });
  const { tokens } = parseArgs({
    args: [...given],
    options: { ...Object.fromEntries(options), help: { type: "boolean", short: "h" } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  return tokens;
}

function readValue(flag: Flag, value: string | undefined, inline: boolean): FlagValue<Flag> {
  if (flag.kind === "boolean") {
    if (value !== undefined) {
      throw new FedmtlError("INVALID_OPTION", `--${flag.name} takes no value, got ${JSON.stringify(value)}`);
    }
    return true;
  }
  // `--out --json` is a forgotten value; `--out=--json` is meant.
  if (value === undefined || (!inline && /^--./.test(value))) {
    throw new FedmtlError("INVALID_OPTION", `--${flag.name} needs a value: ${expected(flag)}`);
  }
  switch (flag.kind) {
    case "string":
      return value;
    case "choice": {
      const chosen = flag.choices.find((one) => propertyName(one) === propertyName(value));
      if (chosen === undefined) {
        throw invalidChoice(`value of --${flag.name}`, value, flag.choices);
      }
      return chosen;
    }
    case "numbers":
      return value.split(",").map((text) => readNumber(flag, text.trim()));
    default:
      return flag.words?.includes(value) ? value : readNumber(flag, value);
  }
}

function readNumber(flag: NumberFlag | ListFlag, text: string): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = flag;
  const { above = Number.NEGATIVE_INFINITY, below = Number.POSITIVE_INFINITY } = flag;
  const inRange = value >= min && value <= max && value > above && value < below;
  if (!inRange || (flag.kind === "integer" && !Number.isSafeInteger(value))) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `--${flag.name} must be ${expected(flag)}, got ${JSON.stringify(text)}`,
    );
  }
  return value;
}

const kinds = {
  number: "a number",
  integer: "a whole number",
  numbers: "numbers separated by commas",
} as const;

/**
 * What a flag accepts, in words: `a whole number of at least 1, or auto`.
 */
export function expected(flag: Exclude<Flag, BooleanFlag>): string {
  switch (flag.kind) {
    case "string":
      return flag.placeholder;
    case "choice":
      return `one of ${flag.choices.join(", ")}`;
    default: {
      const limits = [
        ...(flag.min === undefined ? [] : [`of at least ${flag.min}`]),
        ...(flag.above === undefined ? [] : [`above ${flag.above}`]),
        ...(flag.max === undefined ? [] : [`of at most ${flag.max}`]),
        ...(flag.below === undefined ? [] : [`below ${flag.below}`]),
      ];
      const words = flag.kind === "numbers" ? [] : (flag.words ?? []);
      const range = [kinds[flag.kind], limits.join(" and ")].filter((part) => part !== "");
      return (
        range.join(flag.kind === "numbers" ? ", each " : " ") + words.map((word) => `, or ${word}`).join("")
      );
    }
  }
}

function unknownFlag(given: string, names: readonly string[]): FedmtlError {
  return invalidChoice(
    "option",
    given,
    names.map((name) => `--${name}`),
  );
}

function checkPositionals({ name, positionals }: Command, given: readonly string[]): void {
  const missing = positionals[given.length];
  if (missing !== undefined && missing.optional !== true) {
    throw new FedmtlError("INVALID_OPTION", `${name} needs ${missing.name}: ${missing.help}`);
  }
  const extra = given[positionals.length];
  if (extra !== undefined && positionals.at(-1)?.many !== true) {
    const allowed = positionals.length === 0 ? "no argument" : positionals.map((one) => one.name).join(" ");
    throw new FedmtlError("INVALID_OPTION", `${name} takes ${allowed}, got ${JSON.stringify(extra)} as well`);
  }
}
