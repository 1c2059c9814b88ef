// Several classes on the command line: train, predict, evaluate, inspect and cv agree with the library.
import { readFile, writeFile } from "node:fs/promises";
import { Model, readTasks } from "fedmtl";
import { beforeAll, expect, it } from "vitest";
import { fedmtl, fedmtlJson, generate, makeFolder } from "./support.js";

const file = makeFolder();
const data = file("classes.svm");
const model = file("classes.safetensors");
const flags = ["--multiclass", "--weighting", "mean", "--loss", "logistic", "--lambda1", "0.1"];

beforeAll(async () => {
  await generate(data);
  // Rows with a large first feature become a class of their own.
  const lines = (await readFile(data, "utf8")).trimEnd().split("\n");
  const relabelled = lines.map((line) => (/ 1:([\d.]+)/.test(line) ? line.replace(/^\S+/, "3") : line));
  await writeFile(data, `${relabelled.join("\n")}\n`);
  const { code } = await fedmtl("train", data, ...flags, "--out", model);
  expect(code).toBe(0);
});

it("train tells of each class, and its sums are theirs", async () => {
  const found = await fedmtlJson("train", data, ...flags);
  const classes = found.classes as Record<string, number>[];
  expect(classes.map(({ label }) => label)).toEqual([-1, 1, 3]);
  const sum = classes.reduce((total, { primal = 0 }) => total + primal, 0);
  expect(found).toMatchObject({ status: "converged", labels: null, primal: sum });
  const { macro } = (await Model.load(model)).evaluate(await readTasks(data));
  const { stdout } = await fedmtl("train", data, ...flags);
  expect(stdout).toContain("Classes: 3, each against the rest: -1, 1, 3.");
  const [, shown] = /by task ([\d.]+) % on average/.exec(stdout) ?? [];
  expect(Number(shown)).toBeCloseTo(100 * (macro.error ?? 0), 1);
});

it("train --history has the class of every round", async () => {
  const history = file("rounds.jsonl");
  await fedmtl("train", data, ...flags, "--history", history);
  const rounds = (await readFile(history, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(rounds.map(({ round }) => round)).toEqual(rounds.map((_, i) => i + 1));
  expect([...new Set(rounds.map((one) => one.class))]).toEqual([-1, 1, 3]);
});

it("predict writes label, decision and probability of the class predicted", async () => {
  const { stdout } = await fedmtl("predict", model, data);
  const [header, ...lines] = stdout.trimEnd().split("\n");
  expect(header).toBe("row,task,decision,label,probability");
  const tasks = await readTasks(data);
  const loaded = await Model.load(model);
  const decisions = loaded.decisions(tasks);
  lines.forEach((line, i) => {
    const [, , decision, label, probability] = line.split(",").map(Number);
    const ofRow = decisions.slice(3 * i, 3 * i + 3);
    expect(decision).toBe(Math.max(...ofRow));
    expect(label).toBe([-1, 1, 3][ofRow.indexOf(decision ?? 0)]);
    expect(probability).toBeGreaterThan(1 / 3 - 1e-12);
  });
});

it("evaluate prints the confusion matrix, and --json has it", async () => {
  const { confusion, samples } = await fedmtlJson("evaluate", model, data);
  const { classes, counts } = confusion as { classes: number[]; counts: number[][] };
  expect(classes).toEqual([-1, 1, 3]);
  expect(counts.flat().reduce((sum, count) => sum + count, 0)).toBe(samples);
  const { stdout } = await fedmtl("evaluate", model, data);
  const table = stdout.slice(stdout.indexOf("Rows of each class"));
  counts.forEach((row, c) => {
    expect(table).toMatch(new RegExp(`^true ${classes[c]} +${row.join(" +")}$`, "m"));
  });
});

it("inspect says which classes", async () => {
  expect(await fedmtlJson("inspect", model)).toMatchObject({
    kind: "model",
    labels: null,
    classes: [-1, 1, 3],
  });
  const { stdout } = await fedmtl("inspect", model);
  expect(stdout).toMatch(/loss +logistic; classes 3, each against the rest: -1, 1, 3/);
});

it("cv compares by all classes", async () => {
  const found = await fedmtlJson("cv", data, ...flags.slice(0, -2), "--lambda1", "1,0.1", "--folds", "3");
  expect(found).toMatchObject({ metric: "error", best: { mean: expect.any(Number) } });
});

it("--class-weight balanced is recorded", async () => {
  const found = await fedmtlJson("train", data, "--positive", "3", "--class-weight", "balanced");
  expect(found).toMatchObject({ classWeight: "balanced", classes: null });
});

it.each<[string, string[], RegExp]>([
  ["one label and all labels", ["--multiclass", "--positive", "3"], /give one of the two/],
  ["numbers", ["--multiclass", "--loss", "squared"], /multiclass needs a loss for classes/],
  ["other class weights", ["--class-weight", "even"], /unknown value of --class-weight "even"/],
])("refuses %s", async (_, given, sentence) => {
  const { code, stderr } = await fedmtl("train", data, ...given);
  expect(code).toBe(2);
  expect(stderr).toMatch(sentence);
});
