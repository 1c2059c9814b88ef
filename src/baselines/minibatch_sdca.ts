/**
 * Mini-batch stochastic dual coordinate ascent on the multi-task problem.
 *
 * Problem: minimise P(W) for a given relationship (docs/math.md, section 1) through its dual D(alpha). Input: tasks,
 * relationship, the scaling beta. Output: W = V K and alpha.
 * Method: each of the b sampled coordinates of a round is maximised exactly as if it alone moved, at the w_t of the round's
 * start (docs/math.md, section 2, with S_t = K_tt), and all move by beta/b of the way: beta = 1 averages, beta = b adds. The
 * result stays between two feasible points, so alpha is always feasible; that D rises is sure for beta = 1 only.
 * References: M. Takac et al.: Mini-Batch Primal and Dual Methods for SVMs, ICML 2013; M. Jaggi et al.: Communication-
 * Efficient Distributed Dual Coordinate Ascent, NIPS 2014, section 6 (beta, its tuning, and this method as a baseline); as a
 * baseline of MOCHA: V. Smith et al., NIPS 2017, section 5.3.
 */
import type { TaskSet } from "../data/task_set.js";
import type { Relationship } from "../mocha/relationships.js";
import type { MethodObjective } from "../systems/method.js";
import type { LocalRows } from "./local_rows.js";
import { Minibatch, type MinibatchProblem, minibatchProblem } from "./minibatch.js";
import type { ResolvedBaseline } from "./options.js";
import { cutInto, joined, savedArray } from "./state.js";
import { tuned, type TuningTrial } from "./tuning.js";

/** Rounds after which a task's v_t is summed up from alpha again, so that rounding does not gather in it. */
const roundsBetweenRebuilds = 32;

/** Mini-batch SDCA as a method of the systems model; `scaling` is beta. */
export class MinibatchSdca extends Minibatch {
  readonly name = "minibatch-sdca";
  /** One array a task. */
  readonly #alpha: Float64Array[];
  readonly #kernelDiagonal: Float64Array;

  constructor(problem: MinibatchProblem, scaling: number, trials: readonly TuningTrial[]) {
    super(problem, scaling, trials);
    this.#alpha = this.rows.map(({ count }) => new Float64Array(count));
    this.#kernelDiagonal = this.server.kernelDiagonal();
  }

  /** n dual variables, rows in the order of the set. */
  alpha(): Float64Array {
    return joined(this.#alpha);
  }

  async objective(): Promise<MethodObjective> {
    const conjugates = this.rows.reduce((total, { q, y }, t) => {
      const alpha = this.#alpha[t] as Float64Array;
      return (
        total +
        alpha.reduce(
          (sum, a, i) => sum + (q[i] as number) * this.loss.negativeConjugate(a, y[i] as number),
          0,
        )
      );
    }, 0);
    return { primal: this.primal(), dual: conjugates - this.server.regularizer() };
  }

  override save(): Record<string, Float64Array> {
    return { ...super.save(), alpha: this.alpha() };
  }

  override restore(state: Readonly<Record<string, Float64Array>>): void {
    const alpha = savedArray(state, "alpha", this.alpha().length);
    super.restore(state);
    cutInto(alpha, this.#alpha);
  }

  protected override work(
    t: number,
    sample: Uint32Array,
    v: Float64Array,
    { round, batch }: { readonly round: number; readonly batch: number },
  ): number {
    const rows = this.rows[t] as LocalRows;
    const alpha = this.#alpha[t] as Float64Array;
    const w = this.server.w(t);
    const K = this.#kernelDiagonal[t] as number;
    const scale = Math.min(1, this.scaling / batch);
    let flops = 0;
    for (const i of sample) {
      const q = rows.q[i] as number;
      if (q === 0) {
        continue;
      }
      const old = alpha[i] as number;
      const y = rows.y[i] as number;
      const best = this.loss.step(old, rows.dot(i, w), y, K * q * (rows.squaredNorms[i] as number));
      const change = this.loss.clip(old + scale * (best - old), y) - old;
      alpha[i] = old + change;
      rows.addTo(i, q * change, v);
      flops += 4 * rows.size(i);
    }
    if (round % roundsBetweenRebuilds === 0) {
      v.fill(0);
      alpha.forEach((a, i) => {
        rows.addTo(i, (rows.q[i] as number) * a, v);
      });
    }
    return flops;
  }
}

/** Mini-batch SDCA with the beta that was given or the best of 1, 4, 16, … and b. */
export function minibatchSdca(
  tasks: TaskSet,
  relationship: Relationship,
  options: ResolvedBaseline,
): Promise<MinibatchSdca> {
  const problem = minibatchProblem(tasks, options.problem, relationship);
  const adding = problem.rows.reduce((sum, { count }) => {
    return sum + Math.min(count, Math.max(1, Math.round(options.tuning.localEpochs * count)));
  }, 0);
  const candidates = [adding];
  for (let beta = 4 ** Math.floor(Math.log(adding) / Math.log(4)); beta >= 1; beta /= 4) {
    if (beta < adding) {
      candidates.push(beta);
    }
  }
  return tuned(options, candidates, (scaling, trials) => new MinibatchSdca(problem, scaling, trials));
}
