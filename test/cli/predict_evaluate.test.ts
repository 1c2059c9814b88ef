// `fedmtl predict` and `fedmtl evaluate` say what the API says.
import { readFile, writeFile } from "node:fs/promises";
import { Model, readTasks, type TaskSet } from "fedmtl";
import { beforeAll, describe, expect, it } from "vitest";
import { fedmtl, fedmtlJson, generate, makeFolder, start } from "./support.js";

const file = makeFolder();
const data = file("toy.svm");
const modelPath = file("model.safetensors");
let tasks: TaskSet;
let model: Model;

beforeAll(async () => {
  await generate(data);
  const flags = [
    "--loss",
    "logistic",
    "--lambda1",
    "0.1",
    "--weighting",
    "mean",
    "--standardize",
    "--intercept",
    "penalized",
  ];
  await fedmtlJson("train", data, ...flags, "--out", modelPath);
  tasks = await readTasks(data);
  model = await Model.load(modelPath);
});

const rowsOf = (csv: string) =>
  csv
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));

describe("predict", () => {
  it("writes every row of the packed set, numbered from 1, with the decisions of the API", async () => {
    const { code, stdout, stderr } = await fedmtl("predict", modelPath, data);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [header, ...rows] = rowsOf(stdout);
    expect(header).toEqual(["row", "task", "decision", "label", "probability"]);
    const offsets = tasks.offsets();
    const names = tasks.names.flatMap((name, t) =>
      Array<string>((offsets[t + 1] ?? 0) - (offsets[t] ?? 0)).fill(name),
    );
    expect(rows.map(([row]) => Number(row))).toEqual(names.map((_, row) => row + 1));
    expect(rows.map(([, task]) => task)).toEqual(names);
    expect(Float64Array.from(rows, (row) => Number(row[2]))).toEqual(model.decisions(tasks));
    for (const [, , decision, label, probability] of rows) {
      expect(Number(label)).toBe(Number(decision) > 0 ? 1 : -1);
      expect(Number(probability)).toBeCloseTo(1 / (1 + Math.exp(-Number(decision))), 14);
    }
  });

  it("writes the same to a file", async () => {
    const { stdout } = await fedmtl("predict", modelPath, data);
    const written = await fedmtl("predict", modelPath, data, "--out", file("predictions.csv"));
    expect(written).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await readFile(file("predictions.csv"), "utf8")).toBe(stdout);
  });

  it("gives the original labels back, and no probability where the loss has none", async () => {
    const shifted = file("one-two.svm");
    const text = await readFile(data, "utf8");
    await writeFile(shifted, text.replace(/^-1 /gm, "7 "));
    await fedmtlJson(
      "train",
      shifted,
      "--lambda1",
      "0.1",
      "--weighting",
      "mean",
      "--out",
      file("hinge.safetensors"),
    );
    const [header, ...rows] = rowsOf((await fedmtl("predict", file("hinge.safetensors"), shifted)).stdout);
    expect(header).toEqual(["row", "task", "decision", "label"]);
    expect(rows.every(([, , decision, label]) => label === (Number(decision) > 0 ? "7" : "1"))).toBe(true);
  });

  it("quotes task names that hold a comma or a quote", async () => {
    await writeFile(file("odd.svm"), '1 qid:a,"b" 1:1\n-1 qid:a,"b" 1:-1\n');
    await fedmtlJson("train", file("odd.svm"), "--out", file("odd.safetensors"));
    const { stdout } = await fedmtl("predict", file("odd.safetensors"), file("odd.svm"));
    expect(stdout.split("\n")[1]).toMatch(/^1,"a,""b""",/);
  });

  it("ends quietly when its reader goes away", async () => {
    const long = file("long.svm");
    await generate(long, "--min-rows", "2000", "--max-rows", "2000");
    await fedmtlJson("train", long, "--out", file("long.safetensors"), "--rounds", "3");
    const { child, ended } = start(["predict", file("long.safetensors"), long]);
    child.stdout.once("data", () => child.stdout.destroy());
    const { code, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});

describe("evaluate", () => {
  it("gives the scores of the API as JSON: per task, macro and micro", async () => {
    const scores = await fedmtlJson("evaluate", modelPath, data);
    expect(scores).toMatchObject(JSON.parse(JSON.stringify(model.evaluate(tasks))));
    expect(Object.keys(scores.micro as object).sort()).toEqual(["auc", "error", "f1", "logLoss"]);
  });

  it("prints a table for people: a line a task, macro and micro", async () => {
    const { code, stdout, stderr } = await fedmtl("evaluate", modelPath, data);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(1 + tasks.taskCount + 2);
    expect(lines[0]).toMatch(/^task +rows +error +AUC +F1 +log-loss$/);
    expect(lines.at(-1)).toMatch(/^micro/);
  });
});
