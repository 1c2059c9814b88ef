// Everything that users get wrong beyond the content of data files: arrays, objects at the wrong time, data for another
// model, models that are damaged, places that cannot be written to. The same rules as in bad_input.test.ts.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import {
  type BaselineName,
  type BaselineOptions,
  clustered,
  createBaseline,
  fit,
  fixed,
  graph,
  independent,
  mean,
  Model,
  readTasks,
  sparsePrecision,
  TaskSet,
  TaskSetBuilder,
  traceNorm,
} from "fedmtl";
import { beforeAll, describe, expect, it } from "vitest";
import { fedmtl, makeFolder, program } from "./cli/support.js";
import { expectError, expectRefusal } from "./support/refusals.js";

const file = makeFolder();
const good = file("good.svm");
const model = file("good.safetensors");
const svm = "1 qid:a 1:2 2:1\n-1 qid:a 1:-1\n1 qid:b 1:1 2:3\n-1 qid:b 2:-1\n";

beforeAll(async () => {
  await writeFile(good, svm);
  await mkdir(file("out"));
  const { code, stderr } = await fedmtl("train", good, "--out", model);
  expect({ code, stderr }).toMatchObject({ code: 0 });
});

describe.concurrent("data that do not fit the model", () => {
  it("a task that the model does not have, unless the mean model may stand in", async () => {
    await writeFile(file("stranger.svm"), "1 qid:a 1:2\n1 qid:stranger 1:2 2:1\n");
    for (const command of ["predict", "evaluate"]) {
      const args = [command, model, file("stranger.svm")];
      await expectRefusal(args, 3, /stranger\.svm: unknown task "stranger"; allowed: a, b/);
      await expectRefusal(
        [...args, "--unknown-task", "men"],
        2,
        /"men"; allowed: error, mean; did you mean "mean"/,
      );
      expect(await fedmtl(...args, "--unknown-task", "mean")).toMatchObject({ code: 0, stderr: "" });
    }
    const trained = await Model.load(model);
    const strangers = await readTasks(file("stranger.svm"));
    await expectError(() => trained.decisions(strangers), "UNKNOWN_TASK", /"stranger"/);
    const [known, stranger] = trained.decisions(strangers, { unknownTask: "mean" });
    const at = (task: string, ...x: number[]) => trained.decision(task, x)[0] ?? Number.NaN;
    expect(known).toBeCloseTo(at("a", 2, 0), 12);
    expect(stranger).toBeCloseTo((at("a", 2, 1) + at("b", 2, 1)) / 2, 12);
  });

  it("a feature beyond those of the model", async () => {
    await writeFile(file("wide.svm"), "1 qid:a 3:2\n");
    await expectRefusal(["predict", model, file("wide.svm")], 3, /wide\.svm: .*3 features, the model has 2/);
  });

  it("labels that the model does not have", async () => {
    await writeFile(file("labels.svm"), "2 qid:a 1:2\n");
    await expectRefusal(
      ["evaluate", model, file("labels.svm")],
      3,
      /labels\.svm: .*label 2, expected -1 or 1/,
    );
  });

  it("one name for the tasks of a correlation", async () => {
    const trained = await Model.load(model);
    for (const [given, shown] of [
      ["a", '"a"'],
      [null, "null"],
    ]) {
      const message = new RegExp(`tasks of correlation are ${shown}; give an array of names`);
      await expectError(() => trained.correlation(given as never), "INVALID_ARGUMENT", message);
    }
    await expectError(() => trained.correlation([5] as never), "UNKNOWN_TASK", /unknown task 5/);
  });

  it("rows in no form", async () => {
    const trained = await Model.load(model);
    const csr = { indptr: Int32Array.of(0, 1), indices: Int32Array.of(0), values: Float64Array.of(1) };
    const cases: [Parameters<Model["predict"]>[1], RegExp][] = [
      [[1, 2, 3], /feature 3, the model has 2/],
      [[1, Number.NaN], /feature 2 in row 0 of X is NaN/],
      [[[1, 2], [1]], /row 1 of X has 1 numbers, row 0 has 2/],
      [{ data: new Float64Array(3), cols: 2 }, /not a whole number of rows/],
      [{ data: new Float64Array(5), cols: 2.5 }, /not a whole number of rows/],
      [{ ...csr, indptr: Int32Array.of(0, 2) }, /indptr must begin with 0 and end with 1/],
      [{ ...csr, indptr: Int32Array.of(0, 2, 1) }, /indptr falls from 2 to 1 at row 1/],
      [{ ...csr, indices: Int32Array.of(-1) }, /the index -1/],
      [{ ...csr, indices: Int32Array.of(0, 1) }, /2 indices and 1 values/],
      ["text" as unknown as number[], /X must be one row/],
    ];
    for (const [X, message] of cases) {
      await expectError(() => trained.predict("a", X), "INVALID_ARGUMENT", message);
    }
    await expectError(() => trained.predict("c", [1]), "UNKNOWN_TASK", /unknown task "c"; allowed: a, b/);
    await expectError(() => trained.probability("a", [1]), "INVALID_ARGUMENT", /gives no probabilities/);
  });
});

describe("arrays: INVALID_ARGUMENT, the argument named", () => {
  const dense = { features: new Float64Array(4), cols: 2, labels: [1, -1], tasks: ["a", "a"] };
  const csr = {
    ...{ indptr: Int32Array.of(0, 1, 2), indices: Int32Array.of(0, 1), values: Float64Array.of(1, 2) },
    ...{ cols: 2, labels: [1, -1], tasks: ["a", "b"] },
  };
  const cases: [string, () => unknown, RegExp][] = [
    [
      "features for other columns",
      () => TaskSet.fromDense({ ...dense, cols: 3 }),
      /features has 4 elements, but 2 rows/,
    ],
    ["too few labels", () => TaskSet.fromDense({ ...dense, labels: [1] }), /tasks? .*2|2 .*1|needed/],
    ["too few tasks", () => TaskSet.fromDense({ ...dense, tasks: ["a"] }), /needed/],
    [
      "too few weights",
      () => TaskSet.fromDense({ ...dense, sampleWeights: [1] }),
      /sampleWeights has 1 .*2 are needed/,
    ],
    [
      "a negative weight",
      () => TaskSet.fromDense({ ...dense, sampleWeights: [1, -1] }),
      /sample weight of .*is -1/,
    ],
    [
      "a NaN",
      () => TaskSet.fromDense({ ...dense, features: Float64Array.of(1, 2, Number.NaN, 4) }),
      /row 1.* is NaN/,
    ],
    [
      "an infinite label",
      () => TaskSet.fromDense({ ...dense, labels: [1, 1 / 0] }),
      /label of row 1 .*is Infinity/,
    ],
    ["no columns", () => TaskSet.fromDense({ ...dense, cols: 0 }), /cols must be a whole number from 1/],
    ["half a column", () => TaskSet.fromDense({ ...dense, cols: 1.5 }), /cols must be a whole number from 1/],
    [
      "an array of another type",
      () => TaskSet.fromDense({ ...dense, features: new Int32Array(4) as unknown as Float64Array }),
      /features must be a Float64Array/,
    ],
    [
      "indptr that falls",
      () => TaskSet.fromCSR({ ...csr, indptr: Int32Array.of(0, 2, 1) }),
      /indptr falls from 2 to 1/,
    ],
    [
      "indptr not from 0",
      () => TaskSet.fromCSR({ ...csr, indptr: Int32Array.of(1, 1, 2) }),
      /first entry of indptr is 1/,
    ],
    [
      "indptr that ends early",
      () => TaskSet.fromCSR({ ...csr, indptr: Int32Array.of(0, 1, 1) }),
      /last entry of indptr/,
    ],
    [
      "indptr too short",
      () => TaskSet.fromCSR({ ...csr, indptr: Int32Array.of(0, 2) }),
      /indptr has 2 .*3 are needed/,
    ],
    [
      "too few indices",
      () => TaskSet.fromCSR({ ...csr, indices: Int32Array.of(0) }),
      /indices has 1 .*2 are needed/,
    ],
    [
      "an index too large",
      () => TaskSet.fromCSR({ ...csr, indices: Int32Array.of(0, 2) }),
      /is 2, .*from 0 to 1/,
    ],
    [
      "a negative index",
      () => TaskSet.fromCSR({ ...csr, indices: Int32Array.of(0, -1) }),
      /is -1, .*from 0 to 1/,
    ],
    [
      "a repeated index",
      () => TaskSet.fromCSR({ ...csr, indptr: Int32Array.of(0, 2, 2), indices: Int32Array.of(1, 1) }),
      /index 1 follows 1 .*ascend without repeats/,
    ],
    [
      "a builder's rows of another width",
      () => new TaskSetBuilder({ cols: 3 }).append("a", [1, 2], [1]),
      /2 features/,
    ],
    ["a builder without rows", () => new TaskSetBuilder({ cols: 3 }).finish(), /no rows|at least one/],
    ["a builder of no columns", () => new TaskSetBuilder({ cols: 0 }), /cols must be a whole number from 1/],
    ["a task without a name", () => new TaskSetBuilder({ cols: 1 }).append("", [1], [1]), /name is empty/],
    ["no TaskSet", () => fit({} as TaskSet).result, /must be a TaskSet/],
    ["no data", () => TaskSet.fromDense(undefined as never), /the data is undefined; give \{ features/],
    ["no tasks column", () => TaskSet.fromDense({ ...dense, tasks: "aa" as never }), /tasks is "aa"; give/],
    [
      "labels that are text",
      () => TaskSet.fromDense({ ...dense, labels: ["1", "2"] as never }),
      /labels\[0\] is "1"/,
    ],
    [
      "labels that are BigInts",
      () => TaskSet.fromDense({ ...dense, labels: BigInt64Array.of(1n, 2n) as never }),
      /labels is \(an object\); give a Float64Array/,
    ],
    [
      "half a surrogate pair",
      () => TaskSet.fromDense({ ...dense, tasks: ["a", "\ud800"] }),
      /half a surrogate/,
    ],
    [
      "a control character",
      () => TaskSet.fromDense({ ...dense, tasks: ["a", "\u0001"] }),
      /control character/,
    ],
    [
      "indptr with a half",
      () => TaskSet.fromCSR({ ...csr, indptr: Float64Array.of(0, 0.5, 2) }),
      /not a position \(a whole number from 0\)/,
    ],
    ["fromArrays of nothing", () => TaskSet.fromArrays(undefined as never), /given undefined; give an array/],
    ["fromArrays of no task", () => TaskSet.fromArrays([]), /given no task/],
    ["fromArrays of null", () => TaskSet.fromArrays([null as never]), /task 0 of fromArrays is null/],
    ["no rows", () => TaskSet.fromArrays([{ id: "a", X: [], y: [] }]), /X of task "a" has no row/],
    ["no labels", () => TaskSet.fromArrays([{ id: "a", X: [[1]] } as never]), /y of task "a" is undefined/],
    [
      "features that are text",
      () => TaskSet.fromArrays([{ id: "a", X: [["1"]] as never, y: [1] }]),
      /X\[0\]\[0\] is "1"/,
    ],
    ["a builder of nothing", () => new TaskSetBuilder(undefined as never), /give \{ cols \}/],
    ["a name that is none", () => new TaskSetBuilder({ cols: 1 }).append(7 as never, [1], [1]), /name is 7/],
  ];
  it.each(cases)("%s", (_, call, message) => expectError(call, "INVALID_ARGUMENT", message));
});

describe("options of another type: INVALID_OPTION, what was given is shown", () => {
  const options = (given: object) => () => fit(TaskSet.fromArrays(two), given).result;
  const two = [{ id: "a", X: [[1], [2]], y: [1, -1] }];
  const cases: [string, () => unknown, RegExp][] = [
    ["a BigInt", options({ seed: 5n }), /seed is 5n; give a whole number from 0 to 9007199254740991/],
    ["NaN", options({ smoothing: Number.NaN }), /smoothing is NaN/],
    ["infinity", options({ localEpochs: 1 / 0 }), /localEpochs is Infinity/],
    ["a number for stop", options({ stop: 5 }), /stop is 5; give an object/],
    ["a text for checkpoint", options({ checkpoint: "x" }), /checkpoint is "x"; give an object/],
    ["null for a number", options({ smoothing: null }), /smoothing is null; give a number above 0/],
    ["null for a number or a word", options({ certifyEvery: null }), /certifyEvery is null; give a whole/],
    ["null for stop", options({ stop: null }), /stop is null; give an object/],
    ["null for lambda1", () => mean({ lambda1: null as never }), /lambda1 is null; give a number above 0/],
    ["null for rho", () => sparsePrecision({ rho: null as never }), /rho is null; give a number above 0/],
    ["null for epsilon", () => traceNorm({ epsilon: null as never }), /epsilon is null; .*, or leave it out/],
    ["null for k", () => clustered({ k: null as never }), /k is null; give a whole number from 1/],
    ["no k", () => clustered(undefined as never), /"clustered" is made from an object, not undefined/],
    ["no edges", () => graph(null as never), /"graph" is made from an object, not null/],
    ["omega of text", () => fixed({ omega: "x" as never }), /omega is "x"; give a Matrix/],
    ["ragged sigma", () => fixed({ sigma: [[1, 0], [0]] }), /row 1 of sigma has 1 numbers, row 0 has 2/],
    ["NaN in sigma", () => fixed({ sigma: [[Number.NaN]] }), /sigma\[0\]\[0\] is NaN/],
    [
      "an unknown option of split",
      () => TaskSet.fromArrays(two).split({ test: 0.5, sed: 1 } as never),
      /"seed"/,
    ],
    ["half a seed of split", () => TaskSet.fromArrays(two).split({ test: 0.5, seed: 0.5 }), /seed is 0.5/],
  ];
  it.each(cases)("%s", (_, call, message) => expectError(call, "INVALID_OPTION", message));

  it("a split or a selection without arguments", async () => {
    const tasks = TaskSet.fromArrays(two);
    await expectError(() => tasks.split(undefined as never), "INVALID_ARGUMENT", /give \{ test: 0.25/);
    await expectError(() => tasks.select("a" as never), "INVALID_ARGUMENT", /ids is "a"; give an array/);
  });
});

describe("what a command is given besides data", () => {
  it("a file for the folder of checkpoints", async () => {
    await expectRefusal(
      ["train", good, "--checkpoint", model],
      3,
      /checkpoints to .*: it is a file, not a folder/,
    );
  });

  it("features too large to square: the row is named within its task", async () => {
    await writeFile(file("huge.svm"), "1 qid:a 1:1\n1 qid:b 1:1\n-1 qid:b 1:1e200\n");
    await expectRefusal(["train", file("huge.svm")], 3, /the 2\. row of task "b" has features too large/);
  });

  it("a damaged model is inspected as one", async () => {
    await writeFile(file("damaged.safetensors"), "1 qid:a 1:1");
    await expectRefusal(["inspect", file("damaged.safetensors")], 3, /not a usable safetensors file/);
  });

  it("an unknown level of kernels", async () => {
    const child = spawn(process.execPath, [program, "train", good], {
      env: { ...process.env, FEDMTL_KERNEL: "nonsense" },
    });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const [code] = await once(child, "close");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^fedmtl: FEDMTL_KERNEL is "nonsense"; it may be "portable"/);
  });
});

describe("more memory than there is: OUT_OF_MEMORY before it is taken", () => {
  it("a feature index that makes the models larger than the machine", async () => {
    const lines = Array.from({ length: 60 }, (_, t) => `1 qid:${t} 1:1\n-1 qid:${t} 2147483646:1\n`);
    await writeFile(file("large.svm"), lines.join(""));
    const { code, stderr } = await fedmtl("train", file("large.svm"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/60 tasks with 2,147,483,646 features take at least .* GB, and there are .* GB/);
  });

  // Address space can be limited from a shell on Linux alone. What is refused first, and by whom, depends on how much Node
  // itself takes: the process must end by itself, and not in silence.
  it.runIf(process.platform === "linux")("OpenBLAS is refused its working memory", async () => {
    const command = `ulimit -v 1200000; exec ${process.execPath} ${program} train ${good} --threads 1 --rounds 5`;
    const child = spawn("bash", ["-c", command], { timeout: 240_000, killSignal: "SIGKILL" });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const [code, signal] = await once(child, "close");
    expect(signal).not.toBe("SIGKILL");
    // Where Node takes less, there is enough.
    expect(code === 0 || stderr !== "").toBe(true);
  });
});

describe("baselines", () => {
  const relationship = independent();
  const refused: [BaselineName, BaselineOptions, RegExp][] = [
    ["cocoa", {}, /cocoa needs a relationship; make one with mean/],
    [
      "minibatch-sgd",
      { relationship: traceNorm() },
      /takes a relationship that is given, "trace-norm" is learned/,
    ],
    ["local", { relationship }, /unknown option of local "relationship"; allowed: lambda, /],
    ["fedprox", { Mu: 1 } as BaselineOptions, /unknown option of fedprox "Mu".*did you mean "mu"/],
    ["cocoa", { relationship, theta: 1 }, /theta is 1; give a number from 0 to 0\.99/],
    ["cocoa", { relationship, maxSteps: 0.5 }, /maxSteps is 0\.5; give a whole number from 1/],
    ["global", { lambda: 0 }, /lambda is 0; give a number above 0/],
    ["minibatch-sdca", { relationship, scaling: -1 }, /scaling is -1; give a number above 0/],
    [
      "minibatch-sdca",
      { relationship, tuning: { candidates: [] } },
      /candidates of tuning is empty; give an array of at/,
    ],
    ["fedavg", { tuning: { candidates: [0] } }, /a candidate of tuning is 0; give a number above 0/],
    ["fedavg", { tuning: [4] as object }, /tuning is \(an array\); give an object/],
    ["fedavg", { tuning: { rounds: 0 } }, /rounds of tuning is 0; give a whole number from 1/],
    ["ditto", { tuning: { round: 3 } as object }, /unknown option of tuning "round".*did you mean "rounds"/],
    ["mean-mtl", { loss: "hnge" as "hinge" }, /unknown loss "hnge".*did you mean "hinge"/],
  ];

  it.each(refused)("%s refuses %j", async (name, options, message) => {
    const tasks = await readTasks(good);
    await expectError(() => createBaseline(name, tasks, options), "INVALID_OPTION", message);
  });

  it("weights whose mean loss is undefined", async () => {
    const tasks = TaskSet.fromDense({
      ...{
        features: Float64Array.of(1, 2, 3, 4),
        cols: 1,
        labels: [1, -1, 1, -1],
        tasks: ["a", "a", "b", "b"],
      },
      sampleWeights: Float64Array.of(1, 1, 0, 0),
    });
    const averaged = (weighting: "mean" | "sum") => () =>
      createBaseline("fedavg", tasks, { weighting, scaling: 1 });
    await expectError(averaged("mean"), "BAD_INPUT", /weights of task "b" are 0 .* use weighting "sum"/);
    expect((await averaged("sum")()).taskCount).toBe(2);
  });

  it("an unknown name, no task set, labels that do not fit the loss, plans that do not fit the tasks", async () => {
    const tasks = await readTasks(good);
    const unknown = () => createBaseline("fedavgg" as BaselineName, tasks);
    await expectError(unknown, "INVALID_OPTION", /unknown baseline "fedavgg".*did you mean "fedavg"/);
    await expectError(() => createBaseline("local", {} as TaskSet), "INVALID_ARGUMENT", /must be a TaskSet/);
    const classes = TaskSet.fromDense({
      features: Float64Array.of(1, 2, 3),
      cols: 1,
      labels: [1, 2, 3],
      tasks: ["a", "a", "b"],
    });
    for (const name of ["cocoa", "minibatch-sgd"] as const) {
      const options = { relationship: mean({ lambda2: 1 }) };
      await expectError(
        () => createBaseline(name, classes, options),
        "BAD_INPUT",
        /exactly two distinct labels/,
      );
    }
    for (const name of ["cocoa", "minibatch-sdca"] as const) {
      const method = await createBaseline(name, tasks, {
        relationship,
        ...(name === "cocoa" ? {} : { scaling: 1 }),
      });
      const plan =
        (round: number, ...steps: number[]) =>
        () =>
          method.round({ round, steps: Float64Array.from(steps) });
      await expectError(plan(1, 1), "INVALID_ARGUMENT", /steps has 1 entries for 2 tasks/);
      await expectError(plan(0, 1, 1), "INVALID_ARGUMENT", /the round is 0; give a whole number from 1/);
      await expectError(plan(1, 1, 0.5), "INVALID_ARGUMENT", /steps are 0\.5; give a whole number from 0/);
    }
  });
});
