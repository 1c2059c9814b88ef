// `fedmtl cv`: its JSON object, its choice at any number of processes, its model, and its misuse.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Model } from "fedmtl";
import { beforeAll, describe, expect, it } from "vitest";
import { createCounter } from "../../dist/cli/counter.js";
import { fedmtl, fedmtlJson, generate, makeFolder, start } from "./support.js";

const file = makeFolder();
const data = file("toy.svm");
const common = ["--weighting", "mean", "--folds", "3", "--seed", "2"];

beforeAll(async () => {
  await generate(data);
});

describe("cv", () => {
  it("--json has the grid with all scores, and the choices", async () => {
    const found = await fedmtlJson("cv", data, ...common, "--lambda1", "1e-2,1,0.1", "--metric", "auc");
    expect(found).toMatchObject({ tasks: 6, features: 12, loss: "hinge", relationship: "trace-norm" });
    expect(found).toMatchObject({
      metric: "auc",
      average: "macro",
      direction: "higher",
      folds: 3,
      refit: null,
    });
    const points = found.points as Record<string, unknown>[];
    expect(points.map(({ lambda1 }) => lambda1)).toEqual([1, 0.1, 0.01]);
    for (const point of points) {
      expect(point.scores).toHaveLength(3);
      expect(point).toMatchObject({
        mean: expect.any(Number),
        standardError: expect.any(Number),
        converged: 3,
      });
    }
    const best = Math.max(...points.map(({ mean }) => Number(mean)));
    expect(found.best).toMatchObject({ mean: best });
  });

  it("is the same at 1 and 2 processes", async () => {
    const grid = ["--relationship", "mean", "--lambda1", "1,0.1", "--lambda2", "0.1,0.01"];
    const one = await fedmtlJson("cv", data, ...common, ...grid, "--parallel", "1");
    const two = await fedmtlJson("cv", data, ...common, ...grid, "--parallel", "2");
    const { seconds: _, parallel: __, ...result } = one;
    expect(two).toMatchObject(result);
  });

  it("writes the refitted model, and says so in its text", async () => {
    const out = file("chosen.safetensors");
    const { code, stdout } = await fedmtl("cv", data, ...common, "--lambda1", "1,0.1,0.01", "--out", out);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^lambda1 +error +s\.e\. +rounds +converged$/m);
    expect(stdout).toMatch(/^Best: lambda1 /m);
    expect(stdout).toMatch(/^Most regularised within one standard error: lambda1 /m);
    const model = await Model.load(out);
    const [, best] = /^Best: lambda1 ([\d.]+),/m.exec(stdout) ?? [];
    expect(model.options.lambda1).toBe(Number(best));
    expect(stdout).toContain(`Wrote ${out}.`);
  });

  it("--path shows a certificate a point", async () => {
    const flags = ["--weighting", "mean", "--path", "--lambda1", "0.1,1"];
    const { points } = (await fedmtlJson("cv", data, ...flags)) as { points: Record<string, number>[] };
    expect(points.map(({ lambda1 }) => lambda1)).toEqual([1, 0.1]);
    for (const { primal = 0, dual = 1, relativeGap = 1, jointObjective = 0, jointDual = 1 } of points) {
      expect(dual).toBeLessThanOrEqual(primal);
      expect(relativeGap).toBeLessThanOrEqual(1e-3);
      expect(jointDual).toBeLessThanOrEqual(jointObjective);
    }
    const { stdout, stderr } = await fedmtl("cv", data, ...flags, "--folds", "4");
    expect(stdout).toMatch(/^lambda1 +status +rounds/m);
    expect(stderr).toContain("--folds has no effect with --path");
  });

  it("takes a metric as the library names it and as flags are spelled", async () => {
    const flags = [...common, "--loss", "logistic", "--lambda1", "1", "--metric"];
    const named = await fedmtlJson("cv", data, ...flags, "logLoss");
    const spelled = await fedmtlJson("cv", data, ...flags, "log-loss");
    expect(named).toMatchObject({ metric: "logLoss", points: spelled.points });
  });

  it("refuses numbers of another relationship in one sentence, and tells of other flags without effect", async () => {
    const { code, stderr } = await fedmtl("cv", data, "--rho", "0.1,1");
    expect(code).toBe(2);
    expect(stderr.split("\n")[0]).toMatch(
      /relationship trace-norm "rho"; allowed: lambda1, lambda2, epsilon/,
    );
    const other = await fedmtl("cv", data, "--lambda1", "1", "--huber-delta", "2");
    expect(other.stderr).toContain("--huber-delta has no effect without --loss huber");
  });

  it("ends in order when it is interrupted", async () => {
    const endless = ["--gap", "0", "--rounds", "1e9", "--relationship", "independent"];
    const { child, ended } = start(["cv", data, ...common, ...endless, "--parallel", "2"]);
    // Its worker processes are there once it listens to the signal.
    while (readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8") === "") {
      await sleep(20);
    }
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect([code, stdout]).toEqual([130, ""]);
    expect(stderr).toContain("the cross-validation was aborted");
  });

  it.each<[string, string[], RegExp]>([
    ["a list that is none", ["--lambda1", "1,b"], /--lambda1 must be numbers separated by commas, got "b"/],
    [
      "an empty place in a list",
      ["--lambda1", "1,,2"],
      /--lambda1 must be numbers separated by commas, got ""/,
    ],
    ["a value twice", ["--lambda1", "1,1"], /lambda1 of grid has 1 twice/],
    ["one fold", ["--folds", "1"], /--folds must be a whole number of at least 2/],
    ["a metric of other losses", ["--metric", "rmse"], /metric rmse is not defined for loss "hinge"/],
    ["a file without a model", ["--path", "--out", "x"], /--out has nothing to write with --path/],
    ["another flag", ["--fold", "3"], /unknown option "--fold"; .*did you mean "--folds"/],
  ])("refuses %s", async (_, flags, sentence) => {
    const { code, stdout, stderr } = await fedmtl("cv", data, ...flags);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(sentence);
  });

  it("names the file and not a fold where the labels of all data are wrong", async () => {
    const three = file("three.svm");
    await writeFile(three, "1 qid:a 1:1\n2 qid:a 1:2\n3 qid:a 1:3\n");
    for (const flags of [[], ["--path"], ["--parallel", "2"]]) {
      const { code, stderr } = await fedmtl("cv", three, ...flags);
      expect(code).toBe(3);
      expect(stderr).toMatch(
        /three\.svm: loss "hinge" needs exactly two distinct labels, the data have 1, 2, 3; /,
      );
    }
  });

  it("names the file where the data allow no folds", async () => {
    const { code, stderr } = await fedmtl("cv", data, "--folds", "1000");
    expect(code).toBe(3);
    expect(stderr).toMatch(/toy\.svm: fold \d+ of 1000 would have no row to test/);
  });
});

describe("the counter", () => {
  const written: string[] = [];
  const stream = (isTTY: boolean) => ({ isTTY, write: (text: string) => written.push(text) });

  it("redraws a bar on a terminal and leaves a clean line", () => {
    written.length = 0;
    const counter = createCounter(stream(true));
    counter.update(1, 4);
    counter.update(4, 4);
    counter.finish();
    expect(written[0]).toContain("[######------------------] 1 of 4 trainings");
    expect(written[1]).toContain("[########################] 4 of 4 trainings");
    expect(written.at(-1)).toBe("\r\u001b[K");
  });

  it("writes a line every five seconds elsewhere", () => {
    written.length = 0;
    let time = 0;
    const counter = createCounter(stream(false), () => time);
    for (time = 1; time <= 12; time++) {
      counter.update(time, 20);
    }
    counter.finish();
    expect(written).toEqual(["5 of 20 trainings\n", "10 of 20 trainings\n"]);
  });
});
