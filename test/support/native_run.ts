// Clients and server of the addon, moved on one round or one Omega step at a time.

import {
  clustered,
  fixed,
  global,
  graph,
  independent,
  mean,
  type Relationship,
  sparsePrecision,
  traceNorm,
} from "fedmtl";
import type {
  ReferenceOptions,
  ReferenceRecord,
  ReferenceRelationship,
  ReferenceTask,
} from "fedmtl/reference";
import { expect } from "vitest";
import { toNative } from "../../dist/mocha/relationships.js";
import {
  type NativeClientPool,
  type NativeOmegaStep,
  type NativeServer,
  native,
  recordFields,
} from "../../dist/native.js";
import { type Storage, toTaskSet } from "./native_problems.js";
import { isClassification, lossShape, sum } from "./reference_problems.js";

/** The reference's relationship as a user of the package gives it. */
export function relationshipOf(given: ReferenceRelationship): Relationship {
  const { family, lambda1, lambda2, epsilon, omega, sigma, k = 1, eta = 1, rho = 1, edges = [] } = given;
  const lambdas = { lambda1, lambda2 };
  switch (family) {
    case "independent":
      return independent(lambdas);
    case "global":
      return global(lambdas);
    case "mean":
      return mean(lambdas);
    case "fixed":
      return fixed({
        ...lambdas,
        ...(omega === undefined ? {} : { omega }),
        ...(sigma === undefined ? {} : { sigma }),
      });
    case "clustered":
      return clustered({ ...lambdas, k, eta });
    case "sparse-precision":
      return sparsePrecision({ ...lambdas, rho });
    case "graph":
      return graph({ ...lambdas, edges: edges.map(([a, b, weight]) => [`task-${a}`, `task-${b}`, weight]) });
    case "trace-norm":
      return traceNorm({ ...lambdas, ...(epsilon === undefined ? {} : { epsilon }) });
  }
}

/** A problem of the reference, and how the package stores its rows. */
export interface Case {
  readonly tasks: ReferenceTask[];
  readonly storage: Storage;
  readonly options: ReferenceOptions;
}

/** A certified round. */
export type NativeRecord = Omit<ReferenceRecord, "round" | "omegaStep" | "relativeGap">;

/** One training by hand. */
export class NativeRun {
  readonly clients: NativeClientPool;
  readonly server: NativeServer;
  readonly #sizes: number[];
  readonly #options: ReferenceOptions;

  constructor({ tasks, storage, options }: Case, threads: number) {
    const { loss, weighting, policy, relationship, omegaSteps = 0, cutTolerance = 0 } = options;
    const set = toTaskSet(tasks, storage);
    this.#options = options;
    this.#sizes = tasks.map(({ y }) => y.length);
    this.clients = new native.ClientPool(set.native, {
      ...{ ...lossShape, loss, weighting, threads },
      ...{ momentum: policy === "accelerated", freeIntercept: false, shrinking: false },
      positive: isClassification(loss) ? 1 : undefined,
      seed: Number(options.seed),
    });
    this.server = new native.Server({
      ...{ policy, threads },
      tasks: tasks.length,
      cols: set.cols,
      relationship: toNative(
        relationshipOf(relationship),
        { tasks: tasks.length, names: () => set.names },
        omegaSteps,
        100 * cutTolerance,
      ),
    });
  }

  /** Runs rounds; resolves with the table of those that were finished, a row each. */
  async rounds(first: number, count: number): Promise<number[][]> {
    const plan = {
      ...{ firstRound: first, maxRounds: count, roundOfWStep: 0, certifyEvery: 1, seconds: 60 },
      ...{ certifyAlwaysFrom: Number.POSITIVE_INFINITY, lastRound: Number.POSITIVE_INFINITY },
      ...{ stopRelativeGap: 0, stopGap: 0, stopObjective: Number.NEGATIVE_INFINITY },
    };
    const table = await this.server.runRounds(this.clients, plan, Float64Array.from(this.#steps(first)));
    return Array.from({ length: table.length / recordFields }, (_, row) => [
      ...table.subarray(row * recordFields, (row + 1) * recordFields),
    ]);
  }

  async round(round: number): Promise<NativeRecord> {
    const [record = [], ...others] = await this.rounds(round, 1);
    expect(others).toEqual([]);
    expect(record[0]).toBe(round);
    expect(record[1]).toBe(sum(this.#steps(round)));
    const field = (index: number) => record[index] as number;
    return {
      participants: field(3),
      gamma: field(7),
      restarted: field(8) === 1,
      primal: field(9),
      dual: field(10),
      gap: field(11),
      jointObjective: field(12),
    };
  }

  omegaStep(): Promise<NativeOmegaStep> {
    return this.server.stepOmega();
  }

  /** Budgets of a round. */
  #steps(round: number): number[] {
    const { localEpochs, budgets } = this.#options;
    return this.#sizes.map((n, t) => budgets?.(round, t) ?? Math.max(1, Math.round(localEpochs * n)));
  }
}
