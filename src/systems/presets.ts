/**
 * Choosing what each device has, from presets, objects and mixtures of them: the one form in which devices and links are given.
 */
import { FedmtlError, invalidChoice, shown } from "../errors.js";
import { rejectUnknownNames, requireOptions } from "../options.js";
import { inRange, inWords, type Range } from "../ranges.js";

/** A preset's name, the thing itself, one of either a task, or a function of a task's position and name. */
export type Choice<Thing, Name extends string> =
  | Name
  | Thing
  | readonly (Name | Thing)[]
  | ((task: number, name: string) => Name | Thing);

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

/**
 * The thing of every task, m.
 *
 * @throws FedmtlError INVALID_OPTION
 */
export function chosen<Thing extends object, Name extends string>(
  given: Choice<Thing, Name>,
  catalogue: Catalogue<Thing, Name>,
  names: readonly string[],
): Thing[] {
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
