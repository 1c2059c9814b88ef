/**
 * The record of a training: one row a round, held in columns, so that a million rounds cost megabytes, not objects.
 */
import { ColumnTable } from "../column_table.js";
import type { NativeCertificate } from "../native.js";
import { type SavedState, stored } from "./saved_state.js";

/** Primal, dual and gap of the objective for the Omega in force (docs/math.md, section 1). */
export interface Certificate {
  /** P(W), without g(Omega). */
  readonly primal: number;
  /** D(alpha). */
  readonly dual: number;
  /** primal - dual, at least 0 up to rounding: W is within `gap` of the optimum for this Omega. */
  readonly gap: number;
  /** gap / max(|primal|, |dual|). */
  readonly relativeGap: number;
  /** primal + g(Omega); absent while trace-norm's epsilon is not fixed. */
  readonly jointObjective?: number;
  /**
   * A lower bound on the joint objective over all W and Omega, where the family's joint problem is convex (trace-norm,
   * clustered): the model is within jointObjective - jointDual of the joint optimum.
   */
  readonly jointDual?: number;
}

/** One round. */
export interface RoundRecord {
  /** 1, 2, … over the whole training. */
  readonly round: number;
  /** Omega steps taken before this round, of several classes those of its class. */
  readonly omegaStep: number;
  /** Coordinate steps of all tasks. */
  readonly steps: number;
  /** Tasks that took part. */
  readonly participants: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly flops: number;
  readonly seconds: number;
  /** The step that the server took towards the proposals, in [0, 1]. */
  readonly gamma: number;
  /** Whether momentum began anew after this round (policy `accelerated`). */
  readonly restarted: boolean;
  /** Several classes: the one that was trained against the others. */
  readonly label?: number;
  /** Absent on rounds that were not certified. */
  readonly certificate?: Certificate;
}

/** One Omega step: the regulariser 1/2 tr(W M W') + g(Omega) before and after it, W held; it never rises. */
export interface OmegaRecord {
  /** The round after which it was taken. */
  readonly round: number;
  readonly regularizerBefore: number;
  readonly regularizerAfter: number;
  /** Directions that the kernel over tasks tells apart from the rest, at most min(d, m). */
  readonly rank: number;
  /**
   * What taking the others together has cost at most: the relative rise of what the step lowers, Q in docs/math.md, section
   * 5. The certificate is not concerned.
   */
  readonly cutBound: number;
  readonly seconds: number;
}

const columns = [
  "round",
  "omegaStep",
  "steps",
  "participants",
  "bytesUp",
  "bytesDown",
  "flops",
  "seconds",
  "gamma",
  "restarted",
  "primal",
  "dual",
  "gap",
  "jointObjective",
  "jointDual",
] as const;

const omegaColumns = [
  "round",
  "regularizerBefore",
  "regularizerAfter",
  "rank",
  "cutBound",
  "seconds",
] as const satisfies readonly (keyof OmegaRecord)[];

/** The name of a column of the history. */
export type HistoryColumn = (typeof columns)[number];

/** @internal The public form of a native certificate. */
export function toCertificate(certificate: NativeCertificate): Certificate {
  const { primal, dual, gap, relativeGap, jointObjective, jointDual } = certificate;
  return {
    ...{ primal, dual, gap, relativeGap },
    ...(Number.isNaN(jointObjective) ? {} : { jointObjective }),
    ...(Number.isNaN(jointDual) ? {} : { jointDual }),
  };
}

/** gap / max(|primal|, |dual|), 0 if both are 0. */
export function relativeGap(primal: number, dual: number, gap: number): number {
  const scale = Math.max(Math.abs(primal), Math.abs(dual));
  return scale === 0 ? 0 : gap / scale;
}

/** All rounds of a training so far. */
export class History implements Iterable<RoundRecord> {
  readonly #table = new ColumnTable<HistoryColumn>(columns);
  /** Several classes: where each begins. */
  readonly #classes: {
    readonly label: number;
    readonly firstIndex: number;
    readonly firstOmegaStep: number;
  }[] = [];
  /** The Omega steps, in order. */
  readonly omegaSteps: OmegaRecord[] = [];

  /** Rounds recorded. */
  get length(): number {
    return this.#table.length;
  }

  /** One column as a copy, an entry a round; NaN where a round was not certified. */
  column(name: HistoryColumn): Float64Array {
    return this.#table.column(name);
  }

  /** Sum of a column over all rounds. */
  total(name: HistoryColumn): number {
    return this.#table.total(name);
  }

  /** The record of the round at `index`, from 0. */
  at(index: number): RoundRecord | undefined {
    if (!(index >= 0 && index < this.length)) {
      return undefined;
    }
    const value = (name: HistoryColumn): number => this.#table.value(name, index);
    const record = {
      round: value("round"),
      omegaStep: value("omegaStep"),
      steps: value("steps"),
      participants: value("participants"),
      bytesUp: value("bytesUp"),
      bytesDown: value("bytesDown"),
      flops: value("flops"),
      seconds: value("seconds"),
      gamma: value("gamma"),
      restarted: value("restarted") === 1,
      ...this.#labelAt(index),
    };
    const [primal, dual, gap, jointObjective, jointDual] = [
      value("primal"),
      value("dual"),
      value("gap"),
      value("jointObjective"),
      value("jointDual"),
    ];
    if (Number.isNaN(primal)) {
      return record;
    }
    const relative = relativeGap(primal, dual, gap);
    return {
      ...record,
      certificate: toCertificate({ primal, dual, gap, relativeGap: relative, jointObjective, jointDual }),
    };
  }

  *[Symbol.iterator](): Iterator<RoundRecord> {
    for (let index = 0; index < this.length; index++) {
      yield this.at(index) as RoundRecord;
    }
  }

  /** @internal Appends a round; the certificate's columns are NaN where there is none. */
  append(row: Readonly<Record<HistoryColumn, number>>): void {
    this.#table.append(row);
  }

  /** @internal What follows is about one class against the others. */
  beginClass(label: number): void {
    this.#classes.push({ label, firstIndex: this.length, firstOmegaStep: this.omegaSteps.length });
  }

  /** @internal Takes over what the history of the class begun last has more than this one. */
  takeFrom(own: History): void {
    const { firstIndex = 0, firstOmegaStep = 0 } = this.#classes.at(-1) ?? {};
    for (let index = this.length - firstIndex; index < own.length; index++) {
      const row = columns.map((name) => [name, own.#table.value(name, index)]);
      this.append({ ...Object.fromEntries(row), round: this.length + 1 });
    }
    for (const step of own.omegaSteps.slice(this.omegaSteps.length - firstOmegaStep)) {
      this.omegaSteps.push({ ...step, round: firstIndex + step.round });
    }
  }

  #labelAt(index: number): { readonly label?: number } {
    const found = this.#classes.filter(({ firstIndex }) => firstIndex <= index).at(-1);
    return found === undefined ? {} : { label: found.label };
  }

  /** @internal All columns and the Omega steps, for a checkpoint. */
  save(): SavedState {
    const omegaSteps = omegaColumns.map((name) => [
      `history.omegaSteps.${name}`,
      Float64Array.from(this.omegaSteps, (step) => step[name]),
    ]);
    return { ...this.#table.save("history."), ...Object.fromEntries(omegaSteps) };
  }

  /** @internal Into an empty history. @throws FedmtlError BAD_MODEL */
  restore(state: SavedState): void {
    this.#table.restore("history.", (name) => stored(state, name));
    const saved = omegaColumns.map((name) => [name, stored(state, `history.omegaSteps.${name}`)] as const);
    const count = saved[0]?.[1].length ?? 0;
    for (let i = 0; i < count; i++) {
      const step = Object.fromEntries(saved.map(([name, values]) => [name, values[i] ?? Number.NaN]));
      this.omegaSteps.push(step as unknown as OmegaRecord);
    }
  }
}
