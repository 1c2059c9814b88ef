// Clustered tasks, a convex relaxation (math.md 5): Omega = eta (1 + eta) (eta I + Q)^-1, 0 <= Q <= I, tr Q = k.
//
// At W held (d × m, singular values s_j, zeros up to m) the regulariser is least where Q has the eigenvectors of
// W'W and eigenvalues q_j = clip(theta s_j - eta, 0, 1) with sum k. If W has rank <= k its directions get 1 and the
// others share the rest. Reference: Zhou, Chen & Ye, "Clustered multi-task learning via alternating structure
// optimization", NIPS 2011.

import type { Matrix } from "ml-matrix";
import { lowRankPlusIdentity, rightSingularPairs } from "./kernel.js";
import type { ReferenceRelationship, TaskRelation } from "./relationships.js";

type Clustered = Required<Pick<ReferenceRelationship, "lambda1" | "lambda2" | "k" | "eta">>;

function parameters({
  lambda1,
  lambda2,
  k = Number.NaN,
  eta = Number.NaN,
}: ReferenceRelationship): Clustered {
  if (!(lambda1 > 0 && k >= 1 && eta > 0)) {
    throw new RangeError(
      `lambda1 = ${lambda1}, k = ${k}, eta = ${eta}: clustered needs them > 0, and k >= 1`,
    );
  }
  return { lambda1, lambda2, k, eta };
}

/** clip(theta s_j - shift, 0, 1) with sum k, theta by bisection; more than k of the s_j are above 0. */
export function waterFill(s: number[], shift: number, k: number): number[] {
  const at = (theta: number) => s.map((value) => Math.min(1, Math.max(0, theta * value - shift)));
  let [low, high] = [0, (1 + shift) / Math.min(...s)];
  for (let halving = 0; halving < 200; halving++) {
    const theta = (low + high) / 2;
    if (sum(at(theta)) < k) {
      low = theta;
    } else {
      high = theta;
    }
  }
  return at(high);
}

/** The relation that minimises the regulariser at W (d × m); for W = 0 the one a training starts from. */
export function clusteredRelation(relationship: ReferenceRelationship, W: Matrix): TaskRelation {
  const { lambda1, lambda2, k, eta } = parameters(relationship);
  const m = W.columns;
  if (k > m) {
    throw new RangeError(`k = ${k}: there are only ${m} tasks`);
  }
  const { values, U } = rightSingularPairs(W);
  const scarce = values.length > k;
  const q = scarce ? waterFill(values, eta, k) : values.map(() => 1);
  const rest = scarce || values.length === m ? 0 : (k - values.length) / (m - values.length);
  const kappa = (level: number) => (eta + level) / (lambda1 * eta * (1 + eta) + lambda2 * (eta + level));
  return { K: lowRankPlusIdentity(U, q.map(kappa), kappa(rest)), sigma: undefined, inverseTrace: 0 };
}

/**
 * R*(V) at lambda2 = 0, an upper bound otherwise: every alpha bounds the joint optimum over W and Q from below by
 * - sum q loss*(-alpha) - R*(V).
 */
export function clusteredConjugate(relationship: ReferenceRelationship, V: Matrix): number {
  const { lambda1, k, eta } = parameters(relationship);
  const squares = rightSingularPairs(V)
    .values.map((s) => s ** 2)
    .sort((a, b) => b - a);
  return (eta * sum(squares) + sum(squares.slice(0, k))) / (2 * lambda1 * eta * (1 + eta));
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
