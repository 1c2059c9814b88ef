// Relationships against what does not come from their own formulas: optima by plain linear algebra, gradients, brute
// force on small matrices.

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  clustered,
  type Edge,
  type FitOptions,
  fit,
  global,
  graph,
  independent,
  Model,
  type Relationship,
} from "fedmtl";
import {
  clusteredConjugate,
  clusteredRelation,
  laplacian,
  RandomStream,
  type ReferenceRelationship,
  type ReferenceTask,
  rightSingularPairs,
  streamKey,
  waterFill,
} from "fedmtl/reference";
import { inverse, Matrix, solve } from "ml-matrix";
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

describe("graph", () => {
  const edges: Edge[] = [
    ["task-0", "task-2", 1.5],
    ["task-3", "task-2", 0.4],
    ["task-1", "task-0", 0],
  ];

  it.each(shapes)("with the squared loss solves the dense linear system of all models, %j", async (shape) => {
    const [lambda1, lambda2] = [0.7, 0.2];
    const tasks = hardTasks(71, "squared", shape, "dense");
    const W = await solved(tasks, graph({ lambda1, lambda2, edges }));
    const [d, m] = [W.rows, W.columns];
    // (diag(X_t' Q_t X_t) + M ⊗ I) vec(W) = (X_t' Q_t y_t), M edge by edge.
    const A = Matrix.eye(m * d, m * d, lambda2);
    const b = Matrix.zeros(m * d, 1);
    tasks.forEach((task, t) => {
      const X = new Matrix(task.X);
      const weighted = X.transpose().mulRowVector(weightsOf(task));
      A.setSubMatrix(Matrix.add(weighted.mmul(X), Matrix.eye(d, d, lambda2)), t * d, t * d);
      b.setSubMatrix(weighted.mmul(Matrix.columnVector(task.y)), t * d, 0);
    });
    const index = (name: string, j: number): number => Number(name.slice("task-".length)) * d + j;
    for (const [from, to, weight] of edges) {
      for (let j = 0; j < d; j++) {
        const [s, t] = [index(from, j), index(to, j)];
        for (const [row, column, sign] of [
          [s, s, 1],
          [t, t, 1],
          [s, t, -1],
          [t, s, -1],
        ] as const) {
          A.set(row, column, A.get(row, column) + sign * lambda1 * weight);
        }
      }
    }
    const expected = solve(A, b).to1DArray();
    const actual = W.transpose().to1DArray();
    const scale = Math.max(...expected.map(Math.abs));
    actual.forEach((value, i) => {
      expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1e-6 * scale);
    });
  });

  it("takes a weight up to 1e15 lambda2 / lambda1, and refuses a larger one by its pair", async () => {
    const tasks = hardTasks(72, "squared", shapes[0], "dense");
    const joined = (weight: number) =>
      graph({ lambda1: 0.5, lambda2: 2, edges: [...edges, ["task-1", "task-2", weight]] });
    const { status, certificate } = await fit(toTaskSet(tasks), {
      ...{ loss: "squared", relationship: joined(4e15), stop: { gap: 1e-6 } },
    }).result;
    expect(status).toBe("converged");
    expect(certificate.gap).toBeGreaterThanOrEqual(0);
    for (const weight of [4.1e15, 1e20, 1e308]) {
      expect(() => joined(weight)).toThrow(
        expect.objectContaining({
          code: "INVALID_OPTION",
          message: expect.stringMatching(
            /^edges\[3\] joins "task-1" and "task-2" .* too large beside lambda2 2;/,
          ),
        }),
      );
    }
    const found = await fit(toTaskSet(tasks), { loss: "squared", relationship: joined(1) }).result;
    await expect(found.model.addTask("new", undefined, { edges: [["task-1", 1e20]] })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining('"task-1" and "new" with the weight 100000000000000000000'),
    });
  });

  it("of no edges is independent with lambda2, and all tasks joined strongly are one model", async () => {
    const tasks = hardTasks(72, "squared", shapes[0], "dense");
    const alone = await solved(tasks, graph({ lambda2: 0.3, edges: [] }));
    const expected = await solved(tasks, independent({ lambda1: 0.3 }));
    expect(largestEntry(Matrix.sub(alone, expected))).toBeLessThan(1e-6);
    const tied = await solved(
      tasks,
      graph({ lambda1: 1e4, lambda2: 0.3, edges: [...edges, ["task-1", "task-2", 1]] }),
    );
    // m models w with lambda2 / 2 ||w||^2 each.
    const shared = await solved(tasks, global({ lambda1: 0.3 * tasks.length }));
    expect(largestEntry(Matrix.sub(tied, shared))).toBeLessThan(1e-2);
  });

  it("correlates connected tasks only, as the inverse of M says, also after saving and loading", async () => {
    const [lambda1, lambda2] = [0.7, 0.2];
    const tasks = hardTasks(73, "squared", shapes[0], "dense");
    const { model } = await fit(toTaskSet(tasks), {
      ...{ loss: "squared", relationship: graph({ lambda1, lambda2, edges }) },
    }).result;
    const K = inverse(
      laplacian(
        [
          [0, 2, 1.5],
          [3, 2, 0.4],
        ],
        4,
      )
        .mul(lambda1)
        .add(Matrix.eye(4, 4, lambda2)),
    );
    const path = join(mkdtempSync(join(tmpdir(), "fedmtl-graph-")), "graph.safetensors");
    await model.save(path);
    for (const one of [model, await Model.load(path)]) {
      const names = ["task-3", "task-1", "task-0"];
      const correlation = one.correlation(names);
      names.forEach((a, i) => {
        names.forEach((b, j) => {
          const [s, t] = [a, b].map((name) => one.names.indexOf(name)) as [number, number];
          const expected = K.get(s, t) / Math.sqrt(K.get(s, s) * K.get(t, t));
          expect(correlation.get(i, j)).toBeCloseTo(expected, 12);
        });
      });
      expect(correlation.get(0, 1)).toBe(0);
    }
  });
});

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
