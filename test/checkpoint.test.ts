// A training that was resumed from a checkpoint, at whatever moment it ended, is the training that never stopped: the same
// bits. What cannot be resumed from is named.

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CheckpointOptions,
  clustered,
  type FitOptions,
  type FitResult,
  fit,
  fixed,
  global,
  graph,
  type HistoryColumn,
  independent,
  mean,
  type Relationship,
  sparsePrecision,
  type TaskSet,
  traceNorm,
} from "fedmtl";
import { RandomStream, streamKey } from "fedmtl/reference";
import { afterAll, describe, expect, it } from "vitest";
import { isLearned } from "../dist/mocha/relationships.js";
import { decodeSafetensors, encodeSafetensors } from "../dist/mocha/safetensors.js";
import { policies } from "../dist/options.js";
import { hardTasks, shapes, toTaskSet } from "./support/native_problems.js";
import { randomSemidefinite } from "./support/reference_problems.js";

const root = mkdtempSync(join(tmpdir(), "fedmtl-checkpoint-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const freshFolder = (): string => mkdtempSync(join(root, `${folders++}-`));

const [shape] = shapes;
const sizes = shape.sizes;
const tasks: TaskSet = toTaskSet(hardTasks(3, "hinge", shape, "dense"));
const real: TaskSet = toTaskSet(hardTasks(3, "squared", shape, "csr"), "csr");

const m = sizes.length;
const lambdas = { lambda1: 0.4, lambda2: 0.1 };
const families: Record<string, Relationship> = {
  independent: independent(lambdas),
  mean: mean(lambdas),
  global: global(lambdas),
  fixed: fixed({ ...lambdas, sigma: randomSemidefinite(new RandomStream(streamKey(1, "sigma", 0)), m, 3) }),
  "trace-norm": traceNorm({ lambda1: 0.3 }),
  clustered: clustered({ ...lambdas, k: 2 }),
  "sparse-precision": sparsePrecision({ ...lambdas, rho: 0.2 }),
  graph: graph({ ...lambdas, edges: [["task-0", "task-2", 1.5]] }),
};

/** Small steps and short W steps, so that a few dozen rounds see everything. */
const base: FitOptions = {
  ...{ localEpochs: 0.5, omegaEvery: 5, omegaSteps: 8, certifyEvery: 3, seed: 7, threads: 2 },
  stop: { gap: 1e-10, rounds: 43 },
};

/** A third of the tasks drop a round, the others do uneven work; a function of the round alone. */
function budgets(round: number): Float64Array {
  return Float64Array.from(sizes, (n, t) => {
    const stream = new RandomStream(streamKey(5, `budget ${t}`, round));
    return stream.uniform() < 0.33 ? 0 : 1 + stream.below(2 * n);
  });
}

const columns: HistoryColumn[] = [
  ...(["round", "omegaStep", "steps", "participants", "bytesUp", "bytesDown", "flops", "gamma"] as const),
  ...(["restarted", "primal", "dual", "gap", "jointObjective", "jointDual"] as const),
];

/** All bits of a result: the model file, which holds the certificate too, and the history but for its times. */
async function bitsOf({ model, history, status }: FitResult): Promise<unknown> {
  const file = join(freshFolder(), "model.safetensors");
  await model.save(file);
  return {
    status,
    model: readFileSync(file).toString("base64"),
    history: columns.map((name) => [...history.column(name)].map((value) => `${value}`)),
    omegaSteps: history.omegaSteps.map(({ round, regularizerAfter }) => [round, regularizerAfter]),
  };
}

const train = async (data: TaskSet, options: FitOptions): Promise<unknown> =>
  bitsOf(await fit(data, options).result);

/** Trains with a checkpoint after every round and Omega step, and keeps a copy of each. */
async function withAllCheckpoints(
  data: TaskSet,
  options: FitOptions,
): Promise<{ bits: unknown; copies: Map<number, string> }> {
  const dir = freshFolder();
  const kept = freshFolder();
  const copies = new Map<number, string>();
  const copy = (round: number): void => {
    if (round > 0) {
      const name = `checkpoint-${round}.safetensors`;
      copyFileSync(join(dir, name), join(kept, name));
      copies.set(round, join(kept, name));
    }
  };
  const result = await fit(data, {
    ...options,
    checkpoint: { dir, everyRounds: 1 },
    budgets: (round) => {
      copy(round - 1);
      return (options.budgets ?? budgets)(round);
    },
  }).result;
  copy(result.history.length);
  return { bits: await bitsOf(result), copies };
}

/** A folder that holds these files and nothing else. */
function folderWith(...files: readonly string[]): string {
  const dir = freshFolder();
  for (const file of files) {
    copyFileSync(file, join(dir, file.slice(file.lastIndexOf("checkpoint-"))));
  }
  return dir;
}

const resume = (dir: string, more: Partial<CheckpointOptions> = {}): { checkpoint: CheckpointOptions } => ({
  checkpoint: { dir, resume: true, everyRounds: 4, ...more },
});

describe.each(Object.keys(families))("%s", (family) => {
  it.each(policies)("%s: resumed after any round, the same bits", async (policy) => {
    const relationship = families[family] as Relationship;
    const options = { ...base, loss: "smoothed-hinge", relationship, policy, budgets } as const;
    const whole = await train(tasks, options);
    const { bits, copies } = await withAllCheckpoints(tasks, options);
    expect(bits).toEqual(whole);
    const rounds = [...copies.keys()];
    // Every round for the family with Omega steps between them; some for the others.
    for (const round of isLearned(relationship) ? rounds : rounds.filter((r) => r % 9 === 0)) {
      const dir = folderWith(copies.get(round) as string);
      const resumed = await train(tasks, { ...options, ...resume(dir), threads: 1 });
      expect(resumed, `from round ${round}`).toEqual(whole);
    }
  });
});

it.each([
  ["a free intercept", { loss: "logistic", intercept: "free" }],
  ["scaled features and a penalised intercept", { loss: "hinge", standardize: true, intercept: "penalized" }],
  ["tasks of weight 1", { loss: "hinge", weighting: "mean" }],
] as const)("%s: the same bits", async (_, changes) => {
  const options: FitOptions = { ...base, ...changes, relationship: traceNorm({ lambda1: 0.2 }), budgets };
  const whole = await train(tasks, options);
  const { copies } = await withAllCheckpoints(tasks, options);
  for (const round of [1, 5, 6, 17, 31]) {
    const dir = folderWith(copies.get(round) as string);
    expect(await train(tasks, { ...options, ...resume(dir) })).toEqual(whole);
  }
});

it("regression on sparse rows: the same bits", async () => {
  const options: FitOptions = { ...base, loss: "huber", relationship: traceNorm({ lambda1: 0.2 }), budgets };
  const whole = await train(real, options);
  const { copies } = await withAllCheckpoints(real, options);
  const dir = folderWith(copies.get(20) as string);
  expect(await train(real, { ...options, ...resume(dir) })).toEqual(whole);
});

/** Aborts again and again, whatever was reached, until a training ends by itself. */
async function inPieces(options: FitOptions, dir: string, seed: number): Promise<FitResult> {
  const stream = new RandomStream(streamKey(seed, "abort", 0));
  for (;;) {
    const run = fit(tasks, { ...options, ...resume(dir, { everyRounds: 1000 }) });
    const last = stream.below(500);
    let seen = 0;
    for await (const _ of run) {
      if (++seen === last) {
        run.abort();
      }
    }
    const result = await run.result;
    if (result.status !== "aborted") {
      return result;
    }
  }
}

it.each(policies)("%s: aborted in the middle of whatever is under way, the same bits", async (policy) => {
  const options: FitOptions = {
    ...base,
    ...{ policy, relationship: traceNorm({ lambda1: 0.3 }), omegaEvery: 60 },
    stop: { gap: 1e-14, rounds: 400 },
  };
  const whole = await train(tasks, options);
  expect(await bitsOf(await inPieces(options, freshFolder(), 1))).toEqual(whole);
});

it("checkpoints by time leave the path as it is, and two of them stay", async () => {
  const options: FitOptions = { ...base, relationship: families.mean as Relationship };
  const dir = freshFolder();
  const result = await fit(tasks, { ...options, checkpoint: { dir, everySeconds: 0 } }).result;
  expect(await bitsOf(result)).toEqual(await train(tasks, options));
  const names = await readdir(dir);
  expect(names).toContain(`checkpoint-${result.history.length}.safetensors`);
  expect(names.length).toBeLessThanOrEqual(2);
});

it("an ended training resumes to its end, or goes on if it is given more rounds", async () => {
  const options: FitOptions = {
    ...base,
    relationship: families["trace-norm"] as Relationship,
    certifyEvery: 1,
  };
  const short = { ...options, stop: { gap: 1e-10, rounds: 13 } };
  const dir = freshFolder();
  const ended = await train(tasks, { ...short, checkpoint: { dir } });
  expect(await train(tasks, { ...short, ...resume(dir) })).toEqual(ended);
  const { model, resumedFrom } = await fit(tasks, { ...options, ...resume(dir) }).result;
  expect(resumedFrom).toBe(join(dir, "checkpoint-13.safetensors"));
  expect(model.weights(model.names[0] as string)).toEqual(
    (await fit(tasks, options).result).model.weights(model.names[0] as string),
  );
});

describe("what cannot be resumed from", () => {
  const options: FitOptions = { ...base, relationship: families["trace-norm"] as Relationship, budgets };
  const whole = train(tasks, options);
  const checkpoints = withAllCheckpoints(tasks, options).then(({ copies }) => copies);
  const [older, newer] = [18, 31] as const;

  async function twoCheckpoints(): Promise<{ dir: string; newest: string; previous: string }> {
    const copies = await checkpoints;
    const dir = folderWith(copies.get(older) as string, copies.get(newer) as string);
    const path = (round: number): string => join(dir, `checkpoint-${round}.safetensors`);
    return { dir, newest: path(newer), previous: path(older) };
  }

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ["a flipped bit", (bytes) => flipped(bytes, bytes.length - 100)],
    ["a flipped bit of the header", (bytes) => flipped(bytes, 40)],
    ["a missing end", (bytes) => bytes.subarray(0, bytes.length >> 1)],
    ["nothing at all", () => Buffer.alloc(0)],
    ["zeros", (bytes) => Buffer.alloc(bytes.length)],
    ["text", () => Buffer.from("not a checkpoint\n")],
  ])("%s in the newest: it is named, the one before is used", async (_, damage) => {
    const { dir, newest, previous } = await twoCheckpoints();
    await writeFile(newest, damage(await readFile(newest)));
    const warnings: string[] = [];
    const checkpoint = { ...resume(dir).checkpoint, onWarning: (text: string) => warnings.push(text) };
    const result = await fit(tasks, { ...options, checkpoint }).result;
    expect(result.resumedFrom).toBe(previous);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(newest);
    expect(await bitsOf(result)).toEqual(await whole);
  });

  it("by default the warning is one of the process", async () => {
    const { dir, newest } = await twoCheckpoints();
    await writeFile(newest, "");
    const warned = new Promise<Error>((done) => process.once("warning", done));
    await fit(tasks, { ...options, ...resume(dir) }).result;
    expect((await warned).message).toContain(newest);
  });

  it("damage everywhere: refused, and nothing is removed", async () => {
    const { dir, newest, previous } = await twoCheckpoints();
    writeFileSync(newest, "");
    writeFileSync(previous, "");
    const run = fit(tasks, { ...options, ...resume(dir) });
    await expect(run.result).rejects.toMatchObject({ code: "BAD_MODEL" });
    await expect(run.result).rejects.toThrow(newest);
    expect(await readdir(dir)).toHaveLength(2);
  });

  const others = toTaskSet(hardTasks(4, "hinge", shape, "dense"));
  it.each<[string, FitOptions, TaskSet?]>([
    ["seed 7 instead of 8", { seed: 8 }],
    ["loss hinge instead of logistic", { loss: "logistic" }],
    ["policy accelerated instead of row", { policy: "row" }],
    ["lambda1 0.3 instead of 0.4", { relationship: traceNorm({ lambda1: 0.4 }) }],
    ["gap 1e-10 instead of 0.001", { stop: { gap: 1e-3, rounds: 43 } }],
    ["localEpochs 0.5 instead of 1", { localEpochs: 1 }],
    ["other data", {}, others],
  ])("of another training: %s", async (sentence, changes, data = tasks) => {
    const { dir, newest, previous } = await twoCheckpoints();
    const { result } = fit(data, { ...options, ...changes, ...resume(dir) });
    await expect(result).rejects.toMatchObject({ code: "BAD_MODEL" });
    for (const part of [newest, previous, sentence.replace("1e-10", `${1e-10}`)]) {
      await expect(result).rejects.toThrow(part);
    }
  });

  it.each(["kernel", "BLAS core", "version of fedmtl"])("of another %s", async (fact) => {
    const { dir, newest, previous } = await twoCheckpoints();
    rmSync(previous);
    const { tensors, metadata } = decodeSafetensors(await readFile(newest));
    const facts = { ...JSON.parse(metadata.facts as string), [fact]: "another" };
    writeFileSync(newest, encodeSafetensors(tensors, { ...metadata, facts: JSON.stringify(facts) }));
    const { result } = fit(tasks, { ...options, ...resume(dir) });
    await expect(result).rejects.toMatchObject({ code: "BAD_MODEL" });
    await expect(result).rejects.toThrow(
      `${newest}: it belongs to another training: ${fact} another instead of`,
    );
  });

  it("a foreign one beside one's own stays where it is", async () => {
    const { dir, newest, previous } = await twoCheckpoints();
    const foreign = freshFolder();
    await fit(tasks, { ...options, seed: 8, checkpoint: { dir: foreign } }).result;
    const [theirs] = await readdir(foreign);
    const intruder = join(dir, "checkpoint-1000000.safetensors");
    copyFileSync(join(foreign, theirs as string), intruder);
    const before = await readFile(intruder);
    const warnings: string[] = [];
    const checkpoint = { ...resume(dir).checkpoint, onWarning: (text: string) => warnings.push(text) };
    const result = await fit(tasks, { ...options, checkpoint }).result;
    expect(result.resumedFrom).toBe(newest);
    expect(warnings.join()).toContain(intruder);
    expect(await bitsOf(result)).toEqual(await whole);
    expect(await readFile(intruder)).toEqual(before);
    expect(await readdir(dir)).not.toContain(previous);
  });

  it("checkpoints are not written over without being asked to resume", async () => {
    const { dir, newest } = await twoCheckpoints();
    const { result } = fit(tasks, { ...options, checkpoint: { dir } });
    await expect(result).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await expect(result).rejects.toThrow(newest);
    expect(await readdir(dir)).toHaveLength(2);
  });
});

describe("the folder", () => {
  const options: FitOptions = { ...base, relationship: families.mean as Relationship };

  it("is made if need be; resuming from an empty one starts anew", async () => {
    const dir = join(freshFolder(), "a", "b");
    const result = await fit(tasks, { ...options, ...resume(dir) }).result;
    expect(result.resumedFrom).toBeUndefined();
    expect(await bitsOf(result)).toEqual(await train(tasks, options));
  });

  it("may hold other files; what a killed process left half written goes", async () => {
    const dir = freshFolder();
    await fit(tasks, { ...options, checkpoint: { dir } }).result;
    const half = ".checkpoint-12.safetensors.0123456789ab.tmp";
    writeFileSync(join(dir, "notes.txt"), "mine");
    writeFileSync(join(dir, half), "half");
    await fit(tasks, { ...options, ...resume(dir) }).result;
    const names = await readdir(dir);
    expect(names).toContain("notes.txt");
    expect(names).not.toContain(half);
  });

  it("that is a file is an error that names it", async () => {
    const dir = join(freshFolder(), "file");
    writeFileSync(dir, "");
    const { result } = fit(tasks, { ...options, checkpoint: { dir } });
    await expect(result).rejects.toMatchObject({ code: "IO" });
    await expect(result).rejects.toThrow(dir);
  });

  it.each<[object, RegExp]>([
    [{ dir: "" }, /dir/],
    [{ dir: "x", everySeconds: -1 }, /everySeconds is -1; give a number from 0/],
    [{ dir: "x", everyRounds: 0 }, /everyRounds is 0; give a whole number from 1/],
    [{ dir: "x", every: 3 }, /unknown option of checkpoint "every"/],
    [{ dir: "x", resume: "yes" }, /resume/],
  ])("bad options are refused: %o", async (checkpoint, message) => {
    const { result } = fit(tasks, { ...options, checkpoint: checkpoint as CheckpointOptions });
    await expect(result).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await expect(result).rejects.toThrow(message);
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] as number) ^ 4;
  return copy;
}
