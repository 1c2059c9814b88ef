// Mistakes: exit codes, one-line messages with the nearest name, and no stack trace; help and version.
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { fedmtl, generate, makeFolder, start } from "./support.js";

const file = makeFolder();
const data = file("toy.svm");
const commands = ["train", "predict", "evaluate", "inspect", "convert", "generate", "report"];

beforeAll(async () => {
  await generate(data);
  await writeFile(file("square.csv"), "1 0\n0 1\n");
  await writeFile(file("flat.csv"), "1 0 0\n0 1 0\n");
});

describe("help and version", () => {
  it("prints the version of the package", async () => {
    const { version } = JSON.parse(await readFile(resolve(__dirname, "..", "..", "package.json"), "utf8"));
    expect(await fedmtl("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("lists the commands", async () => {
    const { code, stdout } = await fedmtl("--help");
    expect(code).toBe(0);
    for (const command of commands) {
      expect(stdout).toContain(`\n  ${command} `);
    }
  });

  it.each(commands)("explains %s", async (command) => {
    const { code, stdout, stderr } = await fedmtl(command, "--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`Usage: fedmtl ${command}`);
  });
});

describe("usage errors: exit code 2, nothing on stdout, no stack", () => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["no command", [], /Usage: fedmtl COMMAND/],
    ["an unknown command", ["trian", data], /unknown command "trian".*did you mean "train"\?/],
    ["a command that is not built", ["server", data], /unknown command "server"/],
    [
      "an unknown flag",
      ["train", data, "--lamda1", "1"],
      /unknown option "--lamda1".*did you mean "--lambda1"\?/,
    ],
    ["a flag of another command", ["predict", data, data, "--json"], /unknown option "--json"/],
    [
      "an unknown loss",
      ["train", data, "--loss", "hinges"],
      /unknown value of --loss "hinges".*did you mean "hinge"\?/,
    ],
    [
      "a family that is not known",
      ["train", data, "--relationship", "sparse-precisoin"],
      /unknown value of --relationship/,
    ],
    [
      "a number out of range",
      ["train", data, "--rounds", "0"],
      /--rounds must be a whole number of at least 1, got "0"/,
    ],
    ["not a number", ["train", data, "--gap", "small"], /--gap must be a number of at least 0, got "small"/],
    ["a negative lambda1", ["train", data, "--lambda1", "-1"], /lambda1 is -1; give a number above 0/],
    ["a missing value", ["train", data, "--out"], /--out needs a value/],
    ["a missing argument", ["train"], /train needs DATA/],
    ["an argument too many", ["inspect", data, data], /inspect takes FILE/],
    ["a flag twice", ["train", data, "--seed", "1", "--seed", "2"], /--seed is given twice/],
    ["mean without lambda2", ["train", data, "--relationship", "mean"], /lambda2 is 0/],
    [
      "fixed without a matrix",
      ["train", data, "--relationship", "fixed"],
      /exactly one of --omega and --sigma/,
    ],
    [
      "fixed with two matrices",
      ["train", data, "--relationship", "fixed", "--omega", "a.csv", "--sigma", "b.csv"],
      /exactly one of --omega and --sigma/,
    ],
    [
      "clustered without a number of clusters",
      ["train", data, "--relationship", "clustered"],
      /--relationship clustered needs --clusters/,
    ],
    [
      "clustered with more clusters than tasks",
      ["train", data, "--relationship", "clustered", "--clusters", "7"],
      /k is 7, but there are 6 tasks; give at most one cluster a task/,
    ],
    [
      "rho of 0",
      ["train", data, "--relationship", "sparse-precision", "--rho", "0"],
      /rho is 0; give a number above 0/,
    ],
    [
      "clusters that are no number",
      ["train", data, "--relationship", "clustered", "--clusters", "1.5"],
      /--clusters must be a whole number of at least 1/,
    ],
    [
      "eta of 0",
      ["train", data, "--relationship", "clustered", "--clusters", "2", "--eta", "0"],
      /eta is 0; give a number above 0/,
    ],
    ["graph without edges", ["train", data, "--relationship", "graph"], /graph needs --edges/],
    ["edges without graph", ["train", data, "--edges", "a.csv"], /--edges needs --relationship graph/],
    ["sigma without fixed", ["train", data, "--sigma", "a.csv"], /--sigma needs --relationship fixed/],
    [
      "more clusters than tasks",
      ["generate", "--tasks", "3", "--clusters", "4", "--out", file("x.svm")],
      /clusters/,
    ],
  ];
  it.each(cases)("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await fedmtl(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe("flags without effect: said on stderr, for sweeps that give them throughout", () => {
  const cases: [string, string[], RegExp][] = [
    [
      "epsilon",
      ["--relationship", "global", "--epsilon", "1"],
      /--epsilon has no effect without .*trace-norm/,
    ],
    ["Omega steps", ["--relationship", "independent", "--omega-steps", "3"], /--omega-steps has no effect/],
    ["clusters", ["--clusters", "3"], /--clusters has no effect without --relationship clustered/],
    ["smoothing", ["--loss", "hinge", "--smoothing", "2"], /--smoothing has no effect/],
    ["a positive label", ["--loss", "squared", "--positive", "1"], /--positive has no effect/],
    ["an intercept's scaling", ["--intercept-scaling", "2"], /--intercept-scaling has no effect/],
  ];
  it.each(cases)("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await fedmtl("train", data, "--rounds", "2", "--json", ...args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty("status");
    expect(stderr).toMatch(message);
  });
});

describe("bad input: exit code 3, the file named, no stack", () => {
  beforeAll(async () => {
    await writeFile(file("text.svm"), "1 qid:a 1:2\n-1 qid:a 2:x\n");
    await writeFile(file("mixed.svm"), "1 qid:a 1:2\n-1 2:1\n");
    await writeFile(file("labels.svm"), "1 qid:a 1:2\n2 qid:a 1:1\n3 qid:a 1:1\n");
    await writeFile(file("empty.svm"), "");
    await writeFile(file("cut.svm.gz"), gzipSync("1 qid:a 1:2\n-1 qid:a 1:1\n").subarray(0, 20));
    await writeFile(file("strange.edges"), "taskA,taskB,weight\ntask-01,task-02,1\ntask-01,task-9,1\n");
    await writeFile(file("loop.edges"), "task-1,task-1,1\n");
    await writeFile(file("negative.edges"), "task-1,task-2,1\ntask-1,task-3,-1\n");
    await writeFile(file("twice.edges"), "a,b,Weight\ntask-1,task-2,1\n\ntask-2,task-1,1\n");
    await writeFile(file("empty.edges"), "taskA,taskB,weight\n");
    await writeFile(file("heavy.edges"), "task-01,task-02,1\n\ntask-01,task-03,1e308\n");
    await writeFile(file("short.edges"), "task-1,task-2\n");
    await writeFile(file("strangers.svm"), "1 qid:stranger 1:2\n");
    await writeFile(file("wide.svm"), "1 qid:task-01 13:2\n");
    await fedmtl("train", data, "--out", file("model.safetensors"));
    const model = await readFile(file("model.safetensors"));
    await writeFile(file("damaged.safetensors"), model.fill(7, model.length - 8));
  });

  const graph = ["--relationship", "graph", "--lambda2", "0.1", "--edges"];
  const train = (name: string, ...flags: string[]) => ["train", file(name), ...flags];
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["no such file", train("none.svm"), /cannot read ".*none.svm": no such file/],
    ["not a number", train("text.svm"), /text\.svm, line 2, column 12: found "x"/],
    ["tasks on some lines only", train("mixed.svm"), /mixed\.svm, line 2, .*expected qid/],
    ["three labels", train("labels.svm"), /exactly two distinct labels.*1, 2, 3/],
    ["no row with the positive label", train("labels.svm", "--positive", "9"), /positive label 9/],
    ["an empty file", train("empty.svm"), /empty\.svm/],
    ["gzip cut short", train("cut.svm.gz"), /cut\.svm\.gz.*cut short/],
    [
      "a folder to write to that is not there",
      train("toy.svm", "--out", file("no/m")),
      /cannot write .*no such file/,
    ],
    [
      "a matrix for other tasks",
      train("toy.svm", "--relationship", "fixed", "--sigma", file("square.csv")),
      /square\.csv: .*2 × 2, expected 6 × 6/,
    ],
    [
      "a graph of other tasks",
      train("toy.svm", ...graph, file("strange.edges")),
      /strange\.edges, line 3: the edge names the task "task-9", .*data do not have; did you mean "task-/,
    ],
    [
      "an edge from a task to itself",
      train("toy.svm", ...graph, file("loop.edges")),
      /loop\.edges, line 1: the edge joins the task "task-1" to itself; give edges between two tasks/,
    ],
    [
      "a negative weight",
      train("toy.svm", ...graph, file("negative.edges")),
      /negative\.edges, line 2: the edge has the weight -1; give a number from 0/,
    ],
    [
      "an edge twice",
      train("toy.svm", ...graph, file("twice.edges")),
      /twice\.edges, line 4: the edge joins "task-2" and "task-1" as line 2 does; give each pair of tasks once/,
    ],
    [
      "a graph without edges",
      train("toy.svm", ...graph, file("empty.edges")),
      /empty\.edges: found no edge, expected lines taskA,taskB,weight/,
    ],
    [
      "an edge too heavy",
      train("toy.svm", ...graph, file("heavy.edges")),
      /heavy\.edges, line 3: the edge joins "task-01" and "task-03" with the weight 1e\+308, .* beside lambda2 0\.1;/,
    ],
    [
      "an edge without a weight",
      train("toy.svm", ...graph, file("short.edges")),
      /short\.edges, line 1, column 14: found the end of the line, expected three cells/,
    ],
    ["no such file of edges", train("toy.svm", ...graph, file("none.edges")), /cannot read .*none\.edges/],
    [
      "a matrix that is not square",
      train("toy.svm", "--relationship", "fixed", "--omega", file("flat.csv")),
      /flat\.csv: found 2 rows of 3/,
    ],
    ["data as a model", ["predict", data, data], /toy\.svm: not a usable safetensors file/],
    ["a damaged model", ["inspect", file("damaged.safetensors")], /damaged\.safetensors.*damaged/],
    ["an empty file to inspect", ["inspect", file("empty.svm")], /empty\.svm/],
    [
      "tasks that the model does not have",
      ["predict", file("model.safetensors"), file("strangers.svm")],
      /unknown task "stranger"/,
    ],
    ["features that the model does not have", ["predict", file("model.safetensors"), file("wide.svm")], /13/],
    [
      "labels that the model does not have",
      ["evaluate", file("model.safetensors"), file("labels.svm")],
      /label 2, expected -1 or 1/,
    ],
  ];
  it.each(cases)("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await fedmtl(...args);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

it("shows the stack with FEDMTL_DEBUG=1", async () => {
  const { code, stderr } = await start(["train", file("none.svm")], { FEDMTL_DEBUG: "1" }).ended;
  expect(code).toBe(3);
  expect(stderr).toMatch(/\n\s+at /);
});
