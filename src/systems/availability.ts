/**
 * Availability: which devices are there when a round begins, and until when. The server invites only those that are; one that
 * goes before it has answered drops the round.
 */
import { FedmtlError, shown } from "../errors.js";
import { rejectUnknownNames, requireOptions } from "../options.js";
import { inRange, inWords } from "../ranges.js";
import type { Moment, PartFacts } from "./moment.js";

/** When devices are there. Implement this for a model of one's own; everything it does must follow from what it is given. */
export interface Availability {
  readonly name: string;
  readonly facts?: PartFacts;
  /**
   * Before the first round.
   *
   * @throws if it does not fit these tasks
   */
  check?(names: readonly string[]): void;
  /**
   * Writes for every device the virtual second until which it stays, Infinity if it does not go, and -Infinity if it is not
   * there now.
   */
  at(moment: Moment, until: Float64Array): void;
  /**
   * The first virtual second after `time` at which a device comes, Infinity if none will; asked where no device is there in
   * all models of availability. Absent: the next round finds out.
   */
  nextArrival?(moment: Moment): number;
  /** Whether the device of the task at position t never comes. */
  never?(t: number, names: readonly string[]): boolean;
}

/** When devices are free for training. */
export interface DayNightOptions {
  /** Hours of the device's own day between which it is there, from 0 to 24, by default 22 to 6: charging at night. */
  readonly from?: number;
  readonly to?: number;
  /** Hours over which the devices' clocks are spread, from 0 to 24, by default 0: one time zone. */
  readonly spread?: number;
  /** Hour of the day at virtual second 0, by default 0. */
  readonly start?: number;
}

const secondsOfHour = 3600;
const hoursOfDay = 24;
/** So that rounding cannot leave the clock a hair before the hour for ever. */
const shortestWait = 1e-9;

function hour(name: string, given: number | undefined, fallback: number): number {
  const value = given === undefined ? fallback : given;
  const range = { least: 0, most: hoursOfDay };
  if (!inRange(value, range)) {
    throw new FedmtlError("INVALID_OPTION", `${name} of dayNight is ${shown(value)}; give ${inWords(range)}`);
  }
  return value;
}

const remainder = (value: number): number => ((value % hoursOfDay) + hoursOfDay) % hoursOfDay;

/**
 * Devices that are there for the same hours of every day, each by its own clock.
 *
 * @throws FedmtlError INVALID_OPTION
 */
export function dayNight(given: DayNightOptions = {}): Availability {
  requireOptions("the options of dayNight are", given, "{ from: 22, to: 6 }");
  rejectUnknownNames("option of dayNight", given, ["from", "to", "spread", "start"]);
  const from = hour("from", given.from, 22);
  const to = hour("to", given.to, 6);
  const spread = hour("spread", given.spread, 0);
  const start = hour("start", given.start, 0);
  if (from === to) {
    throw new FedmtlError("INVALID_OPTION", `from and to of dayNight are both ${from}; give two hours`);
  }
  const hours = remainder(to - from);
  return {
    name: "day-night",
    facts: { from, to, spread, start },
    at({ time, names, random }, until) {
      const word = random.word("daylight", 0);
      for (let t = 0; t < names.length; t++) {
        const now = start + time / secondsOfHour + spread * random.uniform(word, t);
        const since = remainder(now - from);
        until[t] = since < hours ? time + (hours - since) * secondsOfHour : Number.NEGATIVE_INFINITY;
      }
    },
    nextArrival({ time, names, random }) {
      const word = random.word("daylight", 0);
      let wait = hoursOfDay;
      for (let t = 0; t < names.length; t++) {
        const now = start + time / secondsOfHour + spread * random.uniform(word, t);
        wait = Math.min(wait, remainder(from - now));
      }
      return time + Math.max(wait, shortestWait) * secondsOfHour;
    },
  };
}
