/**
 * The record of a simulation: one row a round.
 */
import { ColumnTable } from "../column_table.js";
import type { MethodObjective } from "./method.js";

/** One simulated round. */
export interface SimulatedRound {
  /** 1, 2, … */
  readonly round: number;
  /** Omega steps taken before this round. */
  readonly omegaStep: number;
  /** Virtual seconds since the start, at the end of the round; under the paper's constants in the unit of its code. */
  readonly time: number;
  /** What the round took, waiting for the first device included. */
  readonly seconds: number;
  /** Devices that were sent the model. */
  readonly invited: number;
  /** Devices that answered. */
  readonly participants: number;
  /** Of the invited, those that failed, that went before they had answered, and that the deadline left no time. */
  readonly dropped: number;
  readonly left: number;
  readonly late: number;
  /** Of all devices, as the sums below. */
  readonly steps: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly flops: number;
  readonly joules: number;
  /** Bounds on theta_t^h over the participants, with option `theta`. */
  readonly theta?: { readonly mean: number; readonly max: number };
  /** After the round, where it was evaluated; with a dual also the gap. */
  readonly objective?: MethodObjective & { readonly gap?: number };
}

const columns = [
  ...([
    "round",
    "omegaStep",
    "time",
    "seconds",
    "invited",
    "participants",
    "dropped",
    "left",
    "late",
  ] as const),
  ...(["steps", "bytesUp", "bytesDown", "flops", "joules", "thetaMean", "thetaMax"] as const),
  ...(["primal", "dual", "jointObjective"] as const),
] as const;

/** The name of a column. */
export type SimulationColumn = (typeof columns)[number];

/** All rounds of a simulation so far. */
export class SimulationHistory implements Iterable<SimulatedRound> {
  readonly #table = new ColumnTable<SimulationColumn>(columns);

  /** Rounds recorded. */
  get length(): number {
    return this.#table.length;
  }

  /** One column as a copy, an entry a round; NaN where there is nothing, such as primal on rounds not evaluated. */
  column(name: SimulationColumn): Float64Array {
    return this.#table.column(name);
  }

  /** Sum of a column over all rounds. */
  total(name: SimulationColumn): number {
    return this.#table.total(name);
  }

  /** The record of the round at `index`, from 0. */
  at(index: number): SimulatedRound | undefined {
    if (!(index >= 0 && index < this.length)) {
      return undefined;
    }
    const value = (name: SimulationColumn): number => this.#table.value(name, index);
    const [mean, max] = [value("thetaMean"), value("thetaMax")];
    const objective = objectiveOf(value("primal"), value("dual"), value("jointObjective"));
    return {
      round: value("round"),
      omegaStep: value("omegaStep"),
      time: value("time"),
      seconds: value("seconds"),
      invited: value("invited"),
      participants: value("participants"),
      dropped: value("dropped"),
      left: value("left"),
      late: value("late"),
      steps: value("steps"),
      bytesUp: value("bytesUp"),
      bytesDown: value("bytesDown"),
      flops: value("flops"),
      joules: value("joules"),
      ...(Number.isNaN(mean) ? {} : { theta: { mean, max } }),
      ...(objective === undefined ? {} : { objective }),
    };
  }

  *[Symbol.iterator](): Iterator<SimulatedRound> {
    for (let index = 0; index < this.length; index++) {
      yield this.at(index) as SimulatedRound;
    }
  }

  /** @internal */
  append(row: Readonly<Record<SimulationColumn, number>>): void {
    this.#table.append(row);
  }

  /** @internal */
  save(): Record<string, Float64Array> {
    return this.#table.save("simulation.");
  }

  /** @internal */
  restore(read: (name: string) => Float64Array): void {
    this.#table.restore("simulation.", read);
  }
}

function objectiveOf(primal: number, dual: number, joint: number): SimulatedRound["objective"] {
  if (Number.isNaN(primal)) {
    return undefined;
  }
  return {
    primal,
    ...(Number.isNaN(dual) ? {} : { dual, gap: primal - dual }),
    ...(Number.isNaN(joint) ? {} : { jointObjective: joint }),
  };
}
