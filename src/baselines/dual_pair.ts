/**
 * The native clients and server that CoCoA and the methods solved by MOCHA's own solver share: how they are made, what they
 * certify, what they save. The algorithm is in native/client.hpp and native/server.hpp.
 */
import type { TaskSet } from "../data/task_set.js";
import { FedmtlError } from "../errors.js";
import { mapLabels } from "../mocha/labels.js";
import { type Relationship, toNative } from "../mocha/relationships.js";
import { type NativeClientPool, type NativeServer, native } from "../native.js";
import type { Policy } from "../options.js";
import type { MethodObjective } from "../systems/method.js";
import type { ResolvedProblem } from "./options.js";

/** Clients and server of a given relationship. */
export class DualPair {
  readonly clients: NativeClientPool;
  readonly server: NativeServer;
  readonly #tasks: number;

  /** @throws FedmtlError BAD_INPUT for labels that do not fit the loss; INVALID_OPTION for a relationship of other tasks */
  constructor(tasks: TaskSet, problem: ResolvedProblem, relationship: Relationship, policy: Policy) {
    const { positive, ...solver } = problem;
    this.#tasks = tasks.taskCount;
    this.clients = new native.ClientPool(tasks.native, {
      ...solver,
      positive: mapLabels(tasks.native, problem.loss, positive)?.positive,
      freeIntercept: false,
      momentum: policy === "accelerated",
      shrinking: false,
    });
    const named = { tasks: tasks.taskCount, names: () => tasks.names };
    this.server = new native.Server({
      ...{ tasks: tasks.taskCount, cols: tasks.cols, policy, threads: problem.threads },
      relationship: toNative(relationship, named, 0, 0),
    });
  }

  /** P at W = V K and D at alpha. Leaves V as it is, so that no later bit depends on when it was asked for. */
  objective(): MethodObjective {
    const lossSums = new Float64Array(this.#tasks);
    const conjugateSums = new Float64Array(this.#tasks);
    for (let t = 0; t < this.#tasks; t++) {
      const { lossSum, conjugateSum } = this.clients.evaluate(t, this.server.evaluation(t));
      lossSums[t] = lossSum;
      conjugateSums[t] = conjugateSum;
    }
    const { primal, dual } = this.server.certificate(lossSums, conjugateSums);
    return { primal, dual };
  }

  weights(): Float64Array {
    return this.server.state().W;
  }

  save(): Record<string, Float64Array> {
    return this.server.save(this.clients);
  }

  /** @throws FedmtlError BAD_MODEL */
  restore(state: Readonly<Record<string, Float64Array>>): void {
    try {
      this.server.restore(this.clients, state);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new FedmtlError("BAD_MODEL", `the state does not fit this method: ${reason}`, { cause });
    }
  }

  dispose(): void {
    this.clients.dispose();
    this.server.dispose();
  }
}
