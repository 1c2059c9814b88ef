/**
 * Who takes part in a round and with how many steps: those who are there are sampled, the invited get a budget, and some of
 * them will not answer. All of it is decided before the round is made, from the clock and the random numbers alone.
 */
import type { Availability } from "./availability.js";
import type { Faults } from "./faults.js";
import type { Fleet } from "./fleet.js";
import type { Method } from "./method.js";
import type { Moment } from "./moment.js";
import { sample, type Sampling } from "./sampling.js";
import type { WorkBudget } from "./work_budgets.js";

/** What a round is to a device. */
export const presence = {
  /** Not there when the round began. */
  away: 0,
  /** There, but not among the sampled. */
  notInvited: 1,
  answered: 2,
  /** Invited and failed. */
  dropped: 3,
  /** Went before it could have answered. */
  left: 4,
  /** The deadline leaves it no time for a step. */
  late: 5,
} as const;

/** What attendance depends on. */
export interface AttendanceRules {
  readonly availability: readonly Availability[];
  readonly faults: readonly Faults[];
  readonly budget: WorkBudget;
  readonly localEpochs: number;
  readonly sampling?: Sampling;
  /** Seconds; Infinity without one. */
  readonly deadline: number;
}

/** The attendance of the round at hand; every array has m entries and is written anew by `plan`. */
export class Attendance {
  /** Values of {@link presence}. */
  readonly states: Uint8Array;
  /** Of those that will answer; 0 for all others. */
  readonly steps: Float64Array;
  /** How many devices are in each state. */
  readonly counts = new Float64Array(Object.keys(presence).length);
  readonly #rules: AttendanceRules;
  readonly #method: Method;
  readonly #fleet: Fleet;
  /** Of each model of faults. */
  readonly #dropped: readonly Uint8Array[];
  readonly #until: Float64Array;
  readonly #untilOfOne: Float64Array;

  constructor(rules: AttendanceRules, method: Method, fleet: Fleet) {
    const m = fleet.size;
    this.#rules = rules;
    this.#method = method;
    this.#fleet = fleet;
    this.states = new Uint8Array(m);
    this.steps = new Float64Array(m);
    this.#dropped = rules.faults.map(() => new Uint8Array(m));
    this.#until = new Float64Array(m);
    this.#untilOfOne = new Float64Array(m);
  }

  /** Devices that were invited to the round. */
  get invited(): number {
    return this.steps.length - this.count("away") - this.count("notInvited");
  }

  count(state: keyof typeof presence): number {
    return this.counts[presence[state]] as number;
  }

  /**
   * Sees who is there: a device is if all models of availability say so, and until the first of them says it goes.
   *
   * @returns whether anyone is
   */
  look(moment: Moment): boolean {
    this.#until.fill(Number.POSITIVE_INFINITY);
    for (const model of this.#rules.availability) {
      model.at(moment, this.#untilOfOne);
      for (let t = 0; t < this.#until.length; t++) {
        this.#until[t] = Math.min(this.#until[t] as number, this.#untilOfOne[t] as number);
      }
    }
    let present = 0;
    for (let t = 0; t < this.states.length; t++) {
      const there = (this.#until[t] as number) > moment.time;
      this.states[t] = there ? presence.answered : presence.away;
      present += there ? 1 : 0;
    }
    return present > 0;
  }

  /** Decides the round that begins now, after `look` at the same moment. */
  plan(moment: Moment): void {
    const { budget, localEpochs, faults } = this.#rules;
    this.#invite(moment);
    const { mostSteps } = this.#method;
    if (mostSteps === undefined) {
      budget.steps(moment, this.#method, localEpochs, this.steps);
    } else {
      this.steps.fill(mostSteps);
    }
    for (const [i, model] of faults.entries()) {
      model.drop(moment, this.#dropped[i] as Uint8Array);
    }
    this.counts.fill(0);
    for (let t = 0; t < this.states.length; t++) {
      const state = this.#fate(t, moment.time);
      this.states[t] = state;
      (this.counts[state] as number)++;
      if (state !== presence.answered) {
        this.steps[t] = 0;
      }
    }
  }

  /** Virtual second at which the next device comes, where none is there; undefined if no model knows. */
  nextArrival(moment: Moment): number | undefined {
    const arrivals = this.#rules.availability.flatMap((model) => model.nextArrival?.(moment) ?? []);
    return arrivals.length === 0 ? undefined : Math.min(...arrivals);
  }

  /** Why device t can never answer; undefined if it can, as far as the models know. */
  whyNever(
    t: number,
    names: readonly string[],
  ): "drops every round" | "never there" | "too slow" | undefined {
    const { faults, availability, deadline } = this.#rules;
    if (faults.some((model) => model.never?.(t) === true)) {
      return "drops every round";
    }
    if (availability.some((model) => model.never?.(t, names) === true)) {
      return "never there";
    }
    return this.#stepsUntil(t, deadline) < 1 ? "too slow" : undefined;
  }

  save(): Record<string, Float64Array> {
    return Object.fromEntries(
      this.#dropped.map((values, i) => [`attendance.dropped.${i}`, Float64Array.from(values)]),
    );
  }

  restore(read: (name: string) => Float64Array): void {
    for (const [i, values] of this.#dropped.entries()) {
      values.set(read(`attendance.dropped.${i}`));
    }
  }

  /** Without sampling all who are there. */
  #invite(moment: Moment): void {
    const { sampling } = this.#rules;
    if (sampling === undefined) {
      return;
    }
    const present = new Uint32Array(this.states.length);
    let count = 0;
    for (let t = 0; t < this.states.length; t++) {
      if (this.states[t] === presence.answered) {
        present[count++] = t;
        this.states[t] = presence.notInvited;
      }
    }
    const chosen = present.subarray(0, count);
    for (const t of chosen.subarray(0, sample(chosen, sampling, moment))) {
      this.states[t] = presence.answered;
    }
  }

  /** What becomes of device t; cuts its steps to what the deadline allows. */
  #fate(t: number, time: number): number {
    const state = this.states[t] as number;
    if (state !== presence.answered) {
      return state;
    }
    if (this.#dropped.some((values) => values[t] === 1)) {
      return presence.dropped;
    }
    const { deadline } = this.#rules;
    if (deadline !== Number.POSITIVE_INFINITY) {
      const possible = this.#stepsUntil(t, deadline);
      if (possible < 1) {
        return presence.late;
      }
      this.steps[t] = Math.min(this.steps[t] as number, possible);
    }
    const until = this.#until[t] as number;
    if (until !== Number.POSITIVE_INFINITY) {
      const { messageBytes } = this.#method;
      const seconds = this.#fleet.secondsOfSteps(t, this.steps[t] as number, this.#method, messageBytes);
      return time + seconds > until ? presence.left : presence.answered;
    }
    return presence.answered;
  }

  /** Steps that device t makes between its messages in so many seconds. */
  #stepsUntil(t: number, deadline: number): number {
    const { messageBytes, flopsPerStep } = this.#method;
    const seconds = deadline - this.#fleet.secondsOfMessages(t, messageBytes.down, messageBytes.up);
    const flops = seconds * (this.#fleet.flopsPerSecond[t] as number);
    return Math.floor(flops / Math.max(flopsPerStep[t] as number, 1));
  }
}
