// A graph over tasks that is known (math.md 5): Omega is its Laplacian, with weights >= 0 on the edges.
//
// K = (lambda1 L + lambda2 I)^-1 has no negative entry, and rows that sum to 1/lambda2 because L 1 = 0.

import { inverse, Matrix } from "ml-matrix";
import type { ReferenceRelationship, TaskRelation } from "./relationships.js";

/** The Laplacian: sum over edges of weight (e_a - e_b)(e_a - e_b)', m × m. */
export function laplacian(edges: readonly (readonly [number, number, number])[], m: number): Matrix {
  const L = Matrix.zeros(m, m);
  for (const [a, b, weight] of edges) {
    if (a === b || !(weight >= 0) || [a, b].some((t) => !Number.isInteger(t) || t < 0 || t >= m)) {
      throw new RangeError(`edge ${a} - ${b}, weight ${weight}: give two tasks of ${m}, and a weight >= 0`);
    }
    for (const [s, t, sign] of [
      [a, a, 1],
      [b, b, 1],
      [a, b, -1],
      [b, a, -1],
    ] as const) {
      L.set(s, t, L.get(s, t) + sign * weight);
    }
  }
  return L;
}

export function graphRelation(relationship: ReferenceRelationship, m: number): TaskRelation {
  const { lambda1, lambda2, edges } = relationship;
  if (!(lambda2 > 0) || edges === undefined) {
    throw new RangeError(`lambda2 = ${lambda2}: family graph needs lambda2 > 0, and edges`);
  }
  const M = laplacian(edges, m)
    .mul(lambda1)
    .add(Matrix.eye(m, m, lambda2));
  return { K: inverse(M), sigma: undefined, inverseTrace: 0 };
}
