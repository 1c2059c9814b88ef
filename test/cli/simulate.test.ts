// `fedmtl simulate`: its JSON object, its history, its refusals, and that an interrupted one goes on with the same bits.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { fit, mean, readTasks, simulate } from "fedmtl";
import { beforeAll, describe, expect, it } from "vitest";
import { fedmtl, fedmtlJson, generate, makeFolder } from "./support.js";

const file = makeFolder();
const data = file("toy.svm");
const weights = ["--relationship", "mean", "--lambda1", "0.1", "--lambda2", "0.1", "--weighting", "mean"];
const relationship = mean({ lambda1: 0.1, lambda2: 0.1 });

beforeAll(async () => {
  await generate(data);
});

interface Method {
  readonly [name: string]: unknown;
}
const methodsOf = (json: Record<string, unknown>): Method[] => json.methods as Method[];
const linesOf = async (path: string): Promise<Record<string, unknown>[]> =>
  (await readFile(path, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("simulate --json", () => {
  it("has what was simulated, and for every method what it came to", async () => {
    const json = await fedmtlJson(
      "simulate",
      data,
      ...weights,
      "--method",
      "mocha,minibatch-sgd",
      "--scaling",
      "1",
      "--rounds",
      "9",
      "--gap",
      "0",
      "--drop",
      "0.2",
    );
    expect(json).toMatchObject({
      ...{ tasks: 6, features: 12, loss: "hinge", relationship: "mean", network: "lte", devices: "phone" },
      ...{ budget: "fixed", deadline: null, sampling: null, seed: 0, availability: [] },
      faults: [{ name: "independent", p: "0.2" }],
    });
    const [mocha, sgd] = methodsOf(json);
    expect(mocha).toMatchObject({
      method: "mocha",
      status: "budget",
      rounds: 9,
      omegaSteps: 0,
      absent: [],
      consequence: null,
    });
    expect(sgd).toMatchObject({ method: "minibatch-sgd", dual: null, gap: null, scaling: 1 });
    for (const name of [
      "time",
      "primal",
      "bytesUp",
      "bytesDown",
      "flops",
      "joules",
      "steps",
      "participants",
      "wallSeconds",
    ]) {
      expect(mocha?.[name], name).toEqual(expect.any(Number));
      expect(sgd?.[name], name).toEqual(expect.any(Number));
    }
    // The same devices drop the same rounds, whatever the method.
    expect(sgd?.participants).toBe(mocha?.participants);
  });

  it("is what the library computes", async () => {
    const [found] = methodsOf(
      await fedmtlJson(
        "simulate",
        data,
        ...weights,
        "--rounds",
        "20",
        "--gap",
        "0",
        "--sample",
        "0.5",
        "--network",
        "wifi:0.5,3g:0.5",
      ),
    );
    const { history, time, objective } = await simulate(await readTasks(data), {
      ...{ relationship, weighting: "mean", sampling: { fraction: 0.5 } },
      network: { shares: { wifi: 0.5, "3g": 0.5 } },
      stop: { rounds: 20, gap: 0 },
    }).result;
    expect(found).toMatchObject({ time, primal: objective.primal, flops: history.total("flops") });
  });

  it("and, without faults, what a training computes", async () => {
    const [found] = methodsOf(await fedmtlJson("simulate", data, ...weights, "--gap", "1e-4"));
    const { certificate } = await fit(await readTasks(data), {
      ...{ relationship, weighting: "mean", certifyEvery: 1, stop: { gap: 1e-4 } },
    }).result;
    expect(found?.status).toBe("converged");
    expect(found?.primal).toBeCloseTo(certificate.primal, 9);
  });
});

describe("simulate --history", () => {
  it("has a line a round and method, with all that reports read", async () => {
    const path = file("rounds.jsonl");
    const { code, stdout } = await fedmtl(
      "simulate",
      data,
      ...weights,
      "--method",
      "mocha,cocoa",
      "--rounds",
      "6",
      "--gap",
      "0",
      "--evaluate-every",
      "4",
      "--theta",
      "--history",
      path,
    );
    expect(code).toBe(0);
    expect(stdout).toContain(`Wrote ${path}.`);
    const lines = await linesOf(path);
    expect(lines.map(({ method, round }) => [method, round])).toEqual(
      ["mocha", "cocoa"].flatMap((method) => [1, 2, 3, 4, 5, 6].map((round) => [method, round])),
    );
    for (const line of lines) {
      for (const name of [
        "seed",
        "omegaStep",
        "time",
        "seconds",
        "bytesUp",
        "bytesDown",
        "flops",
        "joules",
        "participants",
        "steps",
        "thetaMean",
        "thetaMax",
      ]) {
        expect(line[name], name).toEqual(expect.any(Number));
      }
      const evaluated = line.round === 4 || line.round === 6;
      for (const name of ["primal", "dual", "gap"]) {
        expect(line[name] !== undefined, name).toBe(evaluated);
      }
    }
  });

  it("has the tasks of every round, if they are asked for", async () => {
    const path = file("tasks.jsonl");
    await fedmtl(
      "simulate",
      data,
      ...weights,
      "--rounds",
      "4",
      "--drop",
      "0.4",
      "--per-task",
      "--history",
      path,
    );
    for (const line of await linesOf(path)) {
      const { steps, seconds } = line.tasks as { steps: number[]; seconds: number[] };
      expect(steps.reduce((a, b) => a + b, 0)).toBe(line.steps);
      expect(Math.max(...seconds)).toBeCloseTo(line.seconds as number, 12);
    }
  });

  it("is whole or not there", async () => {
    const path = file("never.jsonl");
    const { code, stderr } = await fedmtl(
      "simulate",
      data,
      "--method",
      "mocha,cocoa",
      "--rounds",
      "2",
      "--history",
      path,
    );
    expect(code).toBe(2);
    expect(stderr).toContain("cocoa takes a relationship that is given");
    expect(existsSync(path)).toBe(false);
  });
});

describe("simulate for people", () => {
  it("says which flags have no effect", async () => {
    const { code, stderr } = await fedmtl(
      ...[
        "simulate",
        data,
        ...weights,
        "--rounds",
        "2",
        "--mu",
        "1",
        "--scaling",
        "1",
        "--method",
        "mocha,minibatch-sgd",
      ],
    );
    expect(code).toBe(0);
    expect(stderr).toContain("--mu has no effect without --method fedprox");
    expect(stderr).not.toContain("--scaling");
  });

  it("names the devices that never answered, and what it means", async () => {
    const trace = file("few.csv");
    const { names } = await readTasks(data);
    await writeFile(
      trace,
      `device,start,end\n${names
        .slice(1)
        .map((name) => `${name},0,1000\n`)
        .join("")}`,
    );
    const { code, stdout } = await fedmtl("simulate", data, ...weights, "--rounds", "5", "--trace", trace);
    expect(code).toBe(0);
    expect(stdout).toContain(`mocha: ${names[0]}: this device did not answer in 5 rounds and it never will`);
  });
});

describe("simulate --checkpoint", () => {
  it("goes on where it was, each method in a folder of its own, and refuses other devices", async () => {
    const shared = [
      "simulate",
      data,
      ...weights,
      "--method",
      "mocha,mean-mtl",
      "--gap",
      "0",
      "--drop",
      "0.3",
      "--evaluate-every",
      "1",
    ];
    const folder = ["--checkpoint", file("checkpoints"), "--checkpoint-rounds", "3", "--resume"];
    await fedmtl(...shared, "--rounds", "7", ...folder);
    const { code, stderr } = await fedmtl(
      ...shared,
      "--rounds",
      "15",
      ...folder,
      "--history",
      file("resumed.jsonl"),
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/mean-mtl was resumed from .*checkpoint-7/);
    const perTask = ["--rounds", "16", ...folder, "--per-task", "--history", file("partly.jsonl")];
    expect((await fedmtl(...shared, ...perTask)).stderr).toMatch(/rounds before that have no tasks/);
    const partly = (await readFile(file("partly.jsonl"), "utf8")).trim().split("\n");
    const complete = partly.map((line) => JSON.parse(line)).filter((line) => "tasks" in line);
    expect(complete.map(({ round }) => round)).toEqual([16, 16]);
    await fedmtl(...shared, "--rounds", "15", "--history", file("whole.jsonl"));
    expect(await readFile(file("resumed.jsonl"), "utf8")).toBe(await readFile(file("whole.jsonl"), "utf8"));
    const other = await fedmtl(...shared, "--rounds", "15", "--network", "3g", ...folder);
    expect(other.code).toBe(3);
    expect(other.stderr).toMatch(/belongs to another training: network/);
  });
});

describe("simulate refuses with exit code 2 or 3, and says what is allowed", () => {
  const trace = file("bad.csv");
  beforeAll(() => writeFile(trace, "device,start,end\nx,3,1\n"));
  const cases: [string, string[], number, RegExp][] = [
    [
      "an unknown method",
      ["--method", "fedavgg"],
      2,
      /unknown value of --method "fedavgg".*did you mean "fedavg"/,
    ],
    ["a method twice", ["--method", "mocha,mocha"], 2, /names mocha twice/],
    ["an unknown network", ["--network", "wfi"], 2, /unknown value of --network "wfi".*did you mean "wifi"/],
    ["an unknown device", ["--devices", "phon"], 2, /did you mean "phone"/],
    [
      "shares that are none",
      ["--devices", "phone:x,board:1"],
      2,
      /--devices must be one name, or NAME:SHARE/,
    ],
    [
      "a share of the paper's constants",
      ["--network", "wifi:1,paper-lte:1"],
      2,
      /unknown value of --network "paper-lte"/,
    ],
    ["p > 1", ["--drop", "1.01"], 2, /--drop must be a number of at least 0 and of at most 1/],
    ["a negative deadline", ["--deadline", "-2"], 2, /--deadline must be a number above 0/],
    [
      "half a sample",
      ["--sample", "1.5"],
      2,
      /--sample must be a fraction up to 1 or a whole number above 1, got 1.5/,
    ],
    ["tasks of no history", ["--per-task"], 2, /--per-task needs --history/],
    ["a theta of 1", ["--cocoa-theta", "1"], 2, /--cocoa-theta must be a number of at least 0 and below 1/],
    ["one hour", ["--day-night", "3"], 2, /--day-night must be FROM,TO/],
    ["half a target", ["--suboptimality", "0.1"], 2, /go together/],
    ["a repetition of nothing", ["--trace-repeat", "3"], 2, /--trace-repeat needs --trace/],
    [
      "a bad trace",
      ["--trace", trace],
      3,
      /bad\.csv, line 2, column 5: found the end 1, expected a number above the start 3/,
    ],
    ["no trace", ["--trace", "/nowhere/trace.csv"], 3, /cannot read/],
    ["a budget without its deadline", ["--budget", "deadline"], 2, /needs a deadline/],
  ];
  it.each(cases)("%s", async (_, args, exit, message) => {
    const { code, stdout, stderr } = await fedmtl("simulate", data, ...args);
    expect({ code, stdout }).toEqual({ code: exit, stdout: "" });
    expect(stderr).toMatch(message);
  });
});
