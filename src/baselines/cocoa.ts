/**
 * CoCoA on the multi-task problem: MOCHA's rounds with one quality of the local solutions for all tasks.
 *
 * Problem: minimise P(W) = sum_ti q_ti loss(w_t'x_ti, y_ti) + 1/2 tr(W M W') for a given relationship (docs/math.md,
 * section 1), M = lambda1 Omega + lambda2 I. Input: tasks, relationship, theta, maxSteps. Output: W = V K and alpha, with the
 * dual as a certificate.
 * Method: in every round each task solves the subproblem of docs/math.md, section 2, with the sigma' of the paper's Lemma 9,
 * until its local duality gap proves theta_t <= theta, or for `maxSteps` coordinate steps; the round ends when the slowest has.
 * References: M. Jaggi et al.: Communication-Efficient Distributed Dual Coordinate Ascent, NIPS 2014, Algorithm 1 with the
 * added updates of C. Ma et al.: Adding vs. Averaging in Distributed Primal-Dual Optimization, ICML 2015; as a baseline of
 * MOCHA: V. Smith et al.: Federated Multi-Task Learning, NIPS 2017, section 5.3, where theta is one for all and fixed.
 *
 * The local test is not charged as arithmetic, in CoCoA's favour. It is made after a quarter of a pass and each time the work
 * has grown by half, so that a task stops within half of what it needs.
 */
import type { TaskSet } from "../data/task_set.js";
import { rowCountsOf, rowSizesOf } from "../data/task_sizes.js";
import type { Relationship } from "../mocha/relationships.js";
import type { NativeProposal, NativeRequest } from "../native.js";
import type { MessageBytes, Method, MethodObjective, RoundPlan, RoundWork } from "../systems/method.js";
import { DualPair } from "./dual_pair.js";
import type { ResolvedBaseline } from "./options.js";
import { addWork, dualTraffic, emptyWork, messageBytes } from "./work.js";
import { requirePlan } from "../systems/round_plan.js";

const firstTestAfter = 1 / 4;
const testGrowth = 3 / 2;

/** CoCoA as a method of the systems model; `steps` of a plan caps a task below `maxSteps`. */
export class Cocoa implements Method {
  readonly name = "cocoa";
  readonly taskCount: number;
  readonly rowCounts: Float64Array;
  readonly flopsPerStep: Float64Array;
  readonly messageBytes: MessageBytes;
  readonly mostSteps: number;
  readonly #pair: DualPair;
  readonly #cols: number;
  readonly #theta: number;

  constructor(tasks: TaskSet, relationship: Relationship, options: ResolvedBaseline) {
    this.taskCount = tasks.taskCount;
    this.rowCounts = rowCountsOf(tasks);
    this.flopsPerStep = rowSizesOf(tasks).map((size) => 4 * size);
    this.#cols = tasks.cols;
    this.messageBytes = messageBytes(dualTraffic, tasks.cols);
    this.#theta = options.theta;
    this.mostSteps = options.maxSteps;
    this.#pair = new DualPair(tasks, options.problem, relationship, "paper");
  }

  async round(plan: RoundPlan): Promise<RoundWork> {
    requirePlan(plan, this.taskCount);
    const { server } = this.#pair;
    const theta = new Float64Array(this.taskCount).fill(1);
    const work = { ...emptyWork(this.taskCount, this.#cols, dualTraffic), theta };
    for (let t = 0; t < this.taskCount; t++) {
      const most = Math.min(this.mostSteps, plan.steps[t] ?? 0);
      if (most > 0) {
        const answer = await this.#solve(t, server.request(t, plan.round, most));
        server.receive(t, answer.round, answer.v, answer.e);
        addWork(work, t, answer, dualTraffic, this.#cols);
        theta[t] = answer.theta;
      }
    }
    await server.close();
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

  /**
   * Solves to theta, or for the steps of the request. A task's random stream depends on the round alone, so that a longer
   * budget repeats a shorter one and goes on from there: the last proposal is that of a task which stopped at its test.
   */
  async #solve(t: number, request: NativeRequest): Promise<NativeProposal> {
    const { clients } = this.#pair;
    for (
      let steps = Math.ceil(firstTestAfter * (this.rowCounts[t] ?? 0));
      ;
      steps = Math.ceil(testGrowth * steps)
    ) {
      const budget = Math.min(steps, request.steps);
      const answer = await clients.propose(t, { ...request, steps: budget, wantTheta: true });
      if (answer.theta <= this.#theta || budget === request.steps) {
        return answer;
      }
    }
  }
}
