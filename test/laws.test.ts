// Laws of trainings: what the mathematics promises of every one of them, whatever the data.

import {
  type Certificate,
  Client,
  type ClientOptions,
  clustered,
  type Edge,
  type FitOptions,
  type FitResult,
  fixed,
  graph,
  type History,
  independent,
  mean,
  type Relationship,
  type RoundRecord,
  Server,
  type TaskSet,
  fit as train,
  sparsePrecision,
  traceNorm,
} from "fedmtl";
import { RandomStream, type ReferenceRelationship, type ReferenceTask, streamKey } from "fedmtl/reference";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLearned } from "../dist/mocha/relationships.js";
import { hardTasks, shapes, storages, toTaskSet } from "./support/native_problems.js";
import { NativeRun, relationshipOf } from "./support/native_run.js";
import {
  dot,
  fitOptions,
  lossNames,
  lossShape,
  policies,
  randomSemidefinite,
  relationships,
  sum,
} from "./support/reference_problems.js";

// A fixed seed makes every run check the same cases.
const checks = (numRuns: number) => ({ seed: 20170525, numRuns });

const weightings = ["sum", "mean"] as const;

/** A small problem with its hard cases, and options that meet every loss, family, policy and storage. */
const trainings = fc
  .record({
    loss: fc.constantFrom(...lossNames),
    shape: fc.constantFrom(...shapes),
    storage: fc.constantFrom(...storages),
    family: fc.nat(relationships(2).length - 1),
    policy: fc.constantFrom(...policies),
    weighting: fc.constantFrom(...weightings),
    seed: fc.nat(2 ** 31),
    localEpochs: fc.constantFrom(0.2, 1, 3),
    dropped: fc.constantFrom(0, 0.3, 0.8),
  })
  .map(({ loss, shape, storage, family, policy, weighting, seed, localEpochs, dropped }) => {
    const relationship = relationships(shape.sizes.length)[family] as ReferenceRelationship;
    const rest = { ...lossShape, loss, policy, weighting, seed, localEpochs };
    const budget = (round: number, t: number) => {
      const stream = new RandomStream(streamKey(seed, `budget ${t}`, round));
      return stream.uniform() < dropped ? 0 : 1 + stream.below(2 * (shape.sizes[t] as number));
    };
    const tasks = hardTasks(seed, loss, shape, storage);
    const options: FitOptions = {
      ...{ ...rest, relationship: relationshipOf(relationship), threads: 1 },
      ...(dropped === 0
        ? {}
        : { budgets: (round) => Float64Array.from(shape.sizes, (_, t) => budget(round, t)) }),
    };
    const given = { ...rest, relationship, ...(dropped === 0 ? {} : { budgets: budget }) };
    return { tasks, storage, set: toTaskSet(tasks, storage), options, given };
  });

/** Neither below zero nor the dual falling, beyond rounding. */
function expectCertified(history: History, certificate: Certificate): void {
  const rounding = 1e-12;
  let before: RoundRecord | undefined;
  for (const record of history) {
    const { primal, dual, gap } = record.certificate as Certificate;
    expect(gap).toBeGreaterThanOrEqual(-rounding * Math.abs(primal));
    if (before?.omegaStep === record.omegaStep) {
      const fall = (before.certificate as Certificate).dual - dual;
      expect(fall).toBeLessThanOrEqual(rounding * Math.max(Math.abs(primal), Math.abs(dual)));
    }
    before = record;
  }
  expect(certificate.gap).toBeGreaterThanOrEqual(-rounding * Math.abs(certificate.primal));
  // A joint dual is below the joint objective of every W and Omega, not only of its own.
  const known = (values: Float64Array) => values.filter((value) => !Number.isNaN(value));
  const highest = Math.max(...known(history.column("jointDual")));
  const lowest = Math.min(...known(history.column("jointObjective")));
  expect(highest).toBeLessThanOrEqual(lowest + rounding * Math.abs(lowest));
  for (const { regularizerBefore, regularizerAfter } of history.omegaSteps) {
    expect(regularizerAfter).toBeLessThanOrEqual(regularizerBefore * (1 + rounding));
  }
}

describe("every training", () => {
  it("keeps gap >= 0, the dual rising within a W step, and the regulariser falling at an Omega step", async () => {
    const limits: FitOptions = {
      certifyEvery: 1,
      omegaEvery: 4,
      omegaSteps: 6,
      stop: { gap: 1e-9, rounds: 60 },
    };
    await fc.assert(
      fc.asyncProperty(trainings, async ({ set, options }) => {
        const { history, certificate } = await train(set, { ...options, ...limits }).result;
        expectCertified(history, certificate);
      }),
      checks(300),
    );
  });

  it("with the defaults for W and Omega steps keeps them too, and reaches its target", async () => {
    await fc.assert(
      fc.asyncProperty(trainings, async ({ set, options }) => {
        const stop = { gap: 1e-3, rounds: 20_000 };
        const { history, certificate } = await train(set, { ...options, stop, certifyEvery: 1 }).result;
        expectCertified(history, certificate);
        expect(certificate.relativeGap).toBeLessThanOrEqual(1e-3);
      }),
      checks(60),
    );
  });

  it("holds v = X'(q alpha)", async () => {
    await fc.assert(
      fc.asyncProperty(trainings, fc.constantFrom(5, 40, 70), async ({ tasks, storage, given }, rounds) => {
        const run = new NativeRun({ tasks, storage, options: fitOptions(given) }, 1);
        for (let round = 1; round <= rounds; round++) {
          await run.round(round);
        }
        expectDualVectors(run, tasks, given.weighting === "mean");
      }),
      checks(100),
    );
  });
});

function expectDualVectors(run: NativeRun, tasks: ReferenceTask[], mean: boolean): void {
  const { V } = run.server.state();
  const expected = dualVectors(tasks, [...run.clients.alpha()], mean);
  const scale = Math.max(...expected.map(Math.abs));
  const error = Math.max(...expected.map((value, index) => Math.abs((V[index] as number) - value)));
  expect(error).toBeLessThanOrEqual(1e-12 * scale);
}

/** sum_i q_i alpha_i x_i of every task, one after the other. */
function dualVectors(tasks: ReferenceTask[], alpha: number[], mean: boolean): number[] {
  let first = 0;
  return tasks.flatMap(({ X, sampleWeights = [] }) => {
    const c = mean ? 1 / sum(sampleWeights) : 1;
    const weighted = X.map((_, i) => c * (sampleWeights[i] as number) * (alpha[first + i] as number));
    first += X.length;
    return (X[0] as number[]).map((_, j) =>
      dot(
        weighted,
        X.map((row) => row[j] as number),
      ),
    );
  });
}

describe("a learned relationship with W steps solved to 1e-8", () => {
  const lambdas = { lambda1: 0.3, lambda2: 0.05 };
  const learned: Record<string, Relationship[]> = {
    "trace-norm": [traceNorm(lambdas), traceNorm({ ...lambdas, epsilon: 1e-3 })],
    clustered: [clustered({ ...lambdas, k: 2, eta: 0.5 }), clustered({ ...lambdas, k: 1, eta: 0.3 })],
    "sparse-precision": [
      sparsePrecision({ ...lambdas, rho: 0.02 }),
      sparsePrecision({ ...lambdas, rho: 0.3 }),
    ],
  };
  const cases = Object.keys(learned).flatMap((family) =>
    lossNames.flatMap((loss) =>
      shapes.flatMap((shape) => weightings.map((w) => [family, loss, shape, w] as const)),
    ),
  );

  it.each(cases)(
    "lowers the joint objective from one W step to the next: %s, %s, %j, %s",
    async (family, loss, shape, weighting) => {
      for (const relationship of learned[family] as Relationship[]) {
        const { history } = await train(toTaskSet(hardTasks(50, loss, shape, "dense")), {
          ...{ loss, weighting, relationship, certifyEvery: 1, omegaEvery: 100_000, omegaSteps: 12 },
          ...{ omegaTolerance: 0, stop: { gap: 1e-8, rounds: 50_000 } },
        }).result;
        const ends = [...history].filter((record, i) => history.at(i + 1)?.omegaStep !== record.omegaStep);
        // Clusters and edges are found in a few steps.
        expect(ends.length).toBeGreaterThan(family === "trace-norm" ? 5 : 1);
        let before = Number.POSITIVE_INFINITY;
        for (const { certificate } of ends) {
          const { relativeGap, gap, jointObjective = Number.POSITIVE_INFINITY } = certificate as Certificate;
          expect(relativeGap).toBeLessThanOrEqual(1e-8);
          expect(jointObjective).toBeLessThanOrEqual(before + gap + 1e-12 * Math.abs(jointObjective));
          before = jointObjective;
        }
      }
    },
  );
});

function reversed<T>(values: T[]): T[] {
  return [...values].reverse();
}

describe("the optimum", () => {
  const [shape] = shapes;
  const omega = randomSemidefinite(new RandomStream(streamKey(2, "omega", 0)), shape.sizes.length, 3);
  const edges: Edge[] = [
    ["task-0", "task-2", 1.5],
    ["task-3", "task-2", 0.4],
    ["task-1", "task-0", 0],
  ];
  const families: [string, (order: number[]) => Relationship][] = [
    ["independent", () => independent({ lambda1: 0.3, lambda2: 0.1 })],
    ["mean", () => mean({ lambda1: 0.3, lambda2: 0.1 })],
    ["graph", () => graph({ lambda1: 0.3, lambda2: 0.1, edges })],
    ["fixed", (order) => fixed({ lambda1: 0.3, lambda2: 0.1, omega: omega.selection(order, order) })],
  ];
  const cases = families.flatMap(([name, make]) => lossNames.map((loss) => [name, loss, make] as const));
  const inOrder = shape.sizes.map((_, t) => t);

  /** P and D of both enclose the same optimum. */
  function expectSameOptimum(a: FitResult, b: FitResult): void {
    for (const { status } of [a, b]) {
      expect(status).toBe("converged");
    }
    const rounding = 1e-12 * Math.abs(a.certificate.primal);
    expect(a.certificate.dual).toBeLessThanOrEqual(b.certificate.primal + rounding);
    expect(b.certificate.dual).toBeLessThanOrEqual(a.certificate.primal + rounding);
  }

  it.each(cases)("stays when tasks and rows change places: %s, %s", async (_, loss, make) => {
    const tasks = hardTasks(60, loss, shape, "dense");
    const order = [2, 0, 3, 1];
    const shuffled = order.map((t) => {
      const { id, X, y, sampleWeights } = tasks[t] as Required<ReferenceTask>;
      return { id, X: reversed(X), y: reversed(y), sampleWeights: reversed(sampleWeights) };
    });
    const options: FitOptions = { loss, weighting: "mean", stop: { gap: 1e-6, rounds: 20_000 } };
    const one = await train(toTaskSet(tasks), { ...options, relationship: make(inOrder) }).result;
    const other = await train(toTaskSet(shuffled), { ...options, relationship: make(order) }).result;
    expectSameOptimum(one, other);
  });

  it.each(cases)("stays when every row comes twice at half its weight: %s, %s", async (_, loss, make) => {
    const tasks = hardTasks(61, loss, shape, "dense").map((task) => ({
      ...task,
      sampleWeights: task.y.map(() => 1),
    }));
    const doubled = tasks.map(({ id, X, y }) => ({
      ...{ id, X: [...X, ...X], y: [...y, ...y] },
      sampleWeights: [...y, ...y].map(() => 0.5),
    }));
    const options: FitOptions = { loss, relationship: make(inOrder), stop: { gap: 1e-6, rounds: 20_000 } };
    expectSameOptimum(
      await train(toTaskSet(tasks), options).result,
      await train(toTaskSet(doubled), options).result,
    );
  });
});

describe("the joint optimum", () => {
  const [shape] = shapes;

  it.each(lossNames)("of clustered stays when tasks change places, %s", async (loss) => {
    const tasks = hardTasks(62, loss, shape, "dense");
    const shuffled = [2, 0, 3, 1].map((t) => tasks[t] as ReferenceTask);
    const options: FitOptions = {
      ...{ loss, weighting: "mean", relationship: clustered({ lambda1: 0.3, lambda2: 0.1, k: 2 }) },
      ...{ omegaTolerance: 1e-9, stop: { gap: 1e-6, rounds: 50_000 } },
    };
    const ends = await Promise.all(
      [tasks, shuffled].map(async (some) => (await train(toTaskSet(some), options).result).certificate),
    );
    const [one, other] = ends as [Required<Certificate>, Required<Certificate>];
    expect(one.jointDual).toBeLessThanOrEqual(other.jointObjective);
    expect(other.jointDual).toBeLessThanOrEqual(one.jointObjective);
    for (const { jointObjective, jointDual } of [one, other]) {
      expect(jointObjective - jointDual).toBeLessThanOrEqual(1e-4 * jointObjective);
    }
  });
});

/** Every bit of a model's W. */
function bitsOf({ model }: FitResult): Buffer {
  return Buffer.concat(model.names.map((name) => Buffer.from(model.weights(name).buffer)));
}

describe("one, two and four threads", () => {
  const blocks = {
    // More tasks than one block of the parallel loops holds.
    "700 tasks": { sizes: Array.from({ length: 700 }, (_, t) => 1 + ((t * t) % 7)), d: 9 },
    "5 tasks of very different size": { sizes: [60, 3, 40, 25, 8], d: 30 },
  };
  const lambdas = { lambda1: 0.01, lambda2: 0.001 };
  const relations = [
    traceNorm(lambdas),
    clustered({ ...lambdas, k: 3 }),
    sparsePrecision({ ...lambdas, rho: 0.01 }),
  ];
  // A graphical lasso of 700 tasks takes seconds; one of 150 stands in the tests of the core.
  const relationsFor = ({ sizes }: { readonly sizes: readonly number[] }) =>
    relations.filter(({ family }) => family !== "sparse-precision" || sizes.length < 100);
  const cases = Object.entries(blocks).flatMap(([name, shape]) =>
    storages.flatMap((storage) =>
      (["row", "accelerated"] as const).flatMap((policy) =>
        relationsFor(shape).map((relationship) => ({
          ...{ name, shape, storage, policy, relationship, family: relationship.family },
        })),
      ),
    ),
  );

  it.each(cases)("give the same bits: $family, $name, $storage, $policy", async (given) => {
    const { shape, storage, policy, relationship } = given;
    const set = toTaskSet(hardTasks(70, "logistic", shape, storage), storage);
    const bits: Buffer[] = [];
    for (const threads of [1, 2, 4]) {
      const result = await train(set, {
        ...{ loss: "logistic", policy, weighting: "mean", threads, omegaSteps: 4, relationship },
        stop: { gap: 1e-2, rounds: 400 },
      }).result;
      expect(result.omegaSteps).toBeGreaterThan(1);
      bits.push(bitsOf(result));
    }
    expect(bits[1]?.equals(bits[0] as Buffer)).toBe(true);
    expect(bits[2]?.equals(bits[0] as Buffer)).toBe(true);
  });
});

describe("steps by inner products", () => {
  const cases = lossNames.flatMap((loss) => storages.map((storage) => ({ loss, storage })));

  it.each(cases)("are steps by features: $loss, $storage", async ({ loss, storage }) => {
    const set = toTaskSet(hardTasks(75, loss, { sizes: [30, 8, 21], d: 25 }, storage), storage);
    const shared: FitOptions = {
      ...{ ...lossShape, loss, weighting: "mean", localEpochs: 5, omegaSteps: 3, certifyEvery: 1 },
      ...{ relationship: traceNorm({ lambda1: 0.1 }), stop: { gap: 1e-4, rounds: 40 } },
    };
    const [off, on, two] = await Promise.all([
      train(set, { ...shared, gram: "off", threads: 1 }).result,
      train(set, { ...shared, gram: "on", threads: 1 }).result,
      train(set, { ...shared, gram: "on", threads: 2 }).result,
    ]);
    expect(bitsOf(two).equals(bitsOf(on))).toBe(true);
    expect(on.history.length).toBe(off.history.length);
    expect(on.certificate.gap).toBeGreaterThanOrEqual(-1e-12 * Math.abs(on.certificate.primal));
    for (const column of ["primal", "dual"] as const) {
      const theirs = off.history.column(column);
      on.history.column(column).forEach((value, index) => {
        const other = theirs[index] as number;
        expect(Math.abs(value - other)).toBeLessThanOrEqual(1e-8 * Math.abs(other));
      });
    }
  });
});

describe("an aborted training", () => {
  const set = toTaskSet(hardTasks(80, "squared", { sizes: [300, 200, 500, 40], d: 20 }, "dense"));
  const endless: FitOptions = {
    ...{ loss: "squared", policy: "paper", localEpochs: 0.1, relationship: traceNorm({ lambda1: 1e-5 }) },
    ...{ omegaEvery: 3, omegaSteps: 1_000_000, stop: { gap: 0, rounds: 1e9 } },
  };

  it.each([1, 20, 300])("after %i rounds leaves a certified model", async (rounds) => {
    const run = train(set, { ...endless, certifyEvery: 1 });
    for await (const { round } of run) {
      if (round >= rounds) {
        run.abort();
        break;
      }
    }
    const { status, history, certificate, model, omegaSteps } = await run.result;
    expect(status).toBe("aborted");
    expect(history.length).toBeGreaterThanOrEqual(rounds);
    expectCertified(history, certificate);
    const last = history.at(history.length - 1) as RoundRecord;
    if (last.omegaStep === omegaSteps) {
      expect(certificate.dual).toBeCloseTo(last.certificate?.dual as number, 9);
    }
    expect(model.names.every((name) => model.weights(name).every(Number.isFinite))).toBe(true);
  });

  it("before its first round leaves the model of alpha = 0", async () => {
    const { status, history, certificate, model } = await train(set, {
      ...endless,
      signal: AbortSignal.abort(),
    }).result;
    expect(status).toBe("aborted");
    expect(history.length).toBe(0);
    expect(certificate.dual).toBeCloseTo(0, 15);
    expect(model.weights("task-0").every((weight) => weight === 0)).toBe(true);
  });
});

describe("cancelled rounds", () => {
  it.each(policies)("leave the state of the last finished round, policy %s", async (policy) => {
    const tasks = hardTasks(81, "logistic", { sizes: [200, 150, 90], d: 12 }, "dense");
    const options = fitOptions({ loss: "logistic", policy, weighting: "mean", localEpochs: 20 });
    const run = new NativeRun({ tasks, storage: "dense", options }, 2);
    let round = 1;
    let dual = Number.NEGATIVE_INFINITY;
    for (let attempt = 0; attempt < 20; attempt++) {
      const finished = run.rounds(round, 1_000_000);
      run.server.cancel();
      round += (await finished).length;
      expectDualVectors(run, tasks, true);
      const record = await run.round(round++);
      expect(record.dual).toBeGreaterThanOrEqual(dual - 1e-12 * Math.abs(record.primal));
      expect(record.gap).toBeGreaterThanOrEqual(-1e-12 * Math.abs(record.primal));
      dual = record.dual;
    }
  });
});

describe("one's own loop over clients and a server", () => {
  const shape = { sizes: [12, 1, 30, 7], d: 6 };
  const omegaEvery = 8;
  const steps = (round: number, n: number, t: number) =>
    (round + t) % 4 === 0 ? 0 : Math.ceil((n * (1 + (round % 3))) / 2);

  type LoopOptions = FitOptions & ClientOptions;

  /** The certificates of all rounds and the last W of a loop that does as fit does. */
  async function ownLoop(set: TaskSet, options: LoopOptions, rounds: number, budget: typeof steps) {
    const { relationship = traceNorm(), policy = "row" } = options;
    const clients = set.names.map((name) => new Client(set.select([name]), options));
    const server = new Server({ tasks: set.names, cols: set.cols, relationship, policy });
    const certificates: Certificate[] = [];
    for (let round = 1; round <= rounds; round++) {
      for (const [t, client] of clients.entries()) {
        const count = budget(round, client.rowCount, t);
        if (count > 0) {
          server.receive(
            client.name,
            await client.propose(server.request(client.name, { round, steps: count })),
          );
        }
      }
      await server.close();
      certificates.push(
        server.certificate(clients.map((client) => client.evaluate(server.evaluation(client.name)))),
      );
      if (round === omegaEvery && isLearned(relationship)) {
        await server.stepOmega();
      }
    }
    return { certificates, W: set.names.map((name) => server.weights(name)) };
  }

  const families = [
    traceNorm({ lambda1: 0.003 }),
    clustered({ lambda1: 0.03, k: 2 }),
    sparsePrecision({ lambda1: 0.03, rho: 0.02 }),
    mean({ lambda1: 0.03, lambda2: 0.01 }),
  ];
  const cases = families.flatMap((relationship) =>
    lossNames.flatMap((loss) =>
      policies.map((policy) => ({ family: relationship.family, relationship, loss, policy })),
    ),
  );

  it.each(cases)("gives the bits of fit: $family, $loss, $policy", async ({ relationship, loss, policy }) => {
    const set = toTaskSet(hardTasks(90, loss, shape, "csr"), "csr");
    const options: LoopOptions = { relationship, ...lossShape, loss, policy, weighting: "mean", seed: 5 };
    const budgets = (round: number) => Float64Array.from(shape.sizes, (n, t) => steps(round, n, t));
    const rounds = 15;
    const { history, model } = await train(set, {
      ...{ ...options, budgets, omegaEvery, omegaSteps: 1, omegaTolerance: 1e-3, certifyEvery: 1 },
      stop: { gap: 0, rounds },
    }).result;
    const own = await ownLoop(set, options, rounds, steps);
    const bits = (column: "primal" | "dual" | "gap") =>
      own.certificates.map((certificate) => certificate[column]);
    for (const column of ["primal", "dual", "gap"] as const) {
      expect([...history.column(column)]).toEqual(bits(column));
    }
    for (const [t, name] of model.names.entries()) {
      model.weights(name).forEach((weight, j) => {
        // fit ends with v_t rebuilt from alpha.
        expect(weight).toBeCloseTo(own.W[t]?.[j] as number, 12);
      });
    }
  });

  it("gives W bit for bit where v_t was rebuilt in the last round", async () => {
    const set = toTaskSet(hardTasks(91, "hinge", shape, "dense"));
    const options: LoopOptions = {
      relationship: traceNorm({ lambda1: 0.003 }),
      loss: "hinge",
      policy: "accelerated",
      seed: 5,
    };
    const whole = (_: number, n: number) => n;
    const rounds = 32;
    const limits = { omegaEvery, omegaSteps: 1, omegaTolerance: 1e-3, stop: { gap: 0, rounds } };
    const result = await train(set, { ...options, ...limits }).result;
    const { W } = await ownLoop(set, options, rounds, whole);
    expect(Buffer.concat(W.map((w) => Buffer.from(w.buffer))).equals(bitsOf(result))).toBe(true);
  });
});
