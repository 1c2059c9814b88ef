// `fedmtl report` and `train --report`: from histories to pages, and what is said of files that are damaged.
import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parseHTML } from "linkedom";
import { beforeAll, describe, expect, it } from "vitest";
import { fedmtl, fedmtlJson, generate, makeFolder } from "./support.js";

const file = makeFolder();
const data = file("toy <b>&.svm");
const history = file("toy.jsonl");
const model = file("toy.safetensors");
const page = file("toy.html");

/** The text of the elements of a page that a selector finds. */
async function texts(path: string, selector: string): Promise<string[]> {
  const { document } = parseHTML(await readFile(path, "utf8"));
  return [...document.querySelectorAll(selector)].map((one) => String(one.textContent));
}

/** The rows of a CSV of a page, without quotes in its cells. */
async function csv(path: string, name: string): Promise<string[][]> {
  const { document } = parseHTML(await readFile(path, "utf8"));
  const links = [...document.querySelectorAll("a[download]")];
  const uri = String(
    links.find((link) => link.getAttribute("download") === name)?.getAttribute("href") ?? "",
  );
  const lines = decodeURIComponent(uri.slice(uri.indexOf(",") + 1))
    .trimEnd()
    .split("\n");
  return lines.map((line) => line.split(","));
}

/** A simulated run as `simulate --history` writes it: virtual time, and values on every fifth round only. */
function simulated(method: string, seed: number, rate: number, rounds = 20): string {
  const lines = Array.from({ length: rounds }, (_, i) => {
    const spent = {
      time: 2 * (i + 1),
      seconds: 2,
      bytesUp: 100,
      bytesDown: 200,
      flops: 1e6,
      joules: 0.5,
      steps: 10,
    };
    const values =
      (i + 1) % 5 === 0 ? { primal: 1 + Math.exp(-rate * i), dual: method === "mocha" ? 0.9 : null } : {};
    return `${JSON.stringify({ method, seed, round: i + 1, participants: 3, ...spent, ...values })}\n`;
  });
  return lines.join("");
}

beforeAll(async () => {
  await generate(data);
  const flags = [
    "--lambda1",
    "0.1",
    "--weighting",
    "mean",
    "--history",
    history,
    "--out",
    model,
    "--report",
    page,
  ];
  await fedmtlJson("train", data, ...flags);
});

describe("train --report", () => {
  it("writes a page with the plots of a training, its exact command and its options, and leaves nothing else", async () => {
    expect(await texts(page, "h2")).toEqual([
      "Convergence",
      "Error by task",
      "How the tasks relate",
      "Certificate",
      "Cost",
      "How this was made",
      "Notes",
    ]);
    const [command = ""] = await texts(page, "pre code");
    expect(command).toMatch(/^fedmtl train '[^']*toy <b>&\.svm' --lambda1 0\.1 .* --json$/);
    expect(await texts(page, "dt")).toEqual(
      expect.arrayContaining(["loss", "lambda1", "relationship", "seed", "kernels"]),
    );
    expect(readdirSync(dirname(page)).filter((name) => name.includes("tmp"))).toEqual([]);
  });

  it("has the rounds of the history and the errors of the model", async () => {
    const lines = (await readFile(history, "utf8")).trimEnd().split("\n");
    const certified = lines
      .map((line) => JSON.parse(line) as Record<string, number>)
      .filter(({ primal }) => primal);
    const rows = await csv(page, "this-training-certificate.csv");
    expect(rows.slice(1).map((row) => row.map(Number))).toEqual(
      certified.map(({ round, omegaStep, primal, dual, gap }) => [round, omegaStep, primal, dual, gap]),
    );
    const { tasks } = (await fedmtlJson("evaluate", model, data)) as {
      tasks: { task: string; error: number }[];
    };
    const errors = (await csv(page, "task-errors.csv")).slice(1);
    expect(new Map(errors.map(([task, , error]) => [task, Number(error)]))).toEqual(
      new Map(tasks.map(({ task, error }) => [task, error])),
    );
  });

  it("has a certificate for each of several classes, and no comparison of different problems", async () => {
    const several = file("classes.svm");
    const rows = Array.from({ length: 36 }, (_, i) => `${i % 3} qid:${i % 2} ${(i % 3) + 1}:1 4:${i / 36}`);
    await writeFile(several, rows.join("\n"));
    const out = file("classes.html");
    await fedmtlJson(
      "train",
      several,
      "--multiclass",
      "--relationship",
      "mean",
      "--lambda2",
      "0.1",
      "--report",
      out,
    );
    expect((await texts(out, "#certificate h3")).length).toBe(3);
    expect(await texts(out, "#convergence")).toEqual([]);
  });

  it("refuses a place that cannot be written before it trains, and the data file itself", async () => {
    const nowhere = await fedmtl("train", data, "--report", file("none/x.html"));
    expect(nowhere.code).toBe(3);
    expect(nowhere.stderr).toContain("no such file or folder");
    const same = await fedmtl("train", data, "--report", data);
    expect(same.code).toBe(2);
    expect(same.stderr).toContain("also read");
  });
});

describe("report", () => {
  it("reads what train wrote, with the model's relations beside it", async () => {
    const out = file("again.html");
    const result = await fedmtlJson("report", history, "--model", model, "--out", out);
    expect(result).toMatchObject({ out, optimum: null, runs: [{ method: "toy", seed: null }] });
    const mine = await csv(page, "this-training-sub-optimality.csv");
    const theirs = await csv(out, "all-runs-sub-optimality.csv");
    // The same rounds, seconds, bytes, values: only method and seed have other names.
    expect(theirs.map((row) => row.slice(3))).toEqual(mine.map((row) => row.slice(3)));
    expect(await csv(out, "task-correlation.csv")).toEqual(await csv(page, "task-correlation.csv"));
  });

  it("takes files of one name as runs of one method, and a file whose own name has an equals sign", async () => {
    const odd = file("x=y.jsonl");
    await writeFile(odd, await readFile(history));
    await writeFile(file("lte.jsonl"), simulated("cocoa", 3, 0.2));
    const names = [`ours=${history}`, `ours=${odd}`, odd, `LTE=${file("lte.jsonl")}`];
    const { runs } = await fedmtlJson("report", ...names, "--out", file("named.html"));
    const methods = (runs as { method: string; seed: number | null }[]).map(({ method, seed }) => [
      method,
      seed,
    ]);
    expect(methods).toEqual([
      ["ours", null],
      ["ours", null],
      ["x=y", null],
      ["LTE, cocoa", 3],
    ]);
  });

  it("adds up what rounds were to every task, theta as the mean over rounds", async () => {
    const lines = [1, 2, 3, 4].map((round) => {
      const steps = [round, 0, 2 * round];
      const tasks = {
        states: [1, 2, 1],
        steps,
        theta: [1 / round, 1, 0.5],
        seconds: [1, 0, 2],
        joules: [0.5, 0, 0.25],
      };
      return JSON.stringify({ method: "mocha", seed: 1, round, time: round, tasks });
    });
    const [detailed, out] = [file("detailed.jsonl"), file("detailed.html")];
    await writeFile(detailed, lines.join("\n"));
    await fedmtlJson("report", detailed, "--out", out);
    expect(await csv(out, "devices.csv")).toEqual([
      ["method", "device", "rounds", "steps", "theta", "seconds", "joules"],
      ["mocha", "task 1", "4", "10", String((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4), "4", "2"],
      ["mocha", "task 2", "0", "0", "1", "0", "0"],
      ["mocha", "task 3", "4", "20", "0.5", "8", "1"],
    ]);
    expect(await texts(out, "#devices h4")).toHaveLength(4);
  });

  it("measures models on given rows: the errors of every task are those of evaluate", async () => {
    const [alone, out, test] = [file("alone.safetensors"), file("errors.html"), file("test.svm")];
    await fedmtlJson("train", data, "--relationship", "independent", "--lambda1", "0.1", "--out", alone);
    await generate(test, "--seed", "5");
    const given = ["--model", model, "--local", alone, "--global", model, "--data", test];
    await fedmtlJson("report", history, ...given, "--out", out);
    const [header = [], ...rows] = await csv(out, "task-errors.csv");
    expect(header).toEqual(["task", "rows", "multi-task (trace-norm)", "local", "global"]);
    for (const [path, column] of [
      [model, 2],
      [alone, 3],
      [model, 4],
    ] as const) {
      const { tasks } = (await fedmtlJson("evaluate", path, test)) as {
        tasks: { task: string; samples: number; error: number }[];
      };
      expect(new Map(rows.map((row) => [row[0], [Number(row[1]), Number(row[column])]]))).toEqual(
        new Map(tasks.map(({ task, samples, error }) => [task, [samples, error]])),
      );
    }
  });

  it("reads what simulate writes: methods and seeds apart, virtual time, sums of bytes, rounds without values", async () => {
    const [one, two] = [file("mocha.jsonl"), file("others.jsonl")];
    await writeFile(one, simulated("mocha", 1, 0.4) + simulated("mocha", 2, 0.5));
    const [cocoa, sgd] = [
      simulated("cocoa", 1, 0.2).split("\n"),
      simulated("minibatch-sgd", 1, 0.1).split("\n"),
    ];
    await writeFile(two, cocoa.flatMap((line, i) => [line, sgd[i]]).join("\n"));
    const out = file("simulated.html");
    const result = await fedmtlJson(
      "report",
      one,
      two,
      "--out",
      out,
      "--optimum",
      "1",
      "--title",
      "Under LTE",
    );
    expect(result.runs).toHaveLength(4);
    expect(await texts(out, "h1")).toEqual(["Under LTE"]);
    expect(await texts(out, "#convergence h4")).toEqual(
      ["estimated time", "rounds", "bytes"].map((name) => expect.stringContaining(name)),
    );
    const rows = (await csv(out, "all-runs-sub-optimality.csv")).slice(1);
    expect(rows).toHaveLength(4 * 4);
    for (const [, , , round, seconds, bytes, primal, value] of rows) {
      expect([Number(seconds), Number(bytes)]).toEqual([2 * Number(round), 300 * Number(round)]);
      expect(Number(value)).toBe(Number(primal) - 1);
    }
    const [header = [], ...costs] = await csv(out, "cost-of-the-runs.csv");
    expect(header).toEqual([
      ...[
        "method",
        "seed",
        "rounds",
        "steps",
        "FLOPs",
        "bytes down",
        "bytes up",
        "estimated seconds",
        "joules",
      ],
    ]);
    expect(costs.every((row) => row.slice(2).join() === "20,200,20000000,4000,2000,40,10")).toBe(true);
    expect((await texts(out, "#convergence p")).join()).toContain("the optimum that was given");
  });

  it.each([
    ["no JSON", '{"round":1}\n{"round":2,', ":2: found", "expected an object"],
    ["no object", "[1]\n", ":1: found", "expected an object"],
    ["no round", '{"round":1}\n\n{"primal":1}\n', ":3: found round undefined", "a whole number"],
    ["a round of text", '{"round":"1"}\n', ':1: found round "1"', "a whole number"],
    ["a value of text", '{"round":1,"primal":"0.5"}\n', ':1: found primal "0.5"', "expected a number"],
    ["falling rounds", '{"round":2}\n{"round":2}\n', ":2: found round 2 of", "rising rounds"],
    [
      "tasks that are no arrays",
      '{"round":1,"tasks":{"steps":3}}\n',
      ":1: found tasks.steps 3",
      "an array of numbers",
    ],
    [
      "arrays of tasks that differ",
      '{"round":1,"tasks":{"steps":[3],"theta":[1,1]}}\n',
      ":1: found 2 numbers in tasks.theta",
      "as many as in tasks.steps",
    ],
    [
      "tasks that come and go",
      '{"round":1,"tasks":{"steps":[3]}}\n{"round":2,"tasks":{"steps":[3,3]}}\n',
      ":2: found 2 tasks after 1",
      "the same number",
    ],
    ["nothing", "\n", "found no rounds", "expected a history"],
  ])("names file and line of a history with %s, and writes nothing", async (_, text, found, expected) => {
    const bad = file("bad.jsonl");
    const out = file("bad.html");
    await writeFile(bad, text);
    const { code, stderr, stdout } = await fedmtl("report", bad, "--out", out);
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toContain(bad);
    expect(stderr).toContain(found);
    expect(stderr).toContain(expected);
    expect(readdirSync(dirname(out))).not.toContain("bad.html");
  });

  it("refuses wrong flags and missing files with the code for each", async () => {
    const cases = [
      [2, "needs HISTORY"],
      [2, "did you mean", history, "--optimun", "1"],
      [2, "must be a number", history, "--optimum", "least"],
      [2, "also read", history, "--out", history],
      [2, "give --model too", history, "--data", data],
      [2, "give --data too", history, "--model", model, "--local", model],
      [3, "no such file or folder", file("missing.jsonl")],
      [3, "no such file or folder", history, "--model", file("missing.safetensors")],
    ] as const;
    for (const [expected, text, ...args] of cases) {
      const { code, stderr } = await fedmtl("report", ...args);
      expect(stderr).toContain(text);
      expect(code).toBe(expected);
    }
  });
});
