// A new task against fixed others: its column is that of the joint optimum where the relations are known, a minimum of the
// joint objective along itself where they are learned, and its certificate holds.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Certificate,
  clustered,
  type Edge,
  type FitOptions,
  fit,
  fixed,
  global,
  graph,
  independent,
  type Loss,
  Model,
  mean,
  readTasks,
  type Relationship,
  TaskSet,
  traceNorm,
} from "fedmtl";
import { clusteredRelation } from "fedmtl/reference";
import { EVD, inverse, Matrix } from "ml-matrix";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeModel } from "../dist/mocha/model_file.js";
import type { ModelParts } from "../dist/mocha/model_parts.js";
import { generatedTasks } from "./support/generated_tasks.js";
import { describeWithData } from "./support/shared_data.js";

const folder = mkdtempSync(join(tmpdir(), "fedmtl-add-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const recipe = { tasks: 7, cols: 5, rows: [20, 30] as const, clusters: 2, seed: 3 };
const classes = generatedTasks(recipe);
const values = generatedTasks({ ...recipe, kind: "regression" });
const names = classes.names;
const others = names.slice(0, -1);
const last = names.at(-1) as string;
const precise: FitOptions = { weighting: "mean", stop: { gap: 1e-12, rounds: 100_000 } };
const exact = { gap: 1e-12, passes: 1e6 };

/** A model's parts, through its file. */
async function partsOf(model: Model): Promise<ModelParts> {
  const path = join(folder, "model.safetensors");
  await model.save(path);
  return decodeModel(readFileSync(path), path);
}

/** A model of the first tasks that has the columns of a model of all. */
async function withColumnsOf(small: Model, large: Model): Promise<Model> {
  const [parts, source] = [await partsOf(small), await partsOf(large)];
  const [head, all] = [parts.heads[0], source.heads[0]];
  if (head === undefined || all === undefined) {
    throw new Error("a model has no head");
  }
  const { W, intercepts } = all;
  const cut = { W: W.slice(0, head.W.length), intercepts: intercepts.slice(0, head.intercepts.length) };
  return new Model({
    ...parts,
    ...(source.scaling && { scaling: source.scaling }),
    heads: [{ ...head, ...cut }],
  });
}

function expectClose(actual: Float64Array, expected: Float64Array, tolerance: number): void {
  const norm = Math.hypot(...expected);
  const distance = Math.hypot(...actual.map((value, i) => value - (expected[i] ?? 0)));
  expect(distance).toBeLessThanOrEqual(tolerance * norm);
}

function expectCertified({ primal, dual, gap }: Certificate): void {
  expect(gap).toBeGreaterThanOrEqual(-1e-12 * Math.max(Math.abs(primal), Math.abs(dual)));
  expect(gap).toBeCloseTo(primal - dual, 12);
}

const omega = Matrix.eye(7, 7).mul(2).add(-0.2);
const sigma = Matrix.eye(7, 7).add(0.5);
const part = (matrix: Matrix) => matrix.subMatrix(0, 5, 0, 5);

describe("the column of the joint optimum comes back", () => {
  const kinds: [string, Relationship, Relationship, object][] = [
    ["independent", independent({ lambda1: 0.1 }), independent({ lambda1: 0.1 }), {}],
    ["mean", mean({ lambda1: 0.3, lambda2: 0.05 }), mean({ lambda1: 0.3, lambda2: 0.05 }), {}],
    [
      "fixed by omega",
      fixed({ omega, lambda1: 0.1, lambda2: 0.02 }),
      fixed({ omega: part(omega), lambda1: 0.1, lambda2: 0.02 }),
      { omega: omega.getRow(6) },
    ],
    [
      "fixed by sigma",
      fixed({ sigma, lambda1: 0.1 }),
      fixed({ sigma: part(sigma), lambda1: 0.1 }),
      { sigma: sigma.getRow(6) },
    ],
    [
      "fixed by sigma, with a ridge",
      fixed({ sigma, lambda1: 0.1, lambda2: 0.05 }),
      fixed({ sigma: part(sigma), lambda1: 0.1, lambda2: 0.05 }),
      { sigma: sigma.getRow(6) },
    ],
  ];
  const inner: Edge[] = [
    [others[0] as string, others[2] as string, 1.5],
    [others[3] as string, others[2] as string, 0.4],
  ];
  const outer = [[others[2], 2] as const, [others[5], 0.3] as const] as [string, number][];
  kinds.push([
    "graph",
    graph({
      ...{ lambda1: 0.1, lambda2: 0.02 },
      edges: [...inner, ...outer.map(([task, weight]): Edge => [last, task, weight])],
    }),
    graph({ lambda1: 0.1, lambda2: 0.02, edges: inner }),
    { edges: outer },
  ]);
  const losses: Loss[] = ["squared", "logistic", "smoothed-hinge"];

  it.each(kinds.flatMap((kind) => losses.map((loss) => [...kind, loss] as const)))(
    "%s",
    async (_, all, some, relations, loss) => {
      const tasks = loss === "squared" ? values : classes;
      const options: FitOptions = { ...precise, loss, standardize: true, intercept: "penalized" };
      const joint = (await fit(tasks, { ...options, relationship: all }).result).model;
      const small = (await fit(tasks.select(others), { ...options, relationship: some }).result).model;
      const model = await withColumnsOf(small, joint);
      const grown = await model.addTask(last, tasks.select([last]), { ...exact, ...relations });
      expectClose(grown.weights(last), joint.weights(last), 1e-6);
      expect(grown.intercept(last)).toBeCloseTo(joint.intercept(last), 6);
      expectCertified(grown.added[0]?.certificate as Certificate);
      // And the relationship of all tasks with it.
      const miss = Matrix.sub(grown.correlation(), joint.correlation());
      expect(miss.norm()).toBeLessThan(1e-8);
      for (const name of others) {
        expect(grown.weights(name)).toEqual(model.weights(name));
      }
    },
  );

  it("with a free intercept", async () => {
    const options: FitOptions = {
      ...precise,
      loss: "logistic",
      intercept: "free",
      relationship: mean({ lambda2: 0.1 }),
    };
    const joint = (await fit(classes, options).result).model;
    const small = (await fit(classes.select(others), options).result).model;
    const grown = await (await withColumnsOf(small, joint)).addTask(last, classes.select([last]), exact);
    expectClose(grown.weights(last), joint.weights(last), 1e-5);
    expect(grown.intercept(last)).toBeCloseTo(joint.intercept(last), 4);
  });

  it("of sparse rows too, and with class weights", async () => {
    const rows = values.rowCount;
    const { values: dense } = classes.native.rows(0, rows);
    const keep = (i: number) => (i * 7) % 3 > 0;
    const indices = Int32Array.from(Array.from(dense.keys()).filter(keep), (i) => i % 5);
    const counts = Array.from(
      { length: rows },
      (_, i) => [0, 1, 2, 3, 4].filter((j) => keep(5 * i + j)).length,
    );
    const indptr = Float64Array.from([0, ...counts]);
    indptr.forEach((_, i) => {
      indptr[i] = (indptr[i] ?? 0) + (indptr[i - 1] ?? 0);
    });
    const offsets = classes.offsets();
    const tasks = TaskSet.fromCSR({
      ...{ indptr, indices, cols: 5, labels: classes.labels() },
      values: dense.filter((_, i) => keep(i)),
      tasks: names.flatMap((name, t) =>
        new Array<string>((offsets[t + 1] ?? 0) - (offsets[t] ?? 0)).fill(name),
      ),
    });
    expect(tasks.sparse).toBe(true);
    const options: FitOptions = {
      ...{ ...precise, loss: "logistic", standardize: true },
      relationship: independent({ lambda1: 0.1 }),
    };
    const joint = (await fit(tasks, options).result).model;
    const small = (await fit(tasks.select(others), options).result).model;
    const grown = await (await withColumnsOf(small, joint)).addTask(last, tasks.select([last]), exact);
    expectClose(grown.weights(last), joint.weights(last), 1e-6);
    // The factors of the training's classes stay in force: the new task's rows do not count anew.
    const balanced = (await fit(tasks.select(others), { ...options, classWeight: "balanced" }).result).model;
    const again = await Model.load(await saved(balanced));
    const [one, two] = [
      await balanced.addTask(last, tasks.select([last]), exact),
      await again.addTask(last, tasks.select([last]), exact),
    ];
    expect(one.weights(last)).toEqual(two.weights(last));
    const plain = await small.addTask(last, tasks.select([last]), exact);
    expect(one.added[0]?.certificate?.primal).not.toBeCloseTo(plain.added[0]?.certificate?.primal ?? 0, 6);
  });
});

async function saved(model: Model): Promise<string> {
  const path = join(folder, "saved.safetensors");
  await model.save(path);
  return path;
}

describe("clustered", () => {
  it("has a minimum of the joint objective at the new column", async () => {
    const [lambda1, k, eta] = [0.05, 2, 0.2];
    const options: FitOptions = {
      ...{ weighting: "mean", loss: "squared", relationship: clustered({ lambda1, k, eta }) },
    };
    const { model } = await fit(values.select(others), options).result;
    const rows = values.select([last]);
    const grown = await model.addTask(last, rows, { gap: 1e-8 });
    const { values: x } = rows.native.rows(0, rows.rowCount);
    /** Losses of the new task, and R(W) by the reference. */
    const objective = (w: Float64Array): number => {
      const W = new Matrix([...others.map((name) => [...model.weights(name)]), [...w]]).transpose();
      const { K } = clusteredRelation({ family: "clustered", lambda1, lambda2: 0, k, eta }, W);
      const losses = rows.labels().map((label, i) => {
        const z = w.reduce((sum, weight, j) => sum + weight * (x[i * w.length + j] ?? 0), 0);
        return (0.5 * (z - label) ** 2) / rows.rowCount;
      });
      return losses.reduce((sum, value) => sum + value, 0) + Matrix.mul(W, W.mmul(inverse(K))).sum() / 2;
    };
    const w = grown.weights(last);
    for (let trial = 0; trial < 60; trial++) {
      const direction = w.map((_, i) => Math.sin(7 * trial + 3 * i * i + 1));
      const length = (0.1 * Math.hypot(...w)) / Math.hypot(...direction);
      expect(objective(w)).toBeLessThan(objective(w.map((value, i) => value + length * (direction[i] ?? 0))));
    }
    expectCertified(grown.added[0]?.certificate as Certificate);
  });
});

describe("trace-norm", () => {
  const lambda1 = 0.05;
  const options: FitOptions = { weighting: "mean", loss: "squared", relationship: traceNorm({ lambda1 }) };
  const rows = values.select([last]);
  let model: Model;
  let grown: Model;
  beforeAll(async () => {
    model = (await fit(values.select(others), options).result).model;
    grown = await model.addTask(last, rows, { gap: 1e-8 });
  });

  /** The joint objective of all columns, as far as it depends on the last one. */
  function objective(w: Float64Array): number {
    const W = new Matrix([...others.map((name) => [...model.weights(name)]), [...w]]);
    const eigenvalues = new EVD(W.transpose().mmul(W)).realEigenvalues;
    const epsilon = Number(model.options.epsilon);
    const roots = eigenvalues.map((value) => Math.sqrt(Math.max(0, value) + epsilon));
    const trace = roots.reduce((sum, root) => sum + root, (names.length - w.length) * Math.sqrt(epsilon));
    const { values: x } = rows.native.rows(0, rows.rowCount);
    const y = rows.labels();
    const losses = y.map((label, i) => {
      const z = w.reduce((sum, weight, j) => sum + weight * (x[i * w.length + j] ?? 0), 0);
      return 0.5 * (z - label) ** 2;
    });
    return losses.reduce((sum, value) => sum + value, 0) / y.length + 0.5 * lambda1 * trace ** 2;
  }

  it("has a minimum of the joint objective at the new column", () => {
    const w = grown.weights(last);
    const at = objective(w);
    const norm = Math.hypot(...w);
    let nearest = Number.POSITIVE_INFINITY;
    for (let trial = 0; trial < 60; trial++) {
      const direction = w.map((_, i) => Math.sin(7 * trial + 3 * i * i + 1));
      const length = (0.1 * norm) / Math.hypot(...direction);
      nearest = Math.min(nearest, objective(w.map((value, i) => value + length * (direction[i] ?? 0))));
    }
    expect(at).toBeLessThan(nearest);
    expect(at).toBeLessThan(objective(new Float64Array(w.length)));
    expectCertified(grown.added[0]?.certificate as Certificate);
    expect(grown.added[0]?.certificate?.relativeGap).toBeLessThanOrEqual(1e-8);
  });

  it("relates the new task to the others", () => {
    const correlation = grown.correlation();
    expect(correlation.rows).toBe(names.length);
    // Tasks of one cluster, in turn: the last one belongs to the even ones.
    const to = (parity: number) =>
      others.filter((_, t) => t % 2 === parity).map((name) => correlation.get(names.indexOf(name), 6));
    const average = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
    expect(average(to(0))).toBeGreaterThan(average(to(1)));
  });

  it("is the same where the rows are given as arrays, and leaves the model as it was", async () => {
    const { values: data } = rows.native.rows(0, rows.rowCount);
    const again = await model.addTask(last, { X: { data, cols: 5 }, y: rows.labels() }, { gap: 1e-8 });
    expect(again.weights(last)).toEqual(grown.weights(last));
    expect(model.names).toEqual(others);
    expect(model.added).toEqual([]);
  });

  it("survives saving, with certificates", async () => {
    const again = await Model.load(await saved(grown));
    expect(again.added).toEqual(grown.added);
    expect(again.certificate).toEqual(model.certificate);
    expect(again.decisions(values)).toEqual(grown.decisions(values));
    expect(again.correlation()).toEqual(grown.correlation());
  });
});

describe("a task without rows", () => {
  it.each<[string, Relationship]>([
    ["trace-norm", traceNorm({ lambda1: 0.1 })],
    ["clustered", clustered({ lambda1: 0.1, k: 2 })],
    ["mean", mean({ lambda2: 0.1 })],
    ["independent", independent()],
    ["global", global()],
  ])("has the mean of the models: %s", async (_, relationship) => {
    const { model } = await fit(classes.select(others), { relationship, intercept: "free" }).result;
    const grown = await model.addTask(last);
    const expected = classes.select([last]);
    const meanModel = model.decisions(expected, { unknownTask: "mean" });
    grown.decisions(expected).forEach((z, i) => {
      expect(z).toBeCloseTo(meanModel[i] ?? 0, 10);
    });
    expect(grown.added).toEqual([{ task: last, rows: 0 }]);
    expect(grown.correlation().rows).toBe(names.length);
  });

  it("has what its relations say, for fixed ones", async () => {
    const { model } = await fit(values.select(others), {
      loss: "squared",
      relationship: fixed({ sigma: part(sigma) }),
    }).result;
    // Fully correlated with one task but for a little.
    const like = others.map((_, t) => (part(sigma).getRow(2)[t] ?? 0) * 1);
    const grown = await model.addTask(last, undefined, { sigma: [...like, 1.5 + 1e-6] });
    expectClose(grown.weights(last), model.weights(others[2] as string), 1e-6);
  });
});

it("without rows in a graph a new task has what its neighbours have, shrunk by the ridge", async () => {
  const neighbour = others[2] as string;
  const { model } = await fit(values.select(others), {
    loss: "squared",
    relationship: graph({ lambda1: 2, lambda2: 0.5, edges: [[others[0] as string, neighbour, 1]] }),
  }).result;
  const grown = await model.addTask(last, undefined, { edges: [[neighbour, 3]] });
  expectClose(
    grown.weights(last),
    model.weights(neighbour).map((value) => (value * 6) / 6.5),
    1e-12,
  );
  expect(grown.correlation([last, neighbour]).get(0, 1)).toBeGreaterThan(0.5);
  const alone = await model.addTask(last, undefined, { edges: [] });
  expect([...alone.weights(last)]).toEqual([0, 0, 0, 0, 0]);
  for (const [edges, sentence] of [
    [undefined, /needs its edges/],
    [[[neighbour, -1]], /edges\[0\] has the weight -1/],
    [[["nobody", 1]], /edges\[0\] names the task "nobody"/],
    [
      [
        [neighbour, 1],
        [neighbour, 2],
      ],
      /edges\[1\] joins .* as edges\[0\] does/,
    ],
    [[[neighbour]], /edges\[0\] is no edge/],
  ] as const) {
    const given = edges === undefined ? {} : { edges: edges as unknown as [string, number][] };
    await expect(model.addTask(last, undefined, given)).rejects.toThrow(sentence);
  }
});

it("a global model stays the model of all", async () => {
  const { model } = await fit(classes.select(others), { relationship: global() }).result;
  const grown = await model.addTask(last, classes.select([last]));
  expect(grown.weights(last)).toEqual(model.weights(others[0] as string));
  expect(grown.added).toEqual([{ task: last, rows: classes.select([last]).rowCount }]);
});

it("of several classes is what each of them says", async () => {
  const labels = classes.labels().map((label, i) => (i % 5 === 0 ? 3 : label));
  const offsets = classes.offsets();
  const tasks = TaskSet.fromDense({
    ...{ features: classes.native.rows(0, classes.rowCount).values, cols: 5, labels },
    tasks: names.flatMap((name, t) =>
      new Array<string>((offsets[t + 1] ?? 0) - (offsets[t] ?? 0)).fill(name),
    ),
  });
  const options: FitOptions = {
    weighting: "mean",
    multiclass: true,
    relationship: traceNorm({ lambda1: 0.1 }),
  };
  const { model } = await fit(tasks.select(others), options).result;
  const rows = tasks.select([last]);
  const grown = await model.addTask(last, rows);
  let primal = 0;
  for (const label of [-1, 1, 3]) {
    const one = await model.ofClass(label).addTask(last, rows);
    expect(grown.ofClass(label).weights(last)).toEqual(one.weights(last));
    expect(grown.ofClass(label).added).toEqual(one.added);
    primal += one.added[0]?.certificate?.primal ?? Number.NaN;
  }
  expect(grown.added[0]?.certificate?.primal).toBe(primal);
  const again = await Model.load(await saved(grown));
  expect(again.added).toEqual(grown.added);
  expect(again.evaluate(tasks)).toEqual(grown.evaluate(tasks));
});

describeWithData("on school", ["school.svm.gz"], (path) => {
  it("10 schools left out and added later err as those trained jointly, within 1 %", async () => {
    const { train, test } = (await readTasks(path)).split({ test: 0.25, seed: 1 });
    const left = train.names.filter((name, t) => t % 13 === 1 && test.indexOf(name) >= 0).slice(0, 10);
    const rest = train.names.filter((name) => !left.includes(name));
    const options: FitOptions = {
      ...{ loss: "squared", weighting: "mean", standardize: true, intercept: "penalized" },
      relationship: traceNorm({ lambda1: 0.1 }),
    };
    const joint = (await fit(train, options).result).model;
    let { model } = await fit(train.select(rest), options).result;
    for (const name of left) {
      model = await model.addTask(name, train.select([name]));
    }
    const rmse = (one: Model) => one.evaluate(test.select(left)).macro.rmse ?? Number.NaN;
    expect(left).toHaveLength(10);
    expect(Math.abs(rmse(model) / rmse(joint) - 1)).toBeLessThan(0.01);
    for (const { certificate } of model.added) {
      expectCertified(certificate as Certificate);
      expect(certificate?.relativeGap).toBeLessThanOrEqual(1e-4);
    }
  });
});
