/**
 * A simulation: rounds of a method on a virtual clock. Time moves from event to event, the arrival of a device, the answer of
 * the slowest participant, a deadline; nothing in it depends on how long the machine takes or on its threads.
 *
 * A round: who is there is invited (or a sample of them), each makes the steps that budget, deadline and clock allow, and the
 * round lasts until the slowest has answered. With a deadline the server waits for silent devices until then; without one it
 * is taken to know of them at once.
 */
import { setImmediate } from "node:timers/promises";
import type { CheckpointFolder } from "../mocha/checkpoint.js";
import { stored, storedNumber, type SavedState } from "../mocha/checkpoint_file.js";
import { Attendance } from "./attendance.js";
import { DeviceTotals } from "./device_totals.js";
import { Fleet } from "./fleet.js";
import { KeyedRandom } from "./keyed_random.js";
import { isPaperNetwork } from "./links.js";
import type { Method, MethodObjective, RoundWork } from "./method.js";
import type { Moment } from "./moment.js";
import { paperSeconds } from "./paper_time.js";
import { RoundCosts, type RoundTotals } from "./round_costs.js";
import type { SimulationHistory } from "./simulation_history.js";
import type { ResolvedSimulation } from "./simulation_options.js";

/** Wall time after which timers and signals get their turn; methods that never leave JavaScript would keep them out. */
const millisecondsInARow = 10;

/** Why a simulation ended. */
export type SimulationStatus =
  /** The target of `stop` is reached, or the method's own stopping rule holds. */
  | "converged"
  /** Rounds, virtual seconds or Omega steps ran out. */
  | "budget"
  /** No device comes any more. */
  | "deserted"
  | "aborted";

/** One method's rounds. */
export class Simulation {
  readonly method: Method;
  readonly totals: DeviceTotals;
  readonly attendance: Attendance;
  readonly #options: ResolvedSimulation;
  readonly #history: SimulationHistory;
  readonly #onRound: () => void;
  readonly #names: readonly string[];
  readonly #random: KeyedRandom;
  readonly #fleet: Fleet;
  readonly #costs: RoundCosts;
  #checkpoints: CheckpointFolder | undefined;
  #rounds = 0;
  #time = 0;
  #objective: MethodObjective | undefined;
  #aborted = false;
  #changed = false;

  /** @throws FedmtlError INVALID_OPTION for devices, links, faults that do not fit the tasks */
  constructor(
    method: Method,
    names: readonly string[],
    options: ResolvedSimulation,
    history: SimulationHistory,
    onRound: () => void,
  ) {
    this.method = method;
    this.#options = options;
    this.#history = history;
    this.#onRound = onRound;
    this.#names = names;
    this.#random = new KeyedRandom(options.seed, names);
    this.#fleet = new Fleet(options.devices, options.network, names, this.#random);
    this.#fleet.requireMemory(method, names);
    for (const part of [...options.availability, ...options.faults]) {
      part.check?.(names);
    }
    this.attendance = new Attendance(options, method, this.#fleet);
    this.#costs = new RoundCosts(this.#fleet, options.deadline);
    this.totals = new DeviceTotals(names.length);
  }

  /** Virtual seconds so far. */
  get time(): number {
    return this.#time;
  }
  /** Of the last round; undefined before the first. */
  get objective(): MethodObjective | undefined {
    return this.#objective;
  }

  /** Ends the simulation after the round under way. */
  abort(): void {
    this.#aborted = true;
  }

  /** Goes on from a checkpoint; before `run`. @throws FedmtlError BAD_MODEL */
  restore(state: SavedState): void {
    const read = (name: string): Float64Array => stored(state, name);
    this.method.restore(state);
    this.#history.restore(read);
    this.totals.restore(read);
    this.attendance.restore(read);
    this.#rounds = this.#history.length;
    this.#time = storedNumber(state, "clock.time");
    this.#objective = this.#history.at(this.#rounds - 1)?.objective;
    this.#onRound();
  }

  /** Runs to the end, which a checkpoint marks too. */
  async run(checkpoints: CheckpointFolder | undefined): Promise<SimulationStatus> {
    this.#checkpoints = checkpoints;
    const status = await this.#runRounds();
    await this.#writeCheckpoint();
    if (this.#objective === undefined) {
      this.#objective = await this.method.objective();
    }
    return status;
  }

  async #runRounds(): Promise<SimulationStatus> {
    if (this.#targetReached()) {
      return "converged";
    }
    let start = performance.now();
    for (;;) {
      if (performance.now() - start > millisecondsInARow) {
        await setImmediate();
        start = performance.now();
      }
      if (this.#aborted) {
        return "aborted";
      }
      const { rounds, seconds = Number.POSITIVE_INFINITY } = this.#options.stop;
      if (this.#rounds >= rounds || this.#time >= seconds) {
        return "budget";
      }
      const verdict = await this.method.prepareRound?.();
      if (verdict !== undefined) {
        return verdict;
      }
      if (!this.#begin()) {
        return "deserted";
      }
      await this.#runRound();
      if (this.#targetReached()) {
        return "converged";
      }
      if (this.#checkpoints?.isDue(this.#rounds) === true) {
        await this.#writeCheckpoint();
      }
    }
  }

  /** Plans the next round, at the next arrival if nobody is there. @returns false if nobody ever will be */
  #begin(): boolean {
    const { attendance } = this;
    // One that comes by one model of availability may not be there by another.
    while (!attendance.look(this.#moment())) {
      const arrival = attendance.nextArrival(this.#moment());
      if (arrival === Number.POSITIVE_INFINITY) {
        return false;
      }
      if (arrival === undefined) {
        break;
      }
      this.#time = Math.max(arrival, this.#time + Number.EPSILON * Math.max(this.#time, 1));
    }
    attendance.plan(this.#moment());
    return true;
  }

  #moment(): Moment {
    return { round: this.#rounds + 1, time: this.#time, names: this.#names, random: this.#random };
  }

  async #runRound(): Promise<void> {
    const round = this.#rounds + 1;
    const { attendance, method } = this;
    const before = this.#history.at(this.#rounds - 1)?.time ?? 0;
    const { theta: wantTheta, evaluateEvery, stop, onRound } = this.#options;
    const work = await method.round({ round, steps: attendance.steps, wantTheta });
    const totals = this.#costs.measure(work, attendance, method.messageBytes);
    this.#time += this.#duration(work, totals);
    this.#rounds = round;
    this.totals.add(attendance, work, this.#costs);
    const { seconds = Number.POSITIVE_INFINITY } = stop;
    const due = round % evaluateEvery === 0 || round >= stop.rounds || this.#time >= seconds;
    this.#objective = due ? await method.objective() : undefined;
    this.#record(work, totals, this.#time - before);
    this.#changed = true;
    const record = this.#history.at(round - 1);
    if (onRound !== undefined && record !== undefined) {
      const { states } = attendance;
      const { seconds: ofTask, joules, bytesUp, bytesDown } = this.#costs;
      const { steps, flops, theta } = work;
      const known = theta === undefined ? {} : { theta };
      onRound(record, { states, steps, flops, bytesUp, bytesDown, seconds: ofTask, joules, ...known });
    }
    this.#onRound();
  }

  /** Of a round from its invitations on. */
  #duration(work: RoundWork, { slowest, told }: RoundTotals): number {
    const { network, deadline } = this.#options;
    if (isPaperNetwork(network)) {
      return paperSeconds(network, this.method.name, work);
    }
    const { attendance } = this;
    const silent = attendance.invited - attendance.count("answered");
    if (deadline !== Number.POSITIVE_INFINITY) {
      return silent > 0 || attendance.invited === 0 ? deadline : slowest;
    }
    return attendance.count("answered") > 0 ? slowest : told;
  }

  #record(work: RoundWork, totals: RoundTotals, seconds: number): void {
    const { attendance } = this;
    const { slowest, told, ...sums } = totals;
    this.#history.append({
      ...{ round: this.#rounds, omegaStep: work.omegaStep ?? 0, time: this.#time, seconds },
      invited: attendance.invited,
      participants: participantsOf(work),
      dropped: attendance.count("dropped"),
      left: attendance.count("left"),
      late: attendance.count("late"),
      ...sums,
      primal: this.#objective?.primal ?? Number.NaN,
      dual: this.#objective?.dual ?? Number.NaN,
      jointObjective: this.#objective?.jointObjective ?? Number.NaN,
    });
  }

  /** Whether the last round's objective is what `stop` asks for. */
  #targetReached(): boolean {
    if (this.#objective === undefined) {
      return false;
    }
    const { primal, dual } = this.#objective;
    const { stop } = this.#options;
    if (stop.primal !== undefined && primal <= stop.primal) {
      return true;
    }
    if (stop.suboptimality !== undefined) {
      const { optimum, epsilon } = stop.suboptimality;
      if (primal - optimum <= epsilon * Math.abs(optimum)) {
        return true;
      }
    }
    // A method with a stopping rule of its own, such as that of learned relationships, knows better what its gap says.
    const byGap = dual !== undefined && stop.gap > 0 && this.method.ownStoppingRule !== true;
    return byGap && primal - dual <= stop.gap * Math.max(Math.abs(primal), Math.abs(dual));
  }

  async #writeCheckpoint(): Promise<void> {
    if (this.#checkpoints === undefined || !this.#changed) {
      return;
    }
    await this.#checkpoints.write(this.#rounds, {
      ...this.method.save(),
      ...this.#history.save(),
      ...this.totals.save(),
      ...this.attendance.save(),
      "clock.time": Float64Array.of(this.#time),
    });
    this.#changed = false;
  }
}

function participantsOf({ steps }: RoundWork): number {
  let count = 0;
  for (let t = 0; t < steps.length; t++) {
    count += (steps[t] as number) > 0 ? 1 : 0;
  }
  return count;
}
