// Laws of trainings: what the mathematics promises of every one of them, whatever the data.

import {
  type Certificate,
  clustered,
  type Edge,
  type FitOptions,
  type FitResult,
  fixed,
  graph,
  independent,
  mean,
  type Relationship,
  fit as train,
  sparsePrecision,
  traceNorm,
} from "fedmtl";
import { RandomStream, type ReferenceRelationship, type ReferenceTask, streamKey } from "fedmtl/reference";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectCertified, expectDualVectors } from "./support/certificates.js";
import { hardTasks, shapes, storages, toTaskSet } from "./support/native_problems.js";
import { NativeRun, relationshipOf } from "./support/native_run.js";
import {
  fitOptions,
  lossNames,
  lossShape,
  policies,
  randomSemidefinite,
  relationships,
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
