// `fedmtl inspect` and `fedmtl generate`.
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { readTasks } from "fedmtl";
import { beforeAll, describe, expect, it } from "vitest";
import { fedmtl, fedmtlJson, generate, makeFolder } from "./support.js";

const file = makeFolder();
const data = file("toy.svm");

beforeAll(async () => {
  await generate(data);
});

describe("generate", () => {
  it("writes the same bytes for the same seed, others for another, and the same text gzipped", async () => {
    await generate(file("again.svm"));
    await generate(file("packed.svm.gz"));
    await generate(file("other.svm"), "--seed", "1");
    const text = await readFile(data, "utf8");
    expect(await readFile(file("again.svm"), "utf8")).toBe(text);
    expect(gunzipSync(await readFile(file("packed.svm.gz"))).toString()).toBe(text);
    expect(await readFile(file("other.svm"), "utf8")).not.toBe(text);
  });

  it("says which tasks are in which cluster, every task once", async () => {
    const made = await fedmtlJson("generate", "--tasks", "7", "--clusters", "3", "--out", file("seven.svm"));
    const clusters = made.clusters as string[][];
    expect(clusters).toHaveLength(3);
    const { names } = await readTasks(file("seven.svm"));
    expect(clusters.flat().sort()).toEqual([...names].sort());
    const { stdout } = await fedmtl(
      "generate",
      "--tasks",
      "7",
      "--clusters",
      "3",
      "--out",
      file("seven.svm"),
    );
    expect(stdout).toContain(`3: ${clusters[2]?.join(" ")}\n`);
  });

  it.each([
    ["har", 30, 561],
    ["gleam", 38, 180],
    ["vehicle", 23, 100],
  ])("profile %s has the tasks and features of its data set", async (profile, tasks, features) => {
    const flags = ["--profile", profile, "--min-rows", "3", "--max-rows", "4"];
    expect(await fedmtlJson("generate", ...flags, "--out", file("shape.svm"))).toMatchObject({
      tasks,
      features,
    });
  });

  it("keeps a range of rows of which one end is given", async () => {
    const made = await fedmtlJson("generate", "--max-rows", "5", "--out", file("few.svm"));
    expect((made.recipe as { rows: number[] }).rows).toEqual([5, 5]);
  });
});

describe("inspect", () => {
  it("describes data", async () => {
    const found = await fedmtlJson("inspect", data);
    expect(found).toMatchObject({
      kind: "data",
      tasks: 6,
      features: 12,
      storage: "dense",
      precision: "float64",
    });
    expect(found.labels).toEqual({ least: -1, most: 1, distinct: [-1, 1] });
    const { least = 0, median = 0, most = 0 } = found.rowsOfTask as Record<string, number>;
    expect(40 <= least && least <= median && median <= most && most <= 80).toBe(true);
    expect(found.nnz).toBe(Number(found.samples) * 12);
  });

  it("gives the range of labels where there are many, and says so for sparse data", async () => {
    const lines = Array.from({ length: 30 }, (_, row) => `${row / 2} qid:${row % 3} ${row + 1}:1`);
    await writeFile(file("sparse.svm"), `${lines.join("\n")}\n`);
    const found = await fedmtlJson("inspect", file("sparse.svm"));
    expect(found).toMatchObject({ tasks: 3, samples: 30, features: 30, nnz: 30, storage: "sparse" });
    expect(found.labels).toEqual({ least: 0, most: 14.5, distinct: null });
  });

  it("describes a model, whatever its name", async () => {
    await fedmtlJson(
      "train",
      data,
      "--lambda1",
      "0.1",
      "--weighting",
      "mean",
      "--out",
      file("model.safetensors"),
    );
    await copyFile(file("model.safetensors"), file("model.svm"));
    const found = await fedmtlJson("inspect", file("model.svm"));
    expect(found).toMatchObject({ kind: "model", tasks: 6, features: 12, loss: "hinge" });
    expect(found.options).toMatchObject({ relationship: "trace-norm", lambda1: 0.1 });
    const { least, mean, most } = found.correlation as Record<string, number>;
    expect(
      -1 <= Number(least) &&
        Number(least) <= Number(mean) &&
        Number(mean) <= Number(most) &&
        Number(most) <= 1,
    ).toBe(true);
    const { stdout } = await fedmtl("inspect", file("model.svm"));
    expect(stdout).toMatch(/^Model of 6 tasks with 12 features/);
    expect(stdout).toContain("task-06");
    // The clusters that the data were made from, and as many directions as there are tasks.
    const made = [
      ["task-01", "task-03", "task-05"],
      ["task-02", "task-04", "task-06"],
    ];
    expect((await fedmtlJson("inspect", file("model.svm"), "--clusters", "2")).clusters).toEqual(made);
    const two = await fedmtl("inspect", file("model.svm"), "--clusters", "2");
    expect(two.stdout).toContain(
      "correlations: 2\n  1: task-01 task-03 task-05\n  2: task-02 task-04 task-06\n",
    );
    const { singularValues, relation, holding90Percent } = found.spectrum as Record<string, number[]>;
    expect([singularValues?.length, relation?.length]).toEqual([6, 6]);
    expect(stdout).toContain(`the first ${holding90Percent} of 6 hold 90 % of their sum`);
    const { code, stderr } = await fedmtl("inspect", file("model.svm"), "--clusters", "7");
    expect([code, stderr]).toEqual([3, expect.stringMatching(/7 clusters of 6 tasks cannot be/)]);
  });
});
