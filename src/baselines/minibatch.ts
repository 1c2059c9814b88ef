/**
 * What the two mini-batch methods have in common: all tasks compute at the W of the round's start, on a sample of their own
 * rows without repetition, and the server moves once, with one scaling for all. Rows that would be visited a second time in a
 * round would only give the same answer again, so that no task does more than one pass a round.
 */
import type { TaskSet } from "../data/task_set.js";
import { rowCountsOf, rowSizesOf } from "../data/task_sizes.js";
import type { Relationship } from "../mocha/relationships.js";
import type { MessageBytes, MethodObjective, RoundPlan, RoundWork } from "../systems/method.js";
import { KernelServer } from "./kernel_server.js";
import { type LocalRows, localRowsOf, rowSample, type SlopedLoss, slopedLoss } from "./local_rows.js";
import type { BaselineName, ResolvedProblem } from "./options.js";
import { savedArray } from "./state.js";
import type { TunedMethod, TuningTrial } from "./tuning.js";
import { addWork, emptyWork, messageBytes, primalTraffic } from "./work.js";
import { requirePlan } from "../systems/round_plan.js";

/** The problem of a mini-batch method, and its rows, which candidates of a search share. */
export interface MinibatchProblem {
  readonly tasks: TaskSet;
  readonly problem: ResolvedProblem;
  readonly relationship: Relationship;
  readonly rows: readonly LocalRows[];
}

/** @throws FedmtlError BAD_INPUT for labels that do not fit the loss */
export function minibatchProblem(
  tasks: TaskSet,
  problem: ResolvedProblem,
  relationship: Relationship,
): MinibatchProblem {
  return { tasks, problem, relationship, rows: localRowsOf(tasks, problem) };
}

/** A mini-batch method: what a task does with its sample is the subclass's. */
export abstract class Minibatch implements TunedMethod {
  abstract readonly name: BaselineName;
  readonly taskCount: number;
  readonly rowCounts: Float64Array;
  readonly flopsPerStep: Float64Array;
  readonly messageBytes: MessageBytes;
  readonly scaling: number;
  readonly trials: readonly TuningTrial[];
  protected readonly rows: readonly LocalRows[];
  protected readonly loss: SlopedLoss;
  protected readonly server: KernelServer;
  readonly #cols: number;
  readonly #seed: number;

  constructor(
    { tasks, problem, relationship, rows }: MinibatchProblem,
    scaling: number,
    trials: readonly TuningTrial[],
  ) {
    this.taskCount = tasks.taskCount;
    this.rowCounts = rowCountsOf(tasks);
    this.flopsPerStep = rowSizesOf(tasks).map((size) => 4 * size);
    this.scaling = scaling;
    this.trials = trials;
    this.rows = rows;
    this.loss = slopedLoss(problem);
    this.server = new KernelServer(tasks, relationship, problem.threads);
    this.#cols = tasks.cols;
    this.messageBytes = messageBytes(primalTraffic, tasks.cols);
    this.#seed = problem.seed;
  }

  async round(plan: RoundPlan): Promise<RoundWork> {
    requirePlan(plan, this.taskCount);
    const counts = this.rowCounts.map((count, t) => Math.min(count, plan.steps[t] ?? 0));
    const batch = counts.reduce((sum, count) => sum + count, 0);
    const work = emptyWork(this.taskCount, this.#cols, primalTraffic);
    const V = this.server.V.slice();
    this.rows.forEach((rows, t) => {
      const steps = counts[t] ?? 0;
      if (steps > 0) {
        const sample = rowSample(rows, steps, this.#seed, plan.round);
        const v = V.subarray(t * this.#cols, (t + 1) * this.#cols);
        const flops = this.work(t, sample, v, { round: plan.round, batch });
        addWork(work, t, { steps, flops }, primalTraffic, this.#cols);
      }
    });
    await this.server.moveTo(V);
    return work;
  }

  abstract objective(): Promise<MethodObjective>;

  weights(): Float64Array {
    return this.server.W.slice();
  }

  save(): Record<string, Float64Array> {
    return { V: this.server.V.slice(), W: this.server.W.slice() };
  }

  restore(state: Readonly<Record<string, Float64Array>>): void {
    const length = this.taskCount * this.#cols;
    this.server.setState(savedArray(state, "V", length), savedArray(state, "W", length));
  }

  dispose(): void {
    this.server.dispose();
  }

  /**
   * What task t does with its sample; moves its v in place.
   *
   * @param batch rows of all tasks in this round
   * @returns FLOPs
   */
  protected abstract work(
    t: number,
    sample: Uint32Array,
    v: Float64Array,
    round: { readonly round: number; readonly batch: number },
  ): number;

  /** sum_ti q_ti loss(w_t'x_ti) + 1/2 tr(W M W') */
  protected primal(): number {
    const losses = this.rows.reduce((total, rows, t) => total + rows.lossSum(this.loss, this.server.w(t)), 0);
    return losses + this.server.regularizer();
  }
}
