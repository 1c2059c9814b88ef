/**
 * Sampling: which of the devices that are there the server invites to a round.
 */
import { FedmtlError, shown } from "../errors.js";
import { inRange } from "../ranges.js";
import type { Moment } from "./moment.js";

/** A fraction of the devices that are there, above 0 to 1, or a count of them. */
export type Sampling = { readonly fraction: number } | { readonly count: number };

/** What was given, an object with what is in it. */
function sampled(given: unknown): string {
  const entries = typeof given === "object" && given !== null ? Object.entries(given) : [];
  return entries.length === 0 || Array.isArray(given)
    ? shown(given)
    : `{ ${entries.map(([name, value]) => `${name}: ${shown(value)}`).join(", ")} }`;
}

/** @throws FedmtlError INVALID_OPTION */
export function samplingOf(given: Sampling): Sampling {
  const entries = typeof given === "object" && given !== null ? Object.entries(given) : [];
  const [name, value] = entries[0] ?? [];
  const good =
    entries.length === 1 &&
    ((name === "fraction" && inRange(value, { above: 0, most: 1 })) ||
      (name === "count" && inRange(value, { least: 1, whole: true })));
  if (!good) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `sampling is ${sampled(given)}; give { fraction } above 0 to 1, or { count }, a whole number from 1`,
    );
  }
  return given;
}

/**
 * Keeps a random choice of the given devices, without repetition and in their order: those with the smallest random numbers.
 *
 * @param present ascending positions of tasks; the choice is written to its front
 * @returns how many were chosen: the fraction rounded, at least one; or the count, as far as there are so many
 */
export function sample(present: Uint32Array, sampling: Sampling, { round, random }: Moment): number {
  const wanted =
    "count" in sampling ? sampling.count : Math.max(1, Math.round(sampling.fraction * present.length));
  if (wanted >= present.length) {
    return present.length;
  }
  const word = random.word("sampling", round);
  const keys = Float64Array.from(present, (t) => random.uniform(word, t));
  const limit = keys.slice().sort()[wanted - 1] as number;
  let kept = 0;
  for (let i = 0; i < present.length && kept < wanted; i++) {
    if ((keys[i] as number) <= limit) {
      present[kept++] = present[i] as number;
    }
  }
  return kept;
}
