/**
 * Mini-batch stochastic sub-gradient descent on the multi-task problem.
 *
 * Problem: minimise P(W) = sum_ti q_ti loss(w_t'x_ti, y_ti) + 1/2 tr(W M W') for a given relationship (docs/math.md, section
 * 1). Input: tasks, relationship, a scaling s of the step. Output: W.
 * Method: with G_t the unbiased estimate of sum_i q_ti loss'(z_ti) x_ti from the round's sample, at the W of its start, a
 * sub-gradient of P in the norm of the regulariser is W + G K. In that norm P is 1-strongly convex (it is one machine with the
 * kernel K_st x'x' over tasks and rows), so this is Pegasos: W <- (1 - eta_h) W - eta_h G K, kept as V <- (1 - eta_h) V -
 * eta_h G with W = V K. The steps fall from min(1, s) as eta_h = 1 / (1 / min(1, s) + (h - 1) / max(1, s)): s = 1 is the 1/h
 * of Pegasos, smaller s begin lower (L. Bottou's rule), larger ones fall more slowly.
 * A plain gradient W M + G would need M, which a singular Sigma does not have, and steps as short as the condition of M is
 * bad: this form is the stronger baseline.
 * References: S. Shalev-Shwartz et al.: Pegasos, Mathematical Programming 127, 2011; L. Bottou: Stochastic Gradient Descent
 * Tricks, 2012; as a baseline of MOCHA: V. Smith et al., NIPS 2017, section 5.3. T. Evgeniou, M. Pontil, KDD 2004, for the
 * kernel.
 */
import type { TaskSet } from "../data/task_set.js";
import type { Relationship } from "../mocha/relationships.js";
import type { MethodObjective } from "../systems/method.js";
import type { LocalRows } from "./local_rows.js";
import { Minibatch, minibatchProblem } from "./minibatch.js";
import type { ResolvedBaseline } from "./options.js";
import { tuned } from "./tuning.js";

/** 64, 16, …, 4^-10 */
const scalings = Array.from({ length: 14 }, (_, k) => 4 ** (3 - k));

/** Mini-batch SGD as a method of the systems model; tasks that drop a round keep their v_t. */
export class MinibatchSgd extends Minibatch {
  readonly name = "minibatch-sgd";

  async objective(): Promise<MethodObjective> {
    return { primal: this.primal() };
  }

  protected override work(
    t: number,
    sample: Uint32Array,
    v: Float64Array,
    { round }: { readonly round: number },
  ): number {
    const rows = this.rows[t] as LocalRows;
    const w = this.server.w(t);
    const eta = 1 / (1 / Math.min(1, this.scaling) + (round - 1) / Math.max(1, this.scaling));
    const perRow = (eta * rows.count) / sample.length;
    let flops = 0;
    v.forEach((value, j) => {
      v[j] = (1 - eta) * value;
    });
    for (const i of sample) {
      const slope = this.loss.slope(rows.dot(i, w), rows.y[i] as number);
      flops += 2 * rows.size(i);
      if (slope !== 0) {
        rows.addTo(i, -perRow * (rows.q[i] as number) * slope, v);
        flops += 2 * rows.size(i);
      }
    }
    return flops;
  }
}

/** Mini-batch SGD with the scaling that was given or the best of 64, 16, …, 4^-10. */
export function minibatchSgd(
  tasks: TaskSet,
  relationship: Relationship,
  options: ResolvedBaseline,
): Promise<MinibatchSgd> {
  const problem = minibatchProblem(tasks, options.problem, relationship);
  return tuned(options, scalings, (scaling, trials) => new MinibatchSgd(problem, scaling, trials));
}
