// Objects that users call at the wrong time, twice, or with numbers that are none. The same rules as in bad_input.test.ts.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { FedmtlError, fit, Model, readTasks, TaskSetBuilder } from "fedmtl";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../dist/mocha/safetensors.js";
import { type NativePoolOptions, type NativeRoundPlan, native } from "../dist/native.js";
import { fedmtl, makeFolder, program } from "./cli/support.js";
import { errorOf, expectError, expectRefusal, flipped } from "./support/refusals.js";

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

describe("objects at the wrong time", () => {
  const poolOptions: NativePoolOptions = {
    ...{ loss: "hinge", smoothing: 1, lossEpsilon: 0.1, huberDelta: 1, positive: 1, weighting: "sum" },
    ...{ seed: 0, threads: 1, freeIntercept: false, momentum: false, shrinking: false },
  };
  const plan: NativeRoundPlan = {
    ...{ firstRound: 1, maxRounds: 3, roundOfWStep: 0, certifyEvery: 1, certifyAlwaysFrom: 1, lastRound: 3 },
    ...{ stopRelativeGap: 0, stopGap: 0, stopObjective: Number.NEGATIVE_INFINITY, seconds: 60 },
  };
  const makeServer = () =>
    new native.Server({
      ...{ tasks: 2, cols: 2, policy: "row", threads: 1 },
      relationship: { family: "independent", lambda1: 1, lambda2: 0, omegaSteps: 0, cutTolerance: 0 },
    });

  it("use after dispose", async () => {
    const tasks = await readTasks(good);
    const trained = await Model.load(model);
    tasks.dispose();
    tasks.dispose();
    for (const member of ["names", "taskCount", "rowCount", "cols", "nnz", "sparse", "bytes"] as const) {
      await expectError(() => tasks[member], "DISPOSED", /disposed/);
    }
    const builder = new TaskSetBuilder({ cols: 1 }).append("a", [1], [1]);
    builder.finish();
    await expectError(() => builder.finish(), "DISPOSED", /given its set already/);
    const pool = new native.ClientPool((await readTasks(good)).native, poolOptions);
    pool.dispose();
    const server = makeServer();
    server.dispose();
    const cases: (() => unknown)[] = [
      () => tasks.labels(),
      () => tasks.offsets(),
      () => tasks.select(["a"]),
      () => tasks.split({ test: 0.5 }),
      () => fit(tasks).result,
      () => trained.decisions(tasks),
      () => trained.evaluate(tasks),
      () => pool.alpha(),
      () => server.state(),
    ];
    for (const call of cases) {
      await expectError(call, "DISPOSED", /was disposed; make a new one/);
    }
  });

  it("two fits on one pool at once", async () => {
    const tasks = await readTasks(good);
    const pool = new native.ClientPool(tasks.native, poolOptions);
    const [first, second] = [makeServer(), makeServer()];
    const steps = Float64Array.of(2, 2);
    const running = first.runRounds(pool, plan, steps);
    await expectError(() => second.runRounds(pool, plan, steps), "BUSY", /in use/);
    await expectError(() => first.runRounds(pool, plan, steps), "BUSY", /in use/);
    await expect(running).resolves.toBeInstanceOf(Float64Array);
    await expect(second.runRounds(pool, plan, steps)).resolves.toBeInstanceOf(Float64Array);
  });
});

describe.concurrent("results that cannot be written: IO and exit code 3, what was there stays", () => {
  const writers: [string, (path: string) => string[]][] = [
    ["train --out", (path) => ["train", good, "--out", path]],
    ["train --history", (path) => ["train", good, "--history", path]],
    ["predict --out", (path) => ["predict", model, good, "--out", path]],
    ["convert", (path) => ["convert", good, path]],
    ["generate --out", (path) => ["generate", "--out", path]],
  ];
  // Root may write into any folder; nobody may make a file below a file.
  const places: [string, string, RegExp][] = [
    ["below a file", file("good.svm/x"), /cannot write ".*": a part of the path is not a folder/],
    ["into a folder that is not there", file("no/x"), /cannot write ".*": no such file or folder/],
    ["in place of a folder", file("out"), /cannot write ".*out": it is a folder/],
  ];
  if (existsSync("/dev/full")) {
    places.push(["to a full disk", "/dev/full", /cannot write "\/dev\/full": the disk is full/]);
  }
  it.each(writers)("%s", async (_, args) => {
    for (const [, path, message] of places) {
      await expectRefusal(args(path), 3, message);
    }
  });

  it.runIf(existsSync("/dev/full"))("stdout to a full disk", async () => {
    const shell = `"$0" "$@" > /dev/full`;
    const child = spawn("sh", ["-c", shell, process.execPath, program, "inspect", good, "--json"]);
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const [code] = await once(child, "close");
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: 'fedmtl: cannot write "stdout": the disk is full\n',
    });
  });

  it("Model.save", async () => {
    const trained = await Model.load(model);
    for (const [, path, message] of places) {
      await expectError(() => trained.save(path), "IO", message);
    }
  });

  it("a conversion that fails half-way leaves the old file", async () => {
    await writeFile(file("kept.svm"), svm);
    await writeFile(file("spaces.csv"), "task,label,x\na b,1,2\n");
    const args = ["convert", file("spaces.csv"), file("kept.svm")];
    await expectRefusal(args, 3, /kept\.svm: svmlight text cannot hold the task name "a b"/);
    expect(await readFile(file("kept.svm"), "utf8")).toBe(svm);
  });
});

describe.concurrent("models: BAD_MODEL and exit code 3", () => {
  const withDescription = (bytes: Uint8Array, change: (description: Record<string, unknown>) => unknown) => {
    const { tensors, metadata } = decodeSafetensors(bytes);
    const description = JSON.parse(metadata.model ?? "{}") as Record<string, unknown>;
    return encodeSafetensors(tensors, { ...metadata, model: JSON.stringify(change(description)) });
  };
  const cases: [string, (bytes: Uint8Array) => Uint8Array, RegExp][] = [
    ["a flipped byte of data", (bytes) => flipped(bytes, bytes.length - 3), /sha256 does not match.*damaged/],
    ["a flipped byte of the header", (bytes) => flipped(bytes, 40), /not a usable safetensors file/],
    ["a flipped byte of the length", (bytes) => flipped(bytes, 0), /not a usable safetensors file/],
    ["cut by a byte", (bytes) => bytes.subarray(0, -1), /it is cut/],
    ["cut in the header", (bytes) => bytes.subarray(0, 100), /it is cut/],
    ["cut to nothing", (bytes) => bytes.subarray(0, 0), /0 bytes/],
    ["a tail", (bytes) => Buffer.concat([bytes, Buffer.alloc(8)]), /has a tail/],
    ["data", () => Buffer.from(svm), /not a usable safetensors file/],
    [
      "a newer version",
      (bytes) => withDescription(bytes, (description) => ({ ...description, formatVersion: 99 })),
      /format version 99, this version of fedmtl reads up to 2/,
    ],
    [
      "another size",
      (bytes) => withDescription(bytes, (description) => ({ ...description, cols: 7 })),
      /tensor W is missing or has another size/,
    ],
    [
      "metadata that are no JSON",
      (bytes) => {
        const { tensors, metadata } = decodeSafetensors(bytes);
        return encodeSafetensors(tensors, { ...metadata, model: "{" });
      },
      /its metadata are not JSON/,
    ],
    [
      "another program's file",
      () => encodeSafetensors(new Map(), { format: "pt" }),
      /not a fedmtl model; give a file written by train --out/,
    ],
  ];
  it.each(cases)("%s", async (what, change, message) => {
    const path = file(`${what.replaceAll(" ", "-").replaceAll("'", "")}.safetensors`);
    await writeFile(path, change(await readFile(model)));
    const error = await errorOf(() => Model.load(path));
    expect(error).toBeInstanceOf(FedmtlError);
    expect(error).toMatchObject({ code: "BAD_MODEL", message: expect.stringMatching(message) });
    expect(error.message.startsWith(path)).toBe(true);
    await expectRefusal(["predict", path, good], 3, message);
  });

  it("every single flipped bit is noticed", async () => {
    const bytes = await readFile(model);
    const path = file("bit.safetensors");
    for (let at = 0; at < bytes.length; at += 97) {
      await writeFile(path, flipped(bytes, at));
      expect(await errorOf(() => Model.load(path))).toMatchObject({ code: "BAD_MODEL" });
    }
  });
});
