/**
 * Federated averaging, and FedProx, which is the same with a local problem that stays near the server's model.
 *
 * Problem: one model w for all tasks, minimise P(w) = sum_ti q_ti loss(w'x_ti, y_ti) + lambda/2 ||w||^2, that is Q sum_t p_t
 * f_t(w) with Q_t = sum_i q_ti, Q = sum_t Q_t, p_t = Q_t / Q and f_t(w) = 1/Q_t sum_i q_ti loss(w'x_ti, y_ti) + lambda/(2 Q)
 * ||w||^2. Input: tasks, lambda, batch, the scaling s of the step; FedProx: mu. Output: w.
 * Method: every participant starts at w and runs SGD on f_t(w_t) + mu/2 ||w_t - w||^2 (FedAvg: mu = 0) for the row visits that
 * its plan allows; the server takes the mean of the w_t with weights p_t. The step is s over the mean of ||x||^2, and falls as
 * L. Bottou's rule says for a strong convexity of lambda/Q, since with fixed steps averaging stops short of the optimum.
 * References: H. B. McMahan et al.: Communication-Efficient Learning of Deep Networks from Decentralized Data, AISTATS 2017,
 * Algorithm 1; T. Li et al.: Federated Optimization in Heterogeneous Networks, MLSys 2020, Algorithm 2; on falling steps X. Li
 * et al.: On the Convergence of FedAvg on Non-IID Data, ICLR 2020.
 *
 * Tasks that did less work are averaged like the others, as in FedProx; FedAvg in its paper would leave them out.
 */
import { RandomStream } from "../data/random.js";
import type { TaskSet } from "../data/task_set.js";
import { rowCountsOf, rowSizesOf } from "../data/task_sizes.js";
import type { MessageBytes, MethodObjective, RoundPlan, RoundWork } from "../systems/method.js";
import { type LocalRows, localRowsOf, type SlopedLoss, slopedLoss } from "./local_rows.js";
import { localSgd } from "./local_sgd.js";
import type { ResolvedBaseline } from "./options.js";
import { savedArray } from "./state.js";
import { addScaled, requireFinite, squaredNorm } from "./vectors.js";
import { tuned, type TunedMethod, type TuningTrial } from "./tuning.js";
import { addWork, emptyWork, messageBytes, primalTraffic } from "./work.js";
import { requirePlan } from "../systems/round_plan.js";

/** 256, 64, …, 4^-7 */
export const stepScalings = Array.from({ length: 12 }, (_, k) => 4 ** (4 - k));

/** What candidates of a search share. */
export interface AveragingProblem {
  readonly tasks: TaskSet;
  readonly rows: readonly LocalRows[];
  readonly loss: SlopedLoss;
  readonly options: ResolvedBaseline;
  /** sum_ti q_ti */
  readonly weight: number;
  /** Mean over all rows of ||x||^2, by their weights. */
  readonly meanSquaredNorm: number;
}

/** @throws FedmtlError BAD_INPUT for labels that do not fit the loss */
export function averagingProblem(tasks: TaskSet, options: ResolvedBaseline): AveragingProblem {
  const rows = localRowsOf(tasks, options.problem);
  const weight = rows.reduce((sum, task) => sum + task.weight, 0);
  const squares = rows.reduce((total, { q, squaredNorms }) => {
    return total + q.reduce((sum, value, i) => sum + value * (squaredNorms[i] as number), 0);
  }, 0);
  const meanSquaredNorm = squares > 0 ? squares / weight : 1;
  return { tasks, rows, loss: slopedLoss(options.problem), options, weight, meanSquaredNorm };
}

/** The step in a round for a strong convexity `rho`, the same for tasks of every size. */
export function stepOf(
  { rows, options, meanSquaredNorm }: AveragingProblem,
  scaling: number,
  round: number,
  rho: number,
): number {
  const count = rows.reduce((sum, task) => sum + task.count, 0);
  const stepsAPass = count / (rows.length * Math.min(options.batch, count / rows.length));
  const first = scaling / meanSquaredNorm;
  return first / (1 + first * rho * (round - 1) * stepsAPass);
}

/** One model, averaged. `mu` is 0 for FedAvg. */
export class Averaging implements TunedMethod {
  readonly name: "fedavg" | "fedprox";
  readonly taskCount: number;
  readonly rowCounts: Float64Array;
  readonly flopsPerStep: Float64Array;
  readonly messageBytes: MessageBytes;
  readonly scaling: number;
  readonly trials: readonly TuningTrial[];
  readonly #problem: AveragingProblem;
  readonly #mu: number;
  #w: Float64Array;

  constructor(
    name: "fedavg" | "fedprox",
    problem: AveragingProblem,
    scaling: number,
    trials: readonly TuningTrial[],
  ) {
    const { tasks, options } = problem;
    this.name = name;
    this.taskCount = tasks.taskCount;
    this.rowCounts = rowCountsOf(tasks);
    const perStep = (name === "fedavg" ? 3 : 5) * (tasks.cols / options.batch);
    this.flopsPerStep = rowSizesOf(tasks).map((size) => 4 * size + perStep);
    this.messageBytes = messageBytes(primalTraffic, tasks.cols);
    this.scaling = scaling;
    this.trials = trials;
    this.#problem = problem;
    this.#mu = name === "fedprox" ? options.mu : 0;
    this.#w = new Float64Array(tasks.cols);
  }

  async round(plan: RoundPlan): Promise<RoundWork> {
    requirePlan(plan, this.taskCount);
    const { rows, weight } = this.#problem;
    const cols = this.#w.length;
    const work = emptyWork(this.taskCount, cols, primalTraffic);
    const sum = new Float64Array(cols);
    let weights = 0;
    rows.forEach((task, t) => {
      const steps = plan.steps[t] ?? 0;
      if (steps > 0) {
        const local = this.#w.slice();
        addWork(work, t, { steps, flops: this.#train(task, local, steps, plan.round) }, primalTraffic, cols);
        addScaled(sum, task.weight / weight, local);
        weights += task.weight / weight;
      }
    });
    if (weights > 0) {
      this.#w = sum.map((value) => value / weights);
    }
    requireFinite(this.#w);
    return work;
  }

  async objective(): Promise<MethodObjective> {
    const { rows, loss, options } = this.#problem;
    const losses = rows.reduce((total, task) => total + task.lossSum(loss, this.#w), 0);
    return { primal: losses + (options.lambda / 2) * squaredNorm(this.#w) };
  }

  weights(): Float64Array {
    const all = new Float64Array(this.taskCount * this.#w.length);
    for (let t = 0; t < this.taskCount; t++) {
      all.set(this.#w, t * this.#w.length);
    }
    return all;
  }

  save(): Readonly<Record<string, Float64Array>> {
    return { w: this.#w.slice() };
  }

  restore(state: Readonly<Record<string, Float64Array>>): void {
    this.#w = savedArray(state, "w", this.#w.length).slice();
  }

  dispose(): void {}

  #train(rows: LocalRows, local: Float64Array, visits: number, round: number): number {
    const { loss, options, weight } = this.#problem;
    const ridge = options.lambda / weight;
    return localSgd(local, {
      ...{ rows, loss, visits, ridge, batch: options.batch },
      eta: stepOf(this.#problem, this.scaling, round, ridge),
      pull: this.#mu,
      anchor: this.#w,
      stream: new RandomStream(options.problem.seed, rows.name, round),
    });
  }
}

/** FedAvg or FedProx with the scaling that was given or the best of 256, 64, …, 4^-7. */
export function averaging(
  name: "fedavg" | "fedprox",
  tasks: TaskSet,
  options: ResolvedBaseline,
): Promise<Averaging> {
  const problem = averagingProblem(tasks, options);
  return tuned(options, stepScalings, (scaling, trials) => new Averaging(name, problem, scaling, trials));
}
