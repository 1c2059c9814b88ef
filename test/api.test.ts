// The public API from the outside: forms of data, a run's life, the model's life, and misuse of each.
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  clustered,
  type Edge,
  FedmtlError,
  type FitOptions,
  fit,
  fixed,
  global,
  graph,
  independent,
  Model,
  mean,
  readTasks,
  TaskSet,
  TaskSetBuilder,
  traceNorm,
} from "fedmtl";
import { Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { generate } from "../dist/data/generate.js";

const folder = mkdtempSync(join(tmpdir(), "fedmtl-api-"));

/** A small classification problem with a known cluster structure. */
function problem(kind: "classification" | "regression" = "classification"): TaskSet {
  const data = generate({ profile: "custom", tasks: 6, cols: 8, rows: [20, 40], clusters: 2, kind, seed: 5 });
  return TaskSet.fromDense({
    features: data.features,
    cols: 8,
    labels: data.labels,
    tasks: Array.from(data.taskOfRow, (t) => data.ids[t] as string),
  });
}

const quick: FitOptions = { weighting: "mean", relationship: traceNorm({ lambda1: 1e-2 }), threads: 2 };

/** The error that a call throws or rejects with. */
async function errorOf(call: () => unknown): Promise<Error & { code?: string }> {
  try {
    await call();
  } catch (error) {
    return error as Error & { code?: string };
  }
  throw new Error("nothing was thrown");
}

describe("TaskSet", () => {
  it("is the same from dense, sparse, arrays and a builder", () => {
    const X = [
      [1, 0, 2],
      [0, 0, 3],
      [4, 5, 0],
    ];
    const tasks = ["a", "b", "a"];
    const labels = [1, -1, -1];
    const sets = [
      TaskSet.fromDense({ features: Float64Array.from(X.flat()), cols: 3, labels, tasks }),
      TaskSet.fromCSR({
        indptr: Int32Array.of(0, 2, 3, 5),
        indices: Int32Array.of(0, 2, 2, 0, 1),
        values: Float64Array.of(1, 2, 3, 4, 5),
        cols: 3,
        labels,
        tasks,
      }),
      TaskSet.fromArrays([
        { id: "a", X: [X[0] as number[], X[2] as number[]], y: [1, -1] },
        { id: "b", X: new Matrix([X[1] as number[]]), y: [-1] },
      ]),
      new TaskSetBuilder({ cols: 3 })
        .append("a", X[0] as number[], [1])
        .append("b", { data: Float64Array.from(X[1] as number[]), cols: 3 }, [-1])
        .append("a", X[2] as number[], [-1])
        .finish(),
    ];
    const W = Float64Array.of(1, 10, 100);
    for (const set of sets) {
      expect(set.names).toEqual(["a", "b"]);
      expect([...set.offsets()]).toEqual([0, 2, 3]);
      expect([...set.labels()]).toEqual([1, -1, -1]);
      expect([...set.native.decisions(W, 3, Int32Array.of(0, 0))]).toEqual([201, 54, 300]);
    }
  });

  it("splits every task: parts are disjoint, whole, and do not depend on the other tasks", () => {
    const tasks = problem();
    const { train, test } = tasks.split({ test: 0.25, seed: 3 });
    expect(train.rowCount + test.rowCount).toBe(tasks.rowCount);
    expect(train.names).toEqual(tasks.names);
    const name = tasks.names[2] as string;
    const alone = tasks.select([name]).split({ test: 0.25, seed: 3 }).test;
    expect([...alone.labels()]).toEqual([...test.select([name]).labels()]);
    expect([...tasks.split({ test: 0.25, seed: 4 }).test.labels()]).not.toEqual([...test.labels()]);
  });

  it("refuses misuse with a code and one sentence", async () => {
    const dense = { features: new Float64Array(4), cols: 2, labels: [1, -1], tasks: ["a", "a"] };
    const cases: [() => unknown, string][] = [
      [() => TaskSet.fromDense({ ...dense, cols: 3 }), "INVALID_ARGUMENT"],
      [() => TaskSet.fromDense({ ...dense, labels: [1] }), "INVALID_ARGUMENT"],
      [
        () => TaskSet.fromDense({ ...dense, features: Float64Array.of(1, 2, Number.NaN, 4) }),
        "INVALID_ARGUMENT",
      ],
      [
        () => TaskSet.fromDense({ ...dense, features: [1, 2, 3, 4] as unknown as Float64Array }),
        "INVALID_ARGUMENT",
      ],
      [() => TaskSet.fromArrays([]), "INVALID_ARGUMENT"],
      [() => TaskSet.fromArrays([{ id: "a", X: [[1, 2], [3]], y: [1, 1] }]), "INVALID_ARGUMENT"],
      [() => problem().select(["nobody"]), "UNKNOWN_TASK"],
      [() => problem().split({ test: 2 }), "INVALID_OPTION"],
      [() => readTasks(join(folder, "missing.svm")), "IO"],
      [() => readTasks(folder), "IO"],
    ];
    for (const [call, code] of cases) {
      const error = await errorOf(call);
      expect(error.code, error.message).toBe(code);
      expect(error.message).not.toMatch(/\n/);
    }
  });

  it("is unusable after dispose, but a running fit keeps what it uses", async () => {
    const tasks = problem();
    const run = fit(tasks, quick);
    await Promise.resolve();
    tasks.dispose();
    expect((await run.result).status).toBe("converged");
    expect((await errorOf(() => tasks.labels())).code).toBe("DISPOSED");
    tasks.dispose();
  });

  it("has one class of each name in a process, by import and by require", () => {
    const required = createRequire(__filename)("fedmtl") as typeof import("fedmtl");
    expect(required.TaskSet).toBe(TaskSet);
    expect(required.Model).toBe(Model);
  });
});

describe("fit", () => {
  it("shows every round to any number of iterators, then its result", async () => {
    const run = fit(problem(), quick);
    expect("then" in run).toBe(false);
    const watched = async (): Promise<number[]> => {
      const rounds: number[] = [];
      for await (const record of run) {
        rounds.push(record.round);
      }
      return rounds;
    };
    const [first, second] = await Promise.all([watched(), watched()]);
    const { history, status, certificate } = await run.result;
    expect(first).toEqual(Array.from({ length: history.length }, (_, i) => i + 1));
    expect(second).toEqual(first);
    expect(await watched()).toEqual(first);
    expect(status).toBe("converged");
    expect(certificate.relativeGap).toBeLessThanOrEqual(1e-3);
  });

  it("goes on when an iterator is left", async () => {
    const run = fit(problem(), quick);
    for await (const record of run) {
      expect(record.round).toBe(1);
      break;
    }
    expect((await run.result).status).toBe("converged");
  });

  it("resolves with the last model when aborted, by hand or by signal", async () => {
    // Nobody ever answers, so that no training comes to its end before it is aborted, however slow the machine.
    const budgets = () => new Float64Array(6);
    const endless: FitOptions = { ...quick, budgets, stop: { gap: 0, rounds: 1e9 } };
    const byHand = fit(problem(), endless);
    for await (const _ of byHand) {
      byHand.abort();
      break;
    }
    const controller = new AbortController();
    const bySignal = fit(problem(), { ...endless, signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    const before = fit(problem(), { ...endless, signal: AbortSignal.abort() });
    for (const run of [byHand, bySignal, before]) {
      const { status, model, certificate } = await run.result;
      expect(status).toBe("aborted");
      expect(model.names.length).toBe(6);
      expect(certificate.gap).toBeGreaterThanOrEqual(-1e-12 * Math.abs(certificate.primal));
    }
  });

  it("rejects bad options in one form: what was given, what is allowed, the nearest name", async () => {
    const cases: [FitOptions, RegExp][] = [
      [{ loss: "hnge" as "hinge" }, /"hnge".*allowed.*did you mean "hinge"/],
      [{ weightng: "mean" } as FitOptions, /"weightng".*did you mean "weighting"/],
      [{ stop: { gap: -1 } }, /gap is -1; give a number from 0/],
      [{ threads: 0 }, /threads is 0; give a whole number from 1/],
      [{ seed: 0.5 }, /seed is 0.5/],
      [{ omegaEvery: "never" as "auto" }, /omegaEvery.*"auto"/],
      [
        { relationship: "mean" as unknown as FitOptions["relationship"] & object },
        /relationship.*mean\(\{ lambda1/,
      ],
      [{ standardize: "yes" as unknown as boolean }, /standardize.*true or false/],
    ];
    for (const [options, message] of cases) {
      const run = fit(problem(), options);
      const error = await errorOf(() => run.result);
      expect(error).toBeInstanceOf(FedmtlError);
      expect(error.code).toBe("INVALID_OPTION");
      expect(error.message).toMatch(message);
      expect(await errorOf(async () => (await run[Symbol.asyncIterator]().next()).value)).toBe(error);
    }
  });

  it("rejects data that do not fit the loss or the relationship", async () => {
    const cases: [TaskSet, FitOptions, string][] = [
      [problem("regression"), { loss: "hinge" }, "BAD_INPUT"],
      [problem(), { positive: 7 }, "BAD_INPUT"],
      [problem(), { relationship: fixed({ sigma: Matrix.eye(5, 5) }) }, "INVALID_OPTION"],
      [problem(), { relationship: fixed({ sigma: Matrix.eye(6, 6).mul(-1) }) }, "INVALID_ARGUMENT"],
      [problem(), { relationship: clustered({ k: 7 }) }, "INVALID_OPTION"],
      [problem(), { relationship: graph({ lambda2: 1, edges: [["a", "b", 1]] }) }, "INVALID_OPTION"],
      ["nothing" as unknown as TaskSet, {}, "INVALID_ARGUMENT"],
    ];
    for (const [tasks, options, code] of cases) {
      const error = await errorOf(() => fit(tasks, options).result);
      expect(error.code, error.message).toBe(code);
    }
    expect((await errorOf(() => mean({ lambda1: 1 }))).message).toMatch(/lambda2 > 0/);
    const graphs: [unknown, RegExp][] = [
      [[["a", "b", -1]], /edges\[0\] has the weight -1; give a number from 0/],
      [[["a", "b", Number.NaN]], /edges\[0\] has the weight NaN/],
      [
        [
          ["a", "b", 1],
          ["c", "c", 1],
        ],
        /edges\[1\] joins the task "c" to itself/,
      ],
      [
        [
          ["a", "b", 1],
          ["b", "c", 1],
          ["b", "a", 0],
        ],
        /edges\[2\] joins "b" and "a" as edges\[0\] does/,
      ],
      [[["a", "b"]], /edges\[0\] is no edge; give \[task, task, weight\]/],
      [[["a", 1, 1]], /edges\[0\] is no edge/],
      [["ab1"], /edges\[0\] is no edge/],
      [undefined, /"graph" needs edges/],
    ];
    for (const [edges, message] of graphs) {
      const error = await errorOf(() => graph({ lambda2: 1, edges: edges as Edge[] }));
      expect(error.code).toBe("INVALID_OPTION");
      expect(error.message).toMatch(message);
    }
    expect((await errorOf(() => graph({ edges: [] }))).message).toMatch(/give lambda2 > 0/);
    expect((await errorOf(() => clustered({ k: 1.5 }))).message).toMatch(/k is 1.5; give a whole number/);
    expect((await errorOf(() => clustered({} as { k: number }))).message).toMatch(/"clustered" needs k/);
    expect((await errorOf(() => clustered({ k: 2, eta: -1 }))).message).toMatch(/eta is -1; give a number/);
    expect((await errorOf(() => traceNorm({ lambda1: 0 }))).message).toMatch(/lambda1 is 0/);
  });

  it("makes the same model of standardised data as of data standardised before", async () => {
    const { mean: average, scale } = problem().native.measureScaling();
    const options: FitOptions = { ...quick, intercept: "penalized", stop: { gap: 1e-9 } };
    const inside = (await fit(problem(), { ...options, standardize: true }).result).model;
    const before = new TaskSet(problem().native.transform({ mean: average, scale }, undefined));
    const outside = (await fit(before, options).result).model;
    const decisions = inside.decisions(problem());
    outside.decisions(before).forEach((z, i) => {
      expect(decisions[i]).toBeCloseTo(z, 9);
    });
  });

  it("gives every task the same model under `global`, and as many as there are tasks otherwise", async () => {
    const shared = (await fit(problem(), { ...quick, relationship: global({ lambda1: 0.1 }) }).result).model;
    const own = (await fit(problem(), { ...quick, relationship: independent({ lambda1: 0.1 }) }).result)
      .model;
    const [first, second] = shared.names as [string, string];
    shared.weights(first).forEach((w, j) => {
      expect(w).toBeCloseTo(shared.weights(second)[j] as number, 12);
    });
    expect([...own.weights(first)]).not.toEqual([...own.weights(second)]);
    expect(shared.correlation().get(0, 1)).toBeCloseTo(1, 12);
    expect(own.correlation().get(0, 1)).toBe(0);
  });
});

describe("Model", () => {
  const trained = async (options: FitOptions = {}): Promise<Model> =>
    (await fit(problem(), { ...quick, loss: "logistic", ...options }).result).model;

  it("predicts the same from every form of rows", async () => {
    const model = await trained({ standardize: true, intercept: "penalized" });
    const task = model.names[0] as string;
    const rows = [
      [1, 0, 2, 0, 0, -1, 0, 3],
      [0, 1, 0, 0, 0, 0, 0, 0],
    ];
    const expected = [...model.decision(task, rows)];
    const w = model.weights(task);
    rows.forEach((row, i) => {
      const z = row.reduce((sum, x, j) => sum + x * (w[j] as number), model.intercept(task));
      expect(expected[i]).toBeCloseTo(z, 12);
    });
    const flat = Float64Array.from(rows.flat());
    const csr = {
      indptr: Int32Array.of(0, 4, 5),
      indices: Int32Array.of(0, 2, 5, 7, 1),
      values: Float64Array.of(1, 2, -1, 3, 1),
    };
    expect([...model.decision(task, new Matrix(rows))]).toEqual(expected);
    expect([...model.decision(task, { data: flat, cols: 8 })]).toEqual(expected);
    expect([...model.decision(task, csr)]).toEqual(expected);
    expect(model.decision(task, rows[0] as number[])[0]).toBe(expected[0]);
    const positive = model.labels?.positive;
    expect([...model.predict(task, rows)]).toEqual(
      expected.map((z) => (z > 0 ? positive : model.labels?.negative)),
    );
    model.probability(task, rows).forEach((p, i) => {
      expect(p).toBeCloseTo(1 / (1 + Math.exp(-(expected[i] as number))), 12);
    });
  });

  it("is the same after saving and loading, for every form of kernel", async () => {
    const sigma = Matrix.eye(6, 6).add(Matrix.ones(6, 6));
    for (const relationship of [traceNorm({ lambda1: 0.1 }), fixed({ lambda1: 0.1, sigma })]) {
      const model = await trained({ relationship, standardize: true, intercept: "penalized" });
      const path = join(folder, "model.safetensors");
      await model.save(path);
      const again = await Model.load(path);
      expect([...again.decisions(problem())]).toEqual([...model.decisions(problem())]);
      expect(again.correlation().to2DArray()).toEqual(model.correlation().to2DArray());
      expect({ ...again.options }).toEqual({ ...model.options });
      expect(again.certificate).toEqual(model.certificate);
      expect(again.evaluate(problem())).toEqual(model.evaluate(problem()));
    }
    expect(readdirSync(folder).filter((name) => name.startsWith("model"))).toEqual(["model.safetensors"]);
  });

  it("refuses damaged and foreign files", async () => {
    const path = join(folder, "whole.safetensors");
    await (await trained()).save(path);
    const bytes = readFileSync(path);
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 9] = (flipped[bytes.length - 9] as number) ^ 1;
    const damaged: [string, Uint8Array][] = [
      ["flipped", flipped],
      ["cut", bytes.subarray(0, bytes.length - 1)],
      ["empty", new Uint8Array()],
      ["text", Buffer.from("1 qid:1 1:2\n".repeat(50))],
    ];
    for (const [name, content] of damaged) {
      const file = join(folder, `${name}.bin`);
      writeFileSync(file, content);
      const error = await errorOf(() => Model.load(file));
      expect(error.code, name).toBe("BAD_MODEL");
      expect(error.message).toContain(file);
    }
    expect((await errorOf(() => Model.load(join(folder, "none")))).code).toBe("IO");
  });

  it("refuses unknown tasks, features it does not know, and probabilities it cannot give", async () => {
    const model = await trained();
    const hinge = await trained({ loss: "hinge" });
    const task = model.names[0] as string;
    const wide = TaskSet.fromArrays([{ id: task, X: [new Array<number>(9).fill(1)], y: [1] }]);
    const cases: [() => unknown, string][] = [
      [() => model.weights("nobody"), "UNKNOWN_TASK"],
      [() => model.decision(task, new Array<number>(9).fill(1)), "INVALID_ARGUMENT"],
      [() => model.decisions(wide), "INVALID_ARGUMENT"],
      [() => hinge.probability(task, [1]), "INVALID_ARGUMENT"],
      [() => model.decision(task, "x" as unknown as number[]), "INVALID_ARGUMENT"],
    ];
    for (const [call, code] of cases) {
      const error = await errorOf(call);
      expect(error.code, error.message).toBe(code);
    }
    const narrow = model.decision(task, [1, 2]);
    expect(narrow).toEqual(model.decision(task, [1, 2, 0, 0, 0, 0, 0, 0]));
  });

  it("maps two labels back, and one label against the rest to -1 / +1", async () => {
    const { train } = problem().split({ test: 0.25 });
    const offsets = train.offsets();
    const relabelled = (map: (y: number, i: number) => number): TaskSet =>
      TaskSet.fromArrays(
        train.names.map((id, t) => ({
          id,
          X: Array.from({ length: (offsets[t + 1] as number) - (offsets[t] as number) }, (_, i) => [
            i % 3,
            (t + i) % 2,
          ]),
          y: [...train.labels().slice(offsets[t], offsets[t + 1])].map(map),
        })),
      );
    const two = (
      await fit(
        relabelled((y) => (y > 0 ? 20 : 10)),
        quick,
      ).result
    ).model;
    expect(
      new Set(
        two.predict(two.names[0] as string, [
          [1, 0],
          [-1, 0],
          [0, 1],
          [0, -1],
        ]),
      ),
    ).toEqual(new Set([10, 20]));
    const three = (
      await fit(
        relabelled((y, i) => (i === 0 ? 3 : y > 0 ? 20 : 10)),
        { ...quick, positive: 20 },
      ).result
    ).model;
    expect(three.labels).toEqual({ positive: 20 });
    for (const label of three.predict(three.names[0] as string, [
      [1, 0],
      [-1, 0],
    ])) {
      expect([-1, 1]).toContain(label);
    }
  });
});
