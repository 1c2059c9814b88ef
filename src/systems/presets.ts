/**
 * Choosing what each device has, from presets, objects and mixtures of them: the one form in which devices and links are given.
 */
import { FedmtlError, invalidChoice, shown } from "../errors.js";
import { rejectUnknownNames, requireOptions } from "../options.js";
import { inRange, inWords, type Range } from "../ranges.js";

/**
 * A preset's name, the thing itself, shares of presets, one name or thing a task, or a function of a task's position and name.
 */
export type Choice<Thing, Name extends string> =
  | Name
  | Thing
  | Shares<Name>
  | readonly (Name | Thing)[]
  | ((task: number, name: string) => Name | Thing);

/** Every task draws its preset by these weights, by seed and name alone: `{ shares: { wifi: 0.7, "3g": 0.3 } }`. */
export interface Shares<Name extends string> {
  readonly shares: Readonly<Partial<Record<Name, number>>>;
}

/** What is known of a kind of thing: its presets, and the ranges of its numbers. */
export interface Catalogue<Thing, Name extends string> {
  /** As messages call it, "network". */
  readonly what: string;
  readonly presets: Readonly<Record<Name, Thing>>;
  readonly ranges: Readonly<Record<keyof Thing & string, Range>>;
}

/** @throws FedmtlError INVALID_OPTION for an unknown preset, with the nearest name, and for numbers out of range */
function one<Thing extends object, Name extends string>(
  given: Name | Thing,
  { what, presets, ranges }: Catalogue<Thing, Name>,
): Thing {
  if (typeof given === "string") {
    if (!Object.hasOwn(presets, given)) {
      throw invalidChoice(what, given, Object.keys(presets));
    }
    return presets[given];
  }
  const names = Object.keys(ranges) as (keyof Thing & string)[];
  requireOptions(`${what} is`, given, `{ ${names.join(", ")} }, or the name of a preset`);
  rejectUnknownNames(`number of ${what}`, given, names);
  for (const name of names) {
    const value: unknown = given[name];
    if (!inRange(value, ranges[name])) {
      throw new FedmtlError(
        "INVALID_OPTION",
        `${name} of ${what} is ${shown(value)}; give ${inWords(ranges[name])}`,
      );
    }
  }
  return given;
}

const isShares = (given: unknown): given is Shares<string> =>
  typeof given === "object" && given !== null && "shares" in given;

/** @throws FedmtlError INVALID_OPTION */
function drawn<Thing extends object, Name extends string>(
  { shares }: Shares<Name>,
  catalogue: Catalogue<Thing, Name>,
  draw: Draw,
): Thing[] {
  requireOptions(`shares of ${catalogue.what} are`, shares, "{ wifi: 0.7, lte: 0.3 }");
  const entries = Object.entries(shares) as [Name, number][];
  const things = entries.map(([name]) => one(name, catalogue));
  const wrong = entries.find(([, share]) => !inRange(share, { least: 0 }));
  const sum = entries.reduce((total, [, share]) => total + share, 0);
  if (wrong !== undefined || !(sum > 0)) {
    const found = wrong === undefined ? "add up to 0" : `have ${shown(wrong[1])} for ${wrong[0]}`;
    throw new FedmtlError(
      "INVALID_OPTION",
      `the shares of ${catalogue.what} ${found}; give numbers from 0, one of them above 0`,
    );
  }
  return draw.names.map((_, t) => {
    let left = draw.uniform(t) * sum;
    const found = entries.findIndex(([, share]) => {
      left -= share;
      return left < 0;
    });
    return things[found === -1 ? things.length - 1 : found] as Thing;
  });
}

/** The tasks, and a uniform number on [0, 1) for each. */
export interface Draw {
  readonly names: readonly string[];
  uniform(t: number): number;
}

/**
 * The thing of every task, m.
 *
 * @throws FedmtlError INVALID_OPTION
 */
export function chosen<Thing extends object, Name extends string>(
  given: Choice<Thing, Name>,
  catalogue: Catalogue<Thing, Name>,
  draw: Draw,
): Thing[] {
  const { names } = draw;
  if (isShares(given)) {
    return drawn(given as Shares<Name>, catalogue, draw);
  }
  if (typeof given === "function") {
    return names.map((name, t) => one(given(t, name), catalogue));
  }
  if (Array.isArray(given)) {
    const each = given as readonly (Name | Thing)[];
    if (each.length !== names.length) {
      throw new FedmtlError(
        "INVALID_OPTION",
        `${catalogue.what} has ${each.length} entries for ${names.length} tasks; give one a task`,
      );
    }
    return each.map((entry) => one(entry, catalogue));
  }
  const same = one(given as Name | Thing, catalogue);
  return names.map(() => same);
}
