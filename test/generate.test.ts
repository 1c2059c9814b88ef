// Synthetic data: the structure it promises, reproducibility, and the svmlight file written from it.
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type GenerateOptions, type SyntheticData, generate } from "../dist/data/generate.js";
import { writeSvmlight } from "../dist/data/write_svmlight.js";

// The same cases in every run.
fc.configureGlobal({ seed: 1 });

const small: GenerateOptions = { tasks: 7, cols: 5, rows: [3, 6], clusters: 3 };

function vector(values: Float64Array, index: number, cols: number): Float64Array {
  return values.subarray(index * cols, (index + 1) * cols);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, j) => sum + value * (b[j] ?? 0), 0);
}

function distance(a: Float64Array, b: Float64Array): number {
  return Math.hypot(...a.map((value, j) => value - (b[j] ?? 0)));
}

/** The decision w_t' x / ||w_t|| of each row under the true weights. */
function trueDecisions({ features, taskOfRow, trueWeights, cols }: SyntheticData): Float64Array {
  return Float64Array.from(taskOfRow, (task, row) => {
    const weights = vector(trueWeights, task, cols);
    return dot(weights, vector(features, row, cols)) / Math.hypot(...weights);
  });
}

describe("generate", () => {
  it.each([
    ["har", 30, 561, 281, 409],
    ["gleam", 38, 180, 699, 775],
    ["vehicle", 23, 100, 1163, 2577],
  ] as const)("has the shape of %s", (profile, tasks, cols, least, most) => {
    const data = generate({ profile, seed: 1 });
    const rowCounts = data.ids.map(() => 0);
    for (const task of data.taskOfRow) {
      rowCounts[task] = (rowCounts[task] ?? 0) + 1;
    }
    expect([data.ids.length, data.cols]).toEqual([tasks, cols]);
    expect(Math.min(...rowCounts)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...rowCounts)).toBeLessThanOrEqual(most);
    expect(data.features.length).toBe(data.labels.length * cols);
    expect(data.features.every(Number.isFinite)).toBe(true);
  });

  it("has consistent arrays for any recipe", () => {
    const recipes = fc.record({
      tasks: fc.integer({ min: 1, max: 12 }),
      cols: fc.integer({ min: 1, max: 9 }),
      rows: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 4, max: 8 })),
      kind: fc.constantFrom("classification", "regression"),
      density: fc.double({ min: 0.01, max: 1, noNaN: true }),
      common: fc.double({ min: 0, max: 1, noNaN: true }),
      correlation: fc.double({ min: -0.99, max: 0.99, noNaN: true }),
    });
    fc.assert(
      fc.property(recipes, fc.nat(), (recipe, seed) => {
        const clusters = 1 + (seed % recipe.tasks);
        const data = generate({ ...recipe, kind: recipe.kind as "regression", clusters, seed });
        const { ids, taskOfRow } = data;
        expect(new Set(ids).size).toBe(recipe.tasks);
        expect([...taskOfRow]).toEqual([...taskOfRow].sort((a, b) => a - b));
        expect(new Set(taskOfRow).size).toBe(recipe.tasks);
        expect(new Set(data.clusters).size).toBe(clusters);
        expect(data.features.every(Number.isFinite) && data.trueWeights.every(Number.isFinite)).toBe(true);
        expect(recipe.kind === "regression" || data.labels.every((y) => Math.abs(y) === 1)).toBe(true);
      }),
    );
  });

  it("gives the same bits for the same seed and others for another", () => {
    expect(generate({ ...small, seed: 3 })).toEqual(generate({ ...small, seed: 3 }));
    expect(generate({ ...small, seed: 3 }).features).not.toEqual(generate({ ...small, seed: 4 }).features);
  });

  it("keeps the first tasks when tasks are added", () => {
    const few = generate({ ...small, seed: 5 });
    const more = generate({ ...small, tasks: 120, seed: 5 });
    expect(more.labels.subarray(0, few.labels.length)).toEqual(few.labels);
    expect(more.features.subarray(0, few.features.length)).toEqual(few.features);
    expect(more.trueWeights.subarray(0, few.trueWeights.length)).toEqual(few.trueWeights);
  });

  it("puts the weights of a cluster closer together than those of different clusters", () => {
    const { clusters, trueWeights, cols } = generate({ seed: 2 });
    const tasks = [...clusters.keys()];
    const distances = (same: boolean) =>
      tasks.flatMap((a) =>
        tasks
          .filter((b) => b < a && (clusters[a] === clusters[b]) === same)
          .map((b) => distance(vector(trueWeights, a, cols), vector(trueWeights, b, cols))),
      );
    expect(Math.max(...distances(true))).toBeLessThan(Math.min(...distances(false)));
  });

  it("without a deviation, gives a cluster one model", () => {
    const { clusters, trueWeights, cols } = generate({ ...small, deviation: 0 });
    for (const [task, cluster] of clusters.entries()) {
      expect(vector(trueWeights, task, cols)).toEqual(vector(trueWeights, cluster, cols));
    }
  });

  it("classification: decisions lie around y x margin with unit variance, shift and scale or not", () => {
    const data = generate({ profile: "vehicle", noise: 0, margin: 2, shift: 3, spread: 1, seed: 4 });
    const signed = trueDecisions(data).map((decision, row) => decision * (data.labels[row] ?? 0));
    const n = signed.length;
    const mean = signed.reduce((sum, value) => sum + value, 0) / n;
    const variance = signed.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
    expect(Math.abs(mean - 2)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    const positives = data.labels.filter((label) => label === 1).length;
    expect(Math.abs(positives / n - 0.5)).toBeLessThan(2.5 / Math.sqrt(n));
  });

  it("classification: flips the stated fraction of labels", () => {
    const data = generate({ profile: "vehicle", noise: 0.2, margin: 8, seed: 4 });
    const decisions = trueDecisions(data);
    const wrong =
      data.labels.filter((label, row) => label * (decisions[row] ?? 0) < 0).length / data.labels.length;
    expect(Math.abs(wrong - 0.2)).toBeLessThan(2 / Math.sqrt(data.labels.length));
  });

  it("regression: labels are w'x, plus noise of the stated size", () => {
    for (const noise of [0, 0.7]) {
      const data = generate({ profile: "vehicle", kind: "regression", noise, seed: 4 });
      const { features, labels, taskOfRow, trueWeights, cols } = data;
      const residuals = labels.map(
        (label, row) =>
          label - dot(vector(trueWeights, taskOfRow[row] ?? 0, cols), vector(features, row, cols)),
      );
      const deviation = Math.sqrt(dot(residuals, residuals) / residuals.length);
      expect(Math.abs(deviation - noise)).toBeLessThan(1e-12 + 4 * (noise / Math.sqrt(residuals.length)));
    }
  });

  it.each([
    [{ profile: "hars" }, /unknown profile "hars".*"har"/],
    [{ taks: 3 }, /unknown option of generate "taks".*"tasks"/],
    [{ kind: "regresion" }, /"regression"/],
    [{ tasks: 0 }, /tasks .* got 0/],
    [{ tasks: 3, clusters: 4 }, /clusters .* 1 to 3, got 4/],
    [{ rows: [5, 4] }, /rows .* got 4/],
    [{ rows: 5 }, /rows .* got 5/],
    [{ noise: 0.6 }, /noise .* 0 to 0.5, got 0.6/],
    [{ correlation: 1 }, /correlation .* got 1/],
    [{ density: 0 }, /density .* got 0/],
    [{ margin: Number.NaN }, /margin .* got NaN/],
  ])("refuses %j", (options, message) => {
    expect(() => generate(options as GenerateOptions)).toThrow(message);
    expect(() => generate(options as GenerateOptions)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION" }),
    );
  });

  it("says so when the data cannot fit in memory", () => {
    const huge = { tasks: 100, cols: 2 ** 31 - 1, rows: [1000, 1000], density: 1e-9, clusters: 1 } as const;
    expect(() => generate(huge)).toThrow(expect.objectContaining({ code: "OUT_OF_MEMORY" }));
  });
});

describe("writeSvmlight", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "fedmtl-svmlight-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** The text read back by the definition of the format. */
  function parse(text: string, cols: number) {
    const lines = text.split("\n").slice(0, -1);
    const rows = lines.map((line) => {
      const [label, qid, ...entries] = line.split(" ");
      const features = new Float64Array(cols);
      for (const [index, value] of entries.map((entry) => entry.split(":").map(Number))) {
        features[(index ?? 0) - 1] = value ?? Number.NaN;
      }
      return { label: Number(label), task: qid?.replace("qid:", ""), features };
    });
    return {
      labels: Float64Array.from(rows, ({ label }) => label),
      tasks: rows.map(({ task }) => task),
      features: Float64Array.from(rows.flatMap(({ features }) => [...features])),
    };
  }

  it.each(["data.svm", "data.svm.gz"])("writes %s so that it reads back to the same bits", async (name) => {
    const data = generate({ kind: "regression", seed: 9 });
    data.features.fill(0, 0, data.cols + 3);
    const path = join(folder, name);
    await writeSvmlight(path, data);
    const bytes = await readFile(path);
    const back = parse((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"), data.cols);
    expect(back.labels).toEqual(data.labels);
    expect(back.features).toEqual(data.features);
    expect(back.tasks).toEqual([...data.taskOfRow].map((task) => data.ids[task]));
    expect(await readdir(folder)).toEqual([name]);
  });

  it("writes an empty set as an empty file", async () => {
    const path = join(folder, "empty.svm");
    const none = new Float64Array(0);
    await writeSvmlight(path, {
      ids: [],
      cols: 3,
      features: none,
      labels: none,
      taskOfRow: new Int32Array(0),
    });
    expect(await readFile(path, "utf8")).toBe("");
  });

  it.each([
    ["a name with a space", { ids: ["a b"] }, /white space/],
    ["an empty name", { ids: [""] }, /empty/],
    ["a name with #", { ids: ["a#b"] }, /"#"/],
    ["a task number out of range", { taskOfRow: Int32Array.of(1) }, /0 \.\. 0, got 1/],
    ["too few features", { features: Float64Array.of(1) }, /1 x 2 features/],
    [
      "a feature that is not finite",
      { features: Float64Array.of(1, Number.NaN) },
      /finite, got NaN in row 0/,
    ],
  ])("refuses %s and leaves the old file alone", async (_, change, message) => {
    const path = join(folder, "data.svm");
    await writeFile(path, "old");
    const rows = {
      ids: ["a"],
      cols: 2,
      features: Float64Array.of(1, 2),
      labels: Float64Array.of(1),
      taskOfRow: Int32Array.of(0),
      ...change,
    };
    await expect(writeSvmlight(path, rows)).rejects.toThrow(message);
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["data.svm"]);
  });
});
