/**
 * The models that comparisons call global, local and mean-regularised: three relationships between tasks that are not
 * learned, each solved by MOCHA's own rounds (docs/math.md, section 4), the best solver at hand. What is
 * compared is the model; a slower solver would only blur it.
 *
 * Input: tasks and the relationship. Output: W = V K and alpha, with the dual as a certificate. A task makes as many
 * coordinate steps as the plan gives it.
 *
 * - `global`: one w for all, sum_ti q_ti loss(w'x_ti) + lambda/2 ||w||^2, the pooled problem, without moving data.
 * - `local`: every task alone, sum_i q_ti loss(w_t'x_ti) + lambda/2 ||w_t||^2; nothing travels.
 * - `mean-mtl`: models drawn to their mean, + lambda1/2 sum_t ||w_t - mean||^2 + lambda2/2 sum_t ||w_t||^2. T. Evgeniou, M.
 *   Pontil: Regularized Multi-Task Learning, KDD 2004; the paper's comparisons and Z. Liu et al.: On Privacy and
 *   Personalization in Cross-Silo Federated Learning, NeurIPS 2022 (MR-MTL) use it too.
 *
 * Global and local are the two extremes of V. Smith et al.: Federated Multi-Task Learning, NIPS 2017, Table 1.
 */
import type { TaskSet } from "../data/task_set.js";
import { rowCountsOf, rowSizesOf } from "../data/task_sizes.js";
import { global, independent, mean, type Relationship } from "../mocha/relationships.js";
import type { MessageBytes, Method, MethodObjective, RoundPlan, RoundWork } from "../systems/method.js";
import { DualPair } from "./dual_pair.js";
import type { ResolvedBaseline } from "./options.js";
import { addWork, dualTraffic, emptyWork, messageBytes, noTraffic, type Traffic } from "./work.js";
import { requirePlan } from "../systems/round_plan.js";

type SolvedName = "global" | "local" | "mean-mtl";

function relationshipOf(name: SolvedName, { lambda, lambda1, lambda2 }: ResolvedBaseline): Relationship {
  switch (name) {
    case "global":
      return global({ lambda1: lambda });
    case "local":
      return independent({ lambda1: lambda });
    case "mean-mtl":
      return mean({ lambda1, lambda2 });
  }
}

/** Global, local and mean-regularised models. */
export class NativeRounds implements Method {
  readonly name: SolvedName;
  readonly taskCount: number;
  readonly rowCounts: Float64Array;
  readonly flopsPerStep: Float64Array;
  readonly messageBytes: MessageBytes;
  readonly #pair: DualPair;
  readonly #cols: number;
  readonly #traffic: Traffic;

  constructor(name: SolvedName, tasks: TaskSet, options: ResolvedBaseline) {
    this.name = name;
    this.taskCount = tasks.taskCount;
    this.rowCounts = rowCountsOf(tasks);
    this.flopsPerStep = rowSizesOf(tasks).map((size) => 4 * size);
    this.#cols = tasks.cols;
    this.#traffic = name === "local" ? noTraffic : dualTraffic;
    this.messageBytes = messageBytes(this.#traffic, tasks.cols);
    // The momentum restarts for all tasks at once: without it a local model depends on its own rows alone.
    const policy = name === "local" ? "row" : "accelerated";
    this.#pair = new DualPair(tasks, options.problem, relationshipOf(name, options), policy);
  }

  async round(plan: RoundPlan): Promise<RoundWork> {
    requirePlan(plan, this.taskCount);
    const never = Number.POSITIVE_INFINITY;
    const one = {
      ...{ firstRound: plan.round, maxRounds: 1, roundOfWStep: 0, seconds: 0 },
      ...{ certifyEvery: Number.MAX_SAFE_INTEGER, certifyAlwaysFrom: never, lastRound: never },
      ...{ stopRelativeGap: 0, stopGap: 0, stopObjective: -never },
    };
    await this.#pair.server.runRounds(this.#pair.clients, one, plan.steps);
    const work = emptyWork(this.taskCount, this.#cols, this.#traffic);
    plan.steps.forEach((steps, t) => {
      if (steps > 0) {
        // Whole passes cost exactly this; a part of a pass over sparse rows does on average.
        const flops = steps * (this.flopsPerStep[t] ?? 0);
        addWork(work, t, { steps, flops }, this.#traffic, this.#cols);
      }
    });
    return work;
  }

  async objective(): Promise<MethodObjective> {
    return this.#pair.objective();
  }

  weights(): Float64Array {
    return this.#pair.weights();
  }

  save(): Readonly<Record<string, Float64Array>> {
    return this.#pair.save();
  }

  restore(state: Readonly<Record<string, Float64Array>>): void {
    this.#pair.restore(state);
  }

  dispose(): void {
    this.#pair.dispose();
  }
}
