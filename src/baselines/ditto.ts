/**
 * Ditto: a personal model for every task, drawn to the one model that FedAvg learns beside them.
 *
 * Problem: minimise over v_1 … v_m, each for the w of FedAvg (fedavg.ts),
 *     sum_t [ sum_i q_ti loss(v_t'x_ti, y_ti) + lambda/2 ||v_t||^2 + attraction/2 ||v_t - w||^2 ].
 * Attraction 0 is local models, without bound it is FedAvg's. The paper's lambda is attraction / sum_i q_ti, its F_k a mean.
 * Input: tasks, lambda, attraction, batch, the scalings of the two steps. Output: v_1 … v_m.
 * Method: in a round each participant first does FedAvg's part, then moves its v_t towards the w that the server sent; half of
 * its row visits go to either. Both steps fall by Bottou's rule for the ridge.
 * Reference: T. Li et al.: Ditto: Fair and Robust Federated Learning Through Personalization, ICML 2021, Algorithm 1.
 */
import { RandomStream } from "../data/random.js";
import type { TaskSet } from "../data/task_set.js";
import { rowSizesOf } from "../data/task_sizes.js";
import type { MessageBytes, MethodObjective, RoundPlan, RoundWork } from "../systems/method.js";
import { Averaging, type AveragingProblem, averagingProblem, stepOf, stepScalings } from "./fedavg.js";
import type { LocalRows } from "./local_rows.js";
import { localSgd } from "./local_sgd.js";
import type { ResolvedBaseline } from "./options.js";
import { cutInto, joined, savedArray } from "./state.js";
import { tuned, type TunedMethod, type TuningTrial } from "./tuning.js";
import { requireFinite, squaredDistance, squaredNorm } from "./vectors.js";
import { requirePlan } from "../systems/round_plan.js";

/** Ditto as a method of the systems model; `weights` are the personal models. */
export class Ditto implements TunedMethod {
  readonly name = "ditto";
  readonly taskCount: number;
  readonly rowCounts: Float64Array;
  readonly flopsPerStep: Float64Array;
  readonly messageBytes: MessageBytes;
  /** Of the personal models. */
  readonly scaling: number;
  /** Of FedAvg's part. */
  readonly commonScaling: number;
  readonly trials: readonly TuningTrial[];
  readonly #problem: AveragingProblem;
  readonly #common: Averaging;
  readonly #personal: Float64Array[];

  constructor(
    problem: AveragingProblem,
    { common, personal }: { readonly common: number; readonly personal: number },
    trials: readonly TuningTrial[],
  ) {
    const { tasks, options } = problem;
    this.#problem = problem;
    this.#common = new Averaging("fedavg", problem, common, []);
    this.taskCount = tasks.taskCount;
    this.rowCounts = this.#common.rowCounts;
    const perStep = 4 * (tasks.cols / options.batch);
    this.flopsPerStep = rowSizesOf(tasks).map((size) => 4 * size + perStep);
    this.messageBytes = this.#common.messageBytes;
    this.scaling = personal;
    this.commonScaling = common;
    this.trials = trials;
    this.#personal = problem.rows.map(() => new Float64Array(tasks.cols));
  }

  async round(plan: RoundPlan): Promise<RoundWork> {
    requirePlan(plan, this.taskCount);
    const w = this.#serverModel();
    const work = await this.#common.round({
      round: plan.round,
      steps: plan.steps.map((n) => Math.ceil(n / 2)),
    });
    this.#problem.rows.forEach((rows, t) => {
      const visits = Math.floor((plan.steps[t] ?? 0) / 2);
      if (visits > 0) {
        const flops = this.#personalize(rows, this.#personal[t] as Float64Array, {
          visits,
          round: plan.round,
          w,
        });
        work.steps[t] = (work.steps[t] as number) + visits;
        work.flops[t] = (work.flops[t] as number) + flops;
      }
    });
    return work;
  }

  async objective(): Promise<MethodObjective> {
    const { rows, loss, options } = this.#problem;
    const w = this.#serverModel();
    const primal = rows.reduce((sum, task, t) => {
      const v = this.#personal[t] as Float64Array;
      const ridge = (options.lambda / 2) * squaredNorm(v);
      return sum + task.lossSum(loss, v) + ridge + (options.attraction / 2) * squaredDistance(v, w);
    }, 0);
    return { primal };
  }

  weights(): Float64Array {
    return joined(this.#personal);
  }

  save(): Readonly<Record<string, Float64Array>> {
    return { ...this.#common.save(), v: this.weights() };
  }

  restore(state: Readonly<Record<string, Float64Array>>): void {
    const personal = savedArray(state, "v", this.weights().length);
    this.#common.restore(state);
    cutInto(personal, this.#personal);
  }

  dispose(): void {}

  #serverModel(): Float64Array {
    return this.#common.save().w as Float64Array;
  }

  #personalize(
    rows: LocalRows,
    v: Float64Array,
    { visits, round, w }: { readonly visits: number; readonly round: number; readonly w: Float64Array },
  ): number {
    const { loss, options } = this.#problem;
    if (rows.weight === 0) {
      return 0;
    }
    const ridge = options.lambda / rows.weight;
    const pull = options.attraction / rows.weight;
    const flops = localSgd(v, {
      ...{ rows, loss, visits, ridge, pull, batch: options.batch },
      // Falls for the ridge alone: w moves, and a step that fell for the pull would no longer follow it.
      eta: stepOf(this.#problem, this.scaling, round, ridge),
      anchor: w,
      // A name that no task's own stream has: FedAvg's part has that one.
      stream: new RandomStream(options.problem.seed, `${rows.name}\u0000personal`, round),
    });
    requireFinite(v);
    return flops;
  }
}

/**
 * Ditto with the scaling that was given, for both of its parts; or with that of FedAvg for w and then, at this w, the best one
 * for the personal models, both of 256, 64, …, 4^-7.
 */
export async function ditto(tasks: TaskSet, options: ResolvedBaseline): Promise<Ditto> {
  const problem = averagingProblem(tasks, options);
  const common = await tuned(options, stepScalings, (scaling, trials) => {
    return new Averaging("fedavg", problem, scaling, trials);
  });
  return tuned(options, stepScalings, (scaling, trials) => {
    return new Ditto(problem, { common: common.scaling, personal: scaling }, trials);
  });
}
