// Many tasks: what a task costs in memory, nothing of size m × m, histories that do not grow with the tasks, and models of
// many of them. Bytes are counted, seconds are not (those: docs/scale.md).
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  type FedmtlError,
  fit,
  independent,
  Model,
  mean,
  type Relationship,
  type TaskSet,
  TaskSetBuilder,
  traceNorm,
} from "fedmtl";
import { describe, expect, it } from "vitest";
import { RandomStream } from "../dist/data/random.js";
import { toNative } from "../dist/mocha/relationships.js";
import { native } from "../dist/native.js";

interface Shape {
  readonly tasks: number;
  readonly rows: number;
  readonly cols: number;
}

/** Dense float32 rows with random entries and labels, in chunks. */
function build({ tasks, rows, cols }: Shape): TaskSet {
  const stream = new RandomStream(1, "many tasks");
  const builder = new TaskSetBuilder({ cols, precision: "float32" });
  const data = new Float32Array(rows * cols);
  for (let t = 0; t < tasks; t++) {
    const labels = Float64Array.from({ length: rows }, (_, i) => {
      for (let j = 0; j < cols; j++) {
        data[i * cols + j] = stream.uniform() - 0.5;
      }
      return i % 2 === 0 ? -1 : (data[i * cols] as number) > 0 ? 1 : -1;
    });
    builder.append(`device-${t}`, { data, cols }, labels);
  }
  return builder.finish();
}

const shape: Shape = { tasks: 20_000, rows: 5, cols: 10 };
const many = build(shape);

/** Bytes a task of both sides of a training, its data apart, before and after an Omega step. */
async function bytesOfTask(relationship: Relationship, policy: string): Promise<number[]> {
  const { tasks, cols } = shape;
  const clients = new native.ClientPool(many.native, {
    ...{ loss: "hinge", smoothing: 1, lossEpsilon: 0.1, huberDelta: 1, positive: 1, weighting: "sum" },
    ...{ seed: 1, threads: 2, freeIntercept: false, momentum: policy === "accelerated", shrinking: true },
  });
  const server = new native.Server({
    ...{ tasks, cols, policy, threads: 2, clients },
    relationship: toNative(relationship, { tasks, names: () => many.names }, 5, 1e-3),
  });
  const plan = {
    ...{ maxRounds: 3, roundOfWStep: 0, certifyEvery: 2, seconds: 60 },
    ...{ certifyAlwaysFrom: Number.POSITIVE_INFINITY, lastRound: Number.POSITIVE_INFINITY },
    ...{ stopRelativeGap: 0, stopGap: 0, stopObjective: Number.NEGATIVE_INFINITY },
  };
  const steps = new Float64Array(tasks).fill(shape.rows);
  const bytes = () => (clients.bytes() + server.bytes()) / tasks;
  await server.runRounds(clients, { ...plan, firstRound: 1 }, steps);
  const before = bytes();
  await server.stepOmega();
  await server.runRounds(clients, { ...plan, firstRound: 4 }, steps);
  const after = bytes();
  clients.dispose();
  server.dispose();
  return [before, after];
}

describe("memory a task takes beside its data", () => {
  const { rows, cols } = shape;
  /** A dozen numbers a task, and small matrices that do not grow with m. */
  const overhead = 8 * 14 + 1;
  /** Labels beside squared norms, alpha and its naps now and as proposed; v now and as proposed, held once for both sides. */
  const plain = 8 * (4 * rows + 2 * cols) + 2 * rows;
  /** accelerated: alpha and v before the last round. */
  const momentum = 8 * (rows + cols);

  it("is no more than alpha, v and what momentum needs, without a W", async () => {
    for (const relationship of [independent(), mean({ lambda1: 1, lambda2: 0.1 })]) {
      for (const bytes of await bytesOfTask(relationship, "adaptive")) {
        expect(bytes).toBeLessThanOrEqual(plain + overhead + 8);
      }
      for (const bytes of await bytesOfTask(relationship, "accelerated")) {
        expect(bytes).toBeLessThanOrEqual(plain + momentum + overhead + 8);
      }
    }
  });

  it("grows by U and one W of the past where the relationship is learned", async () => {
    const [before = 0, after = 0] = await bytesOfTask(traceNorm({ lambda1: 0.01 }), "accelerated");
    expect(before).toBeLessThanOrEqual(plain + momentum + overhead);
    expect(after).toBeGreaterThan(plain + momentum + 8 * 2 * cols);
    expect(after).toBeLessThanOrEqual(plain + momentum + 8 * 2 * cols + overhead);
  });

  it("does not depend on the number of rows that come in chunks", () => {
    const packed = shape.tasks * (4 * rows * cols + 8 * rows + 8);
    // std::string and its place in the table of names
    const name = 32 + 16;
    expect(many.bytes).toBeLessThanOrEqual(packed + shape.tasks * name + 64);
  });
});

describe("200,000 tasks, of which an m × m matrix would take 320 GB", () => {
  const set = build({ tasks: 200_000, rows: 2, cols: 3 });
  const families = [independent(), mean({ lambda1: 1, lambda2: 0.1 }), traceNorm({ lambda1: 0.1 })];

  it.each(families)("$family", async (relationship) => {
    const { history, certificate, model } = await fit(set, {
      ...{ relationship, omegaEvery: 2, omegaSteps: 2, certifyEvery: 1 },
      stop: { gap: 0, rounds: 8 },
    }).result;
    expect(history.length).toBe(8);
    for (const gap of history.column("gap")) {
      expect(gap).toBeGreaterThanOrEqual(-1e-12 * Math.abs(certificate.primal));
    }
    if (relationship.family === "trace-norm") {
      expect(history.omegaSteps.map(({ rank }) => rank)).toEqual([3, 3]);
    }
    expect(() => model.correlation()).toThrow(/200000 tasks is too large/);
  });
});

it("a round leaves nothing behind that grows with the tasks", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const held = (): number => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const whole = new Float64Array(shape.tasks).fill(shape.rows);
  const at = new Map<number, number>();
  await fit(many, {
    budgets: (round) => {
      if (round === 30 || round === 130) {
        at.set(round, held());
      }
      return whole;
    },
    relationship: mean({ lambda1: 1, lambda2: 0.1 }),
    stop: { gap: 0, rounds: 131 },
  }).result;
  // A single number a task kept in each of the 100 rounds would be 16 MB.
  expect((at.get(130) as number) - (at.get(30) as number)).toBeLessThan(2e6);
});

describe("a model of 20,000 tasks", async () => {
  const { model } = await fit(many, { relationship: traceNorm({ lambda1: 0.1 }), stop: { rounds: 10 } })
    .result;
  const last = `device-${shape.tasks - 1}`;

  it("is the same after it was saved and read", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "fedmtl-many-")), "model.safetensors");
    await model.save(path);
    const again = await Model.load(path);
    expect(again.names).toEqual(model.names);
    for (const name of ["device-0", "device-777", last]) {
      expect(again.weights(name)).toEqual(model.weights(name));
    }
    expect(again.correlation(["device-3", last])).toEqual(model.correlation(["device-3", last]));
  });

  it("correlates tasks that are named, and refuses to correlate all", () => {
    const correlation = model.correlation(["device-1", last]);
    expect([correlation.get(0, 0), correlation.get(1, 1)]).toEqual([1, 1]);
    expect(Math.abs(correlation.get(0, 1))).toBeLessThanOrEqual(1);
    expect(() => model.correlation()).toThrow(/name at most 5000 of them/);
  });

  it("knows a name at once, and says of an unknown one that it is unknown", () => {
    const x = Float64Array.from({ length: shape.cols }, (_, j) => j);
    expect(model.decision(last, x)).toHaveLength(1);
    try {
      model.decision(`${last}0`, x);
      expect.unreachable();
    } catch (error) {
      expect((error as FedmtlError).code).toBe("UNKNOWN_TASK");
      expect((error as FedmtlError).message).not.toMatch(/did you mean/);
    }
  });
});
