/**
 * Faults: devices that were invited and do not answer. A node with probability 1 of it never does, and then the limit of the
 * method is another one (docs/math.md, section 3).
 */
import { FedmtlError, shown } from "../errors.js";
import { rejectUnknownNames, requireOptions } from "../options.js";
import { inRange, inWords } from "../ranges.js";
import type { Moment, PartFacts } from "./moment.js";

/** Which devices fail. Implement this for a model of one's own; everything it does must follow from what it is given. */
export interface Faults {
  readonly name: string;
  readonly facts?: PartFacts;
  /** @throws if it does not fit these tasks */
  check?(names: readonly string[]): void;
  /** Sets an entry to 1 where the device fails and to 0 where not; on entry it is what this model set the round before. */
  drop(moment: Moment, dropped: Uint8Array): void;
  /** Whether device t can never answer. */
  never?(t: number): boolean;
}

const probabilities = { least: 0, most: 1 };

/**
 * Every device fails on its own in every round with its probability p_t.
 *
 * @param p one for all, or one a task
 * @throws FedmtlError INVALID_OPTION for a probability outside [0, 1]
 */
export function independentDrops(p: number | ArrayLike<number>): Faults {
  const each = typeof p === "number" ? [p] : Array.from(p);
  const wrong = each.find((value) => !inRange(value, probabilities));
  if (wrong !== undefined || each.length === 0) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `the probability of dropping a round is ${shown(wrong)}; give ${inWords(probabilities)}`,
    );
  }
  const of = (t: number): number => (each.length === 1 ? each[0] : each[t]) as number;
  return {
    name: "independent",
    facts: { p: each.join(" ") },
    check(names) {
      if (typeof p !== "number" && each.length !== names.length) {
        throw new FedmtlError(
          "INVALID_OPTION",
          `there are ${each.length} probabilities of dropping a round for ${names.length} tasks; give one a task`,
        );
      }
    },
    drop({ round, names, random }, dropped) {
      const word = random.word("drop", round);
      for (let t = 0; t < names.length; t++) {
        dropped[t] = random.uniform(word, t) < of(t) ? 1 : 0;
      }
    },
    never: (t) => of(t) === 1,
  };
}

/** Failures that come in runs. */
export interface BurstOptions {
  /** Share of rounds that a device fails, from 0 to below 1. */
  readonly share: number;
  /** Rounds that a run of failures lasts on average, at least 1. */
  readonly rounds: number;
}

/**
 * Gilbert's channel (E. N. Gilbert: Capacity of a burst-noise channel, 1960): every device is in a good or a bad state, in
 * which it fails, and changes with fixed probabilities from round to round; it begins in the state's long-run share.
 *
 * @throws FedmtlError INVALID_OPTION
 */
export function bursts(given: BurstOptions): Faults {
  requireOptions("the options of bursts are", given, "{ share: 0.2, rounds: 5 }");
  rejectUnknownNames("option of bursts", given, ["share", "rounds"]);
  const { share, rounds } = given;
  if (!inRange(share, probabilities) || share === 1) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `share of bursts is ${shown(share)}; give a number from 0 to below 1`,
    );
  }
  if (!inRange(rounds, { least: 1 })) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `rounds of bursts is ${shown(rounds)}; give ${inWords({ least: 1 })}`,
    );
  }
  const ends = 1 / rounds;
  const begins = (share / (1 - share)) * ends;
  if (begins > 1) {
    const least = share / (1 - share);
    throw new FedmtlError(
      "INVALID_OPTION",
      `rounds of bursts is ${rounds}, with a share of ${share} runs last at least ${least.toPrecision(3)} rounds`,
    );
  }
  return {
    name: "bursts",
    facts: { share, rounds },
    drop({ round, names, random }, dropped) {
      const word = random.word("burst", round);
      for (let t = 0; t < names.length; t++) {
        const chance = round === 1 ? share : dropped[t] === 1 ? 1 - ends : begins;
        dropped[t] = random.uniform(word, t) < chance ? 1 : 0;
      }
    },
  };
}
