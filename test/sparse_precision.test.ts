// The sparse-precision relationship against what does not come from its own solver: optimality conditions and closed
// forms of the graphical lasso, the gradient of the joint objective, and the edges a user sees.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Certificate,
  crossValidate,
  type FitOptions,
  fit,
  Model,
  sparsePrecision,
  type TaskSet,
  traceNorm,
} from "fedmtl";
import {
  graphicalLasso,
  RandomStream,
  type ReferenceRelationship,
  regulariserAt,
  sparsePrecisionRelation,
  streamKey,
} from "fedmtl/reference";
import { determinant, inverse, Matrix } from "ml-matrix";
import { afterAll, describe, expect, it } from "vitest";
import { native } from "../dist/native.js";
import { toNative } from "../dist/mocha/relationships.js";
import { generatedTasks } from "./support/generated_tasks.js";
import { hardTasks, shapes, toTaskSet } from "./support/native_problems.js";
import { largestEntry, randomMatrix, randomSemidefinite, weightsOf } from "./support/reference_problems.js";

const folder = mkdtempSync(join(tmpdir(), "fedmtl-sparse-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stream = (seed: number) => new RandomStream(streamKey(seed, "sparse-precision", 0));

/** f(Omega) = tr(S Omega) - log det Omega + rho sum_st |Omega_st|; infinite where Omega is not positive definite. */
function objective(S: Matrix, rho: number, omega: Matrix): number {
  const minors = omega.diagonal().map((_, t) => determinant(omega.subMatrix(0, t, 0, t)));
  return minors.every((minor) => minor > 0)
    ? Matrix.mul(S, omega).sum() - Math.log(determinant(omega)) + rho * omega.clone().abs().sum()
    : Number.POSITIVE_INFINITY;
}

describe("the reference's graphical lasso", () => {
  it.each([
    [4, 2, 0.3],
    [5, 8, 0.05],
    [6, 3, 0.5],
  ])("meets the optimality conditions: %d tasks, rank %d, rho %d", (m, rank, rho) => {
    for (let seed = 0; seed < 5; seed++) {
      const S = randomSemidefinite(stream(seed), m, rank);
      const omega = graphicalLasso(S, rho);
      const slope = Matrix.sub(S, inverse(omega));
      for (let s = 0; s < m; s++) {
        for (let t = 0; t < m; t++) {
          const entry = omega.get(s, t);
          if (entry === 0) {
            expect(Math.abs(slope.get(s, t))).toBeLessThanOrEqual(rho + 1e-10);
          } else {
            expect(slope.get(s, t)).toBeCloseTo(-rho * Math.sign(entry), 9);
          }
        }
      }
    }
  });

  it("is no worse than any matrix of a grid for two tasks, nor than any nearby for more", () => {
    const S = randomSemidefinite(stream(1), 2, 3);
    const rho = 0.1;
    const best = graphicalLasso(S, rho);
    const least = objective(S, rho, best);
    for (const a of [0.5, 0.9, 1, 1.1, 2]) {
      for (const b of [0.5, 0.9, 1, 1.1, 2]) {
        for (let c = -1; c <= 1; c += 0.1) {
          const [p, q] = [a * best.get(0, 0), b * best.get(1, 1)];
          const other = new Matrix([
            [p, c * Math.sqrt(p * q)],
            [c * Math.sqrt(p * q), q],
          ]);
          expect(objective(S, rho, other)).toBeGreaterThanOrEqual(least - 1e-12);
        }
      }
    }
    for (let seed = 0; seed < 20; seed++) {
      const larger = randomSemidefinite(stream(seed), 5, 3);
      const omega = graphicalLasso(larger, 0.2);
      const step = randomMatrix(stream(100 + seed), 5, 5).mul(0.02);
      const other = Matrix.add(omega, Matrix.add(step, step.transpose()));
      expect(objective(larger, 0.2, other)).toBeGreaterThan(objective(larger, 0.2, omega));
    }
  });
});

describe("the core's Omega step", () => {
  it("is the reference's, from any W", async () => {
    const [lambda1, lambda2] = [0.4, 0.1];
    for (let seed = 0; seed < 12; seed++) {
      const [d, m] = [1 + (seed % 4), 2 + (seed % 5)];
      const rho = [0.02, 0.2, 1][seed % 3] as number;
      const W = randomMatrix(stream(seed), d, m);
      const relationship = sparsePrecision({ lambda1, lambda2, rho });
      const given = toNative(relationship, { tasks: m, names: () => [] }, 1, 0);
      const flat = Float64Array.from(W.transpose().to1DArray());
      const { kernel } = await native.relationshipAt(given, m, d, flat, undefined);
      if (!("matrix" in kernel)) {
        throw new Error("the kernel is not written out");
      }
      const expected = sparsePrecisionRelation({ family: "sparse-precision", lambda1, lambda2, rho }, W).K;
      const K = Matrix.from1DArray(m, m, kernel.matrix);
      expect(largestEntry(Matrix.sub(K, expected))).toBeLessThan(1e-8 * largestEntry(expected));
    }
  });
});

/** The gradient of the losses' sum at W, column by column. */
function lossGradient(tasks: ReturnType<typeof hardTasks>, W: Matrix): Matrix {
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

const matrixOf = (model: Model): Matrix =>
  new Matrix(model.names.map((name) => [...model.weights(name)])).transpose();

describe("a training", () => {
  it.each([
    [0.05, 0],
    [0.5, 0],
    [0.2, 0.1],
  ])("ends where the gradient of the joint objective is 0: rho %d, lambda2 %d", async (rho, lambda2) => {
    const lambda1 = 0.3;
    for (const shape of shapes) {
      const tasks = hardTasks(70, "squared", shape, "dense");
      const options: FitOptions = {
        ...{ loss: "squared", relationship: sparsePrecision({ lambda1, lambda2, rho }) },
        ...{ omegaSteps: 2000, omegaTolerance: 0, omegaEvery: 100_000 },
        stop: { gap: 1e-13, rounds: 400_000 },
      };
      const W = matrixOf((await fit(toTaskSet(tasks), options).result).model);
      const relation = { family: "sparse-precision", lambda1, lambda2, rho } as const;
      const { K } = sparsePrecisionRelation(relation, W);
      const gradient = lossGradient(tasks, W).add(W.mmul(inverse(K)));
      const scale = largestEntry(lossGradient(tasks, Matrix.zeros(W.rows, W.columns)));
      expect(largestEntry(gradient)).toBeLessThan(1e-5 * scale);
    }
  });

  it("reports the joint objective P + g, has no joint bound, and never a negative gap", async () => {
    const numbers = { lambda1: 0.3, lambda2: 0.1, rho: 0.2 };
    const relation: ReferenceRelationship = { family: "sparse-precision", ...numbers };
    const tasks = hardTasks(71, "squared", shapes[0] as (typeof shapes)[number], "dense");
    const { model, certificate, history } = await fit(toTaskSet(tasks), {
      ...{ loss: "squared", relationship: sparsePrecision(numbers) },
      ...{ omegaTolerance: 0, omegaSteps: 200, stop: { gap: 1e-11, rounds: 100_000 } },
    }).result;
    const W = matrixOf(model);
    const losses = tasks.map((task, t) => {
      const residuals = new Matrix(task.X).mmul(W.getColumnVector(t)).sub(Matrix.columnVector(task.y));
      return residuals.to1DArray().reduce((sum, r, i) => sum + 0.5 * (weightsOf(task)[i] ?? 0) * r * r, 0);
    });
    const expected =
      losses.reduce((sum, value) => sum + value, 0) +
      regulariserAt(relation, sparsePrecisionRelation(relation, W), W);
    expect(certificate.jointObjective).toBeCloseTo(expected, 6);
    expect(certificate.jointDual).toBeUndefined();
    for (const { certificate: one } of history) {
      const { gap = 0, primal = 0 } = one ?? {};
      expect(gap).toBeGreaterThanOrEqual(-1e-12 * Math.abs(primal));
    }
  });
});

const data: TaskSet = generatedTasks({
  ...{ tasks: 8, cols: 6, rows: [30, 40] as const, clusters: 2, seed: 3, kind: "regression" },
});
const options: FitOptions = { loss: "squared", weighting: "mean", stop: { gap: 1e-6, rounds: 20_000 } };
const learned = (rho: number, lambda1 = 0.01) =>
  fit(data, { ...options, relationship: sparsePrecision({ lambda1, rho }) }).result;

describe("the edges", () => {
  it("are the entries of Omega, the strongest first, and survive saving", async () => {
    const { model } = await learned(0.05);
    const edges = model.edges();
    expect(edges.length).toBeGreaterThan(2);
    // K = Omega^-1 / lambda1 here: partial correlations from its inverse.
    const m = model.names.length;
    const omega = inverse(model.correlation());
    const partial = (s: number, t: number) => -omega.get(s, t) / Math.sqrt(omega.get(s, s) * omega.get(t, t));
    for (const [i, { tasks, partialCorrelation }] of edges.entries()) {
      const [s, t] = tasks.map((name) => model.names.indexOf(name)) as [number, number];
      expect(s).toBeLessThan(t);
      expect(partialCorrelation).toBeCloseTo(partial(s, t), 8);
      const before = edges[i - 1]?.partialCorrelation ?? 1;
      expect(Math.abs(partialCorrelation)).toBeLessThanOrEqual(Math.abs(before));
    }
    const joined = new Set(edges.map(({ tasks }) => tasks.join()));
    for (let s = 0; s < m; s++) {
      for (let t = s + 1; t < m; t++) {
        if (!joined.has(`${model.names[s]},${model.names[t]}`)) {
          expect(Math.abs(partial(s, t))).toBeLessThan(1e-8);
        }
      }
    }
    const path = join(folder, "edges.safetensors");
    await model.save(path);
    const again = await Model.load(path);
    expect(again.edges()).toEqual(edges);
    expect(again.correlation()).toEqual(model.correlation());
    expect(again.options).toMatchObject({ relationship: "sparse-precision", rho: 0.05 });
  });

  it("are fewer with a larger rho, none in the end, and not there for other relationships", async () => {
    const counts: number[] = [];
    for (const rho of [0.02, 0.5, 1e3]) {
      counts.push((await learned(rho, 0.01 * rho)).model.edges().length);
    }
    expect(counts[0]).toBeGreaterThan(counts[1] as number);
    expect(counts[2]).toBe(0);
    const { model } = await fit(data, { ...options, relationship: traceNorm() }).result;
    expect(() => model.edges()).toThrow(/"trace-norm" learns no edges; train with sparsePrecision/);
  });
});

describe("a new task", () => {
  const others = data.names.slice(0, -1);
  const last = data.names.at(-1) as string;

  it("has a minimum of the joint objective at its column", async () => {
    const [lambda1, rho] = [0.01, 0.1];
    const relationship = sparsePrecision({ lambda1, rho });
    const { model } = await fit(data.select(others), { ...options, relationship }).result;
    const rows = data.select([last]);
    const grown = await model.addTask(last, rows, { gap: 1e-9 });
    const { values: x } = rows.native.rows(0, rows.rowCount);
    const relation = { family: "sparse-precision", lambda1, lambda2: 0, rho } as const;
    const joint = (w: Float64Array): number => {
      const W = new Matrix([...others.map((name) => [...model.weights(name)]), [...w]]).transpose();
      const losses = rows.labels().map((label, i) => {
        const z = w.reduce((sum, weight, j) => sum + weight * (x[i * w.length + j] ?? 0), 0);
        return (0.5 * (z - label) ** 2) / rows.rowCount;
      });
      return (
        losses.reduce((sum, value) => sum + value, 0) +
        regulariserAt(relation, sparsePrecisionRelation(relation, W), W)
      );
    };
    const w = grown.weights(last);
    const at = joint(w);
    for (let trial = 0; trial < 20; trial++) {
      const direction = w.map((_, i) => Math.sin(7 * trial + 3 * i * i + 1));
      const length = (0.1 * Math.hypot(...w)) / Math.hypot(...direction);
      expect(at).toBeLessThan(joint(w.map((value, i) => value + length * (direction[i] ?? 0))));
    }
    const [{ certificate } = {}] = grown.added;
    const { gap, primal, relativeGap } = certificate as Certificate;
    expect(gap).toBeGreaterThanOrEqual(-1e-12 * Math.abs(primal));
    expect(relativeGap).toBeLessThanOrEqual(1e-9);
    expect(grown.correlation().rows).toBe(data.names.length);
    expect(grown.edges().some(({ tasks }) => tasks.includes(last))).toBe(true);
  });
});

describe("cross-validation", () => {
  it("chooses rho from a grid, the same at 1 and 2 processes, warm-started along lambda1", async () => {
    const grid = { lambda1: [0.1, 0.01], rho: [0.05, 5] };
    const given = { ...options, stop: { gap: 1e-2, rounds: 500 }, folds: 3, metric: "rmse", grid } as const;
    const relationship = sparsePrecision();
    const one = await crossValidate(data, { ...given, relationship });
    const two = await crossValidate(data, { ...given, relationship, parallel: 2, threads: 2 });
    expect(one.points.map(({ values }) => values.rho)).toEqual([0.05, 0.05, 5, 5]);
    expect(two.points.map(({ scores }) => scores)).toEqual(one.points.map(({ scores }) => scores));
    expect(two.best.values).toEqual(one.best.values);
    expect(two.oneStandardError.values).toEqual(one.oneStandardError.values);
  });
});

describe("what cannot be", () => {
  it.each([0, -1, Number.NaN, "1"])("rho %j is refused", (rho) => {
    expect(() => sparsePrecision({ rho: rho as number })).toThrow(/rho is .*; give a number above 0/);
  });

  it("more than 2,000 tasks are refused, with what to take instead", () => {
    const given = { tasks: 2001, names: () => [] };
    expect(() => toNative(sparsePrecision(), given, 1, 0)).toThrow(
      /"sparse-precision" takes at most 2,000 tasks, there are 2,001; give "graph" with the edges you know/,
    );
    expect(() => toNative(sparsePrecision(), { ...given, tasks: 2000 }, 1, 0)).not.toThrow();
  });
});
