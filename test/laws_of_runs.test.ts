// Laws of how a training runs: threads, ways of stepping, aborts, cancelled rounds and loops of one's own leave the same bits.
import {
  type Certificate,
  Client,
  type ClientOptions,
  clustered,
  type FitOptions,
  type FitResult,
  mean,
  type RoundRecord,
  Server,
  type TaskSet,
  fit as train,
  sparsePrecision,
  traceNorm,
} from "fedmtl";
import { describe, expect, it } from "vitest";
import { isLearned } from "../dist/mocha/relationships.js";
import { expectCertified, expectDualVectors } from "./support/certificates.js";
import { hardTasks, storages, toTaskSet } from "./support/native_problems.js";
import { NativeRun } from "./support/native_run.js";
import { fitOptions, lossNames, lossShape, policies } from "./support/reference_problems.js";

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
