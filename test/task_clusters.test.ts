// Clusters of tasks and the spectrum of a model: the textbook's tree, cut; and eigenvalues as an independent solver has them.
import {
  clustered,
  type FitOptions,
  fit,
  fixed,
  global,
  independent,
  type Model,
  mean,
  type Relationship,
  traceNorm,
} from "fedmtl";
import fc from "fast-check";
import { EVD, Matrix } from "ml-matrix";
import { beforeAll, describe, expect, it } from "vitest";
import { generate } from "../dist/data/generate.js";
import { clustersOf } from "../dist/mocha/task_clusters.js";
import { randomSimilarity, textbookJoins } from "./support/linkage.js";
import { generatedTasks } from "./support/generated_tasks.js";

// The same cases in every run.
fc.configureGlobal({ seed: 1 });

const sorted = (clusters: readonly (readonly number[])[]) =>
  JSON.stringify([...clusters].map((one) => [...one].sort()).sort());

describe("clusters of a matrix", () => {
  it("are those of the textbook method, for every k", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(), (m, seed) => {
        const similarity = randomSimilarity(m, seed);
        const joins = textbookJoins(similarity);
        for (let k = 1; k <= m; k++) {
          expect(sorted(clustersOf(similarity, k))).toBe(sorted(joins[m - k]?.clusters ?? []));
        }
      }),
    );
  });

  it("are in order, whatever the tree", () => {
    const clusters = clustersOf(randomSimilarity(20, 3), 6);
    for (const cluster of clusters) {
      expect(cluster).toEqual([...cluster].sort((a, b) => a - b));
    }
    expect(clusters.map(([first]) => first)).toEqual(
      clusters.map(([first]) => first ?? 0).sort((a, b) => a - b),
    );
    expect(clusters.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, t) => t));
  });

  it("are by default the blocks of a matrix that has some", () => {
    const block = (t: number) => t % 3;
    const similarity = Matrix.zeros(12, 12);
    for (let s = 0; s < 12; s++) {
      for (let t = 0; t < 12; t++) {
        similarity.set(s, t, s === t ? 1 : block(s) === block(t) ? 0.8 - 0.01 * Math.abs(s - t) : 0.1);
      }
    }
    const expected = [0, 1, 2].map((b) =>
      Array.from({ length: 12 }, (_, t) => t).filter((t) => block(t) === b),
    );
    expect(clustersOf(similarity, undefined)).toEqual(expected);
  });

  it("are by default one of tasks that are the same, and each for itself of tasks that are not related", () => {
    expect(clustersOf(Matrix.ones(5, 5), undefined)).toHaveLength(1);
    expect(clustersOf(Matrix.eye(5, 5), undefined)).toHaveLength(5);
    expect(clustersOf(Matrix.eye(1, 1), undefined)).toEqual([[0]]);
  });

  it("are refused for another k", () => {
    for (const k of [0, 6, 1.5, Number.NaN]) {
      expect(() => clustersOf(Matrix.eye(5, 5), k)).toThrow(
        /clusters of 5 tasks cannot be; give a whole number from 1 to 5/,
      );
    }
  });
});

describe("a model", () => {
  const recipe = { tasks: 9, cols: 12, rows: [40, 60] as const, clusters: 3, seed: 5 };
  const tasks = generatedTasks(recipe);
  const options: FitOptions = { weighting: "mean" };
  let model: Model;
  beforeAll(async () => {
    ({ model } = await fit(tasks, { ...options, relationship: traceNorm({ lambda1: 0.1 }) }).result);
  });

  it("finds the clusters that the data were made from", () => {
    const { ids, clusters } = generate(recipe);
    const truth = [0, 1, 2].map((c) => ids.filter((_, t) => clusters[t] === c));
    expect(model.clusters(3)).toEqual(truth);
    expect(model.clusters(1)).toEqual([ids]);
    expect(model.clusters(9)).toEqual(ids.map((id) => [id]));
  });

  const singularValues = (one: Model): number[] => {
    const W = new Matrix(one.names.map((name) => [...one.weights(name)]));
    const values = new EVD(W.mmul(W.transpose())).realEigenvalues.map((value) =>
      Math.sqrt(Math.max(0, value)),
    );
    return values.sort((a, b) => b - a);
  };

  it("has the singular values of its weights", async () => {
    const { singularValues: found } = await model.spectrum();
    singularValues(model).forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, 6);
    });
  });

  it("has, for trace-norm, the eigenvalues of the learned Sigma, as its formula gives them", async () => {
    const { relation } = await model.spectrum();
    expect(relation).toHaveLength(9);
    expect(relation.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
    // Sigma = (W'W + epsilon I)^1/2 / T at W of the last Omega step, which the last W step hardly moved.
    const epsilon = Number(model.options.epsilon);
    const roots = singularValues(model).map((value) => Math.sqrt(value * value + epsilon));
    const trace = roots.reduce((sum, value) => sum + value, 0);
    roots.forEach((root, i) => {
      expect(Math.abs((relation[i] ?? 0) - root / trace)).toBeLessThan(0.01);
    });
  });

  it.each<[string, Relationship, (m: number) => number[]]>([
    ["independent", independent(), (m) => new Array<number>(m).fill(1 / m)],
    ["global", global(), (m) => [1, ...new Array<number>(m - 1).fill(0)]],
    // K has 1 / lambda2 once and 1 / (lambda1 + lambda2) else.
    [
      "mean",
      mean({ lambda1: 3, lambda2: 1 }),
      (m) => [1, ...new Array<number>(m - 1).fill(0.25)].map((v) => v / (1 + 0.25 * (m - 1))),
    ],
    [
      "fixed",
      fixed({ sigma: Matrix.eye(9, 9).add(1) }),
      (m) => [m + 1, ...new Array<number>(m - 1).fill(1)].map((v) => v / (2 * m)),
    ],
  ])("has the eigenvalues of a known relationship: %s", async (_, relationship, expected) => {
    const { model: known } = await fit(tasks, { ...options, relationship }).result;
    const { relation } = await known.spectrum();
    expected(9).forEach((value, i) => {
      expect(relation[i]).toBeCloseTo(value, 8);
    });
  });

  it("clusters are by default as many as a training with clusters was told", async () => {
    for (const k of [2, 4]) {
      const { model: grouped } = await fit(tasks, { ...options, relationship: clustered({ k }) }).result;
      expect(grouped.clusters()).toEqual(grouped.clusters(k));
      expect(grouped.clusters()).toHaveLength(k);
    }
  });

  it("of several classes stacks them", async () => {
    const { model: several } = await fit(tasks, { ...options, multiclass: true }).result;
    const { singularValues: found, relation } = await several.spectrum();
    const squares = await Promise.all(
      [-1, 1].map(async (label) => {
        const { singularValues: own } = await several.ofClass(label).spectrum();
        return own.reduce((sum, value) => sum + value * value, 0);
      }),
    );
    // The squares of singular values sum to those of all weights.
    const sum = found.reduce((total, value) => total + value * value, 0);
    expect(sum).toBeCloseTo((squares[0] ?? 0) + (squares[1] ?? 0), 6);
    expect(relation.reduce((total, value) => total + value, 0)).toBeCloseTo(1, 12);
    expect(several.clusters(3).flat()).toHaveLength(9);
  });
});
