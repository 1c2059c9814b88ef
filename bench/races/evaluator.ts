/**
 * The one judge of all contenders: the objective of LIBLINEAR's `-s 3`, which is that of `--loss hinge --weighting sum
 * --relationship independent --lambda1 1/C` times C,
 *
 *     P(w) = 1/2 ||w||^2 + C sum_i max(0, 1 - y_i (w'x_i + b)),       b = 0 unless the intercept is free,
 *     D(alpha) = sum_i alpha_i - 1/2 ||sum_i alpha_i y_i x_i||^2,    0 <= alpha_i <= C,
 *
 * computed from the weights, and where the contender gives them the dual variables, that it wrote. A dual value that is
 * only printed is checked as far as possible: weak duality against P(w), and not above the known optimum.
 */
import { readFileSync } from "node:fs";

/** A one-task classification problem in compressed sparse rows, labels -1 and +1. */
export interface Problem {
  readonly cols: number;
  readonly indptr: Float64Array;
  readonly indices: Int32Array;
  readonly values: Float64Array;
  readonly labels: Float64Array;
}

/** What a contender claims to have found. */
export interface Claim {
  /** w, at most `cols` long. */
  readonly weights: Float64Array;
  readonly intercept?: number;
  /** alpha_i in [0, C] for every row. */
  readonly alpha?: Float64Array;
  /** D(alpha) as the contender printed it, where alpha is not given. */
  readonly dual?: number;
}

/** D* in the form of the judge: between `least` and `most`. */
export interface Optimum {
  readonly least: number;
  readonly most: number;
}

/** The judge's finding. */
export interface Verdict {
  readonly primal: number;
  readonly dual: number;
  /** (D* - D) / |D*| at the most that D* can be. */
  readonly subOptimality: number;
}

/**
 * Reads svmlight text without tasks, independent of the parser under test: slow and simple.
 *
 * @throws Error if a label is not -1 or +1
 */
export function readProblem(path: string): Problem {
  const bytes = readFileSync(path);
  const labels: number[] = [];
  const indptr: number[] = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (let begin = 0; begin < bytes.length; ) {
    const newline = bytes.indexOf(10, begin);
    const end = newline < 0 ? bytes.length : newline;
    const [label = "", ...pairs] = bytes.toString("latin1", begin, end).trim().split(" ");
    if (Math.abs(Number(label)) !== 1) {
      throw new Error(`${path}: the label ${label} is neither -1 nor +1`);
    }
    labels.push(Number(label));
    for (const pair of pairs) {
      const colon = pair.indexOf(":");
      indices.push(Number(pair.slice(0, colon)) - 1);
      values.push(Number(pair.slice(colon + 1)));
    }
    indptr.push(indices.length);
    begin = end + 1;
  }
  return {
    cols: indices.reduce((most, index) => Math.max(most, index + 1), 0),
    indptr: Float64Array.from(indptr),
    indices: Int32Array.from(indices),
    values: Float64Array.from(values),
    labels: Float64Array.from(labels),
  };
}

/** w'x of every row, without an intercept. */
function scores({ indptr, indices, values, labels }: Problem, weights: Float64Array): Float64Array {
  return labels.map((_, row) => {
    let score = 0;
    for (let i = indptr[row] ?? 0; i < (indptr[row + 1] ?? 0); i++) {
      score += (weights[indices[i] ?? 0] ?? 0) * (values[i] ?? 0);
    }
    return score;
  });
}

function squaredNorm(vector: Float64Array): number {
  return vector.reduce((sum, value) => sum + value * value, 0);
}

export function primalAt(problem: Problem, C: number, { weights, intercept = 0 }: Claim): number {
  let loss = 0;
  for (const [row, score] of scores(problem, weights).entries()) {
    loss += Math.max(0, 1 - (problem.labels[row] ?? 0) * (score + intercept));
  }
  return 0.5 * squaredNorm(weights) + C * loss;
}

/** @throws Error if alpha is not feasible */
export function dualAt(problem: Problem, C: number, alpha: Float64Array): number {
  const { cols, indptr, indices, values, labels } = problem;
  const w = new Float64Array(cols);
  let sum = 0;
  for (const [row, a] of alpha.entries()) {
    if (!(a >= 0 && a <= C * (1 + 1e-12))) {
      throw new Error(`alpha ${a} of row ${row} is outside 0 .. ${C}`);
    }
    sum += a;
    for (let i = indptr[row] ?? 0; i < (indptr[row + 1] ?? 0); i++) {
      const column = indices[i] ?? 0;
      w[column] = (w[column] ?? 0) + a * (labels[row] ?? 0) * (values[i] ?? 0);
    }
  }
  return sum - 0.5 * squaredNorm(w);
}

/**
 * Judges a claim.
 *
 * @throws Error if the claim cannot be true
 */
export function judge(problem: Problem, C: number, claim: Claim, { least, most }: Optimum): Verdict {
  const primal = primalAt(problem, C, claim);
  const dual = claim.alpha === undefined ? claim.dual : dualAt(problem, C, claim.alpha);
  if (dual === undefined) {
    throw new Error("a contender gave neither alpha nor a dual value");
  }
  const rounding = 1e-9 * Math.abs(primal);
  if (dual > primal + rounding || dual > most + rounding || primal < least - rounding) {
    throw new Error(`primal ${primal} and dual ${dual} cannot be right: the optimum is ${least} to ${most}`);
  }
  return { primal, dual, subOptimality: (most - dual) / Math.abs(most) };
}
