// Relationships against what does not come from their own formulas: optima by plain linear algebra, gradients, brute
// force on small matrices.

import { clustered, type FitOptions, fit, type Relationship } from "fedmtl";
import {
  clusteredConjugate,
  clusteredRelation,
  RandomStream,
  type ReferenceRelationship,
  type ReferenceTask,
  rightSingularPairs,
  streamKey,
  waterFill,
} from "fedmtl/reference";
import { inverse, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { hardTasks, shapes, toTaskSet } from "./support/native_problems.js";
import { largestEntry, randomMatrix, sum, weightsOf } from "./support/reference_problems.js";

const stream = (seed: number) => new RandomStream(streamKey(seed, "relationships", 0));

/** W, d × m, of a training with the squared loss that is solved as far as float64 goes. */
async function solved(tasks: ReferenceTask[], relationship: Relationship): Promise<Matrix> {
  const options: FitOptions = {
    ...{ loss: "squared", relationship, omegaSteps: 2000, omegaTolerance: 0, omegaEvery: 100_000 },
    stop: { gap: 1e-13, rounds: 400_000 },
  };
  const { model } = await fit(toTaskSet(tasks), options).result;
  return new Matrix(model.names.map((name) => [...model.weights(name)])).transpose();
}

/** The gradient of the losses' sum at W, column by column. */
function lossGradient(tasks: ReferenceTask[], W: Matrix): Matrix {
  const columns = tasks.map((task, t) => {
    const X = new Matrix(task.X);
    const residuals = X.mmul(W.getColumnVector(t)).sub(Matrix.columnVector(task.y));
    return X.transpose()
      .mmul(Matrix.diag(weightsOf(task)))
      .mmul(residuals)
      .to1DArray();
  });
  return new Matrix(columns).transpose();
}

describe("clustered", () => {
  it.each([
    [1, 0.5, 0],
    [2, 0.1, 0],
    [2, 0.5, 0.1],
    [3, 2, 0.1],
  ])(
    "ends where the gradient of the joint objective F(W) is 0: k %d, eta %d, lambda2 %d",
    async (k, eta, lambda2) => {
      const lambda1 = 0.3;
      for (const shape of shapes) {
        const tasks = hardTasks(70, "squared", shape, "dense");
        const W = await solved(tasks, clustered({ lambda1, lambda2, k, eta }));
        // F(W) = losses + R(W); R's gradient is W M for the Q that is best for W (the envelope theorem).
        const { K } = clusteredRelation({ family: "clustered", lambda1, lambda2, k, eta }, W);
        const gradient = lossGradient(tasks, W).add(W.mmul(inverse(K)));
        const scale = largestEntry(lossGradient(tasks, Matrix.zeros(W.rows, W.columns)));
        expect(largestEntry(gradient)).toBeLessThan(1e-5 * scale);
      }
    },
  );

  const relationship: ReferenceRelationship = {
    family: "clustered",
    lambda1: 0.4,
    lambda2: 0.1,
    k: 1,
    eta: 0.3,
  };
  const { lambda1, lambda2, k = 0, eta = 0 } = relationship;
  /** 1/2 tr(W M W') for a given Q. */
  const regulariser = (W: Matrix, Q: Matrix) => {
    const Omega = inverse(Matrix.add(Q, Matrix.eye(Q.rows, Q.rows, eta))).mul(eta * (1 + eta));
    const M = Omega.mul(lambda1).add(Matrix.eye(Q.rows, Q.rows, lambda2));
    return Matrix.mul(W, W.mmul(M)).sum() / 2;
  };

  it("is no worse than any Q of a grid over all 2 × 2 matrices 0 <= Q <= I with trace 1", () => {
    for (let seed = 0; seed < 10; seed++) {
      const W = randomMatrix(stream(seed), 3, 2);
      const { K } = clusteredRelation(relationship, W);
      const best = Matrix.mul(W, W.mmul(inverse(K))).sum() / 2;
      let least = Number.POSITIVE_INFINITY;
      for (let angle = 0; angle < Math.PI; angle += 0.01) {
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let q = 0.5; q <= 1; q += 0.005) {
          const Q = new Matrix([
            [q * c * c + (k - q) * s * s, (2 * q - k) * c * s],
            [(2 * q - k) * c * s, q * s * s + (k - q) * c * c],
          ]);
          least = Math.min(least, regulariser(W, Q));
        }
      }
      expect(best).toBeLessThanOrEqual(least * (1 + 1e-12));
      expect(best).toBeGreaterThan(least * (1 - 1e-3));
    }
  });

  it("fills up to k with 1 where there is room for all, and never more than k", () => {
    expect(waterFill([3, 2, 1], 0.5, 2)).toEqual([1, expect.closeTo(5 / 6, 12), expect.closeTo(1 / 6, 12)]);
    for (let seed = 0; seed < 20; seed++) {
      const s = Array.from({ length: 7 }, () => stream(seed).uniform() + 0.01);
      for (const shift of [1e-3, 0.5, 20]) {
        const q = waterFill(s, shift, 3);
        expect(sum(q)).toBeCloseTo(3, 9);
        expect(q.every((level) => level >= 0 && level <= 1)).toBe(true);
      }
    }
  });

  it("bounds the joint objective from below by its conjugate: <V, W> <= R(W) + R*(V)", () => {
    const [m, d] = [6, 4];
    for (let seed = 0; seed < 50; seed++) {
      const V = randomMatrix(stream(seed), d, m);
      const W = Matrix.add(V, randomMatrix(stream(1000 + seed), d, m)).mul(
        10 ** (2 * stream(seed).uniform()),
      );
      const { K } = clusteredRelation(relationship, W);
      const R = Matrix.mul(W, W.mmul(inverse(K))).sum() / 2;
      expect(Matrix.mul(V, W).sum()).toBeLessThanOrEqual(R + clusteredConjugate(relationship, V));
    }
    // With lambda2 = 0 it is reached, at W = V K for the Q that is 1 on the k largest directions of V.
    const plain = { ...relationship, lambda2: 0 };
    const V = randomMatrix(stream(3), d, m);
    const { values, U } = rightSingularPairs(V);
    const u = U.getColumnVector(values.indexOf(Math.max(...values)));
    const K = Matrix.eye(m, m, eta)
      .add(u.mmul(u.transpose()))
      .div(lambda1 * eta * (1 + eta));
    const reached = Matrix.mul(V, V.mmul(K)).sum() / 2;
    expect(clusteredConjugate(plain, V)).toBeCloseTo(reached, 12);
  });
});
