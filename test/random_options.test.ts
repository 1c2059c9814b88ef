// Random valid options on random small problems: a training never crashes, never gives NaN, and its certificate
// holds: the gap is not negative, and a training that says it converged has reached its target. The lists of
// options are read from the package, so that a new loss, policy or number is covered from its first day.
import {
  clustered,
  type Edge,
  type FitOptions,
  fit,
  fixed,
  global,
  graph,
  independent,
  mean,
  type Relationship,
  sparsePrecision,
  traceNorm,
} from "fedmtl";
import { RandomStream, type ReferenceTask, streamKey } from "fedmtl/reference";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isClassification } from "../dist/mocha/labels.js";
import { type Family, families } from "../dist/mocha/relationships.js";
import { gramChoices, intercepts, losses, policies, ranges, weightings } from "../dist/options.js";
import type { Range } from "../dist/ranges.js";
import { storages, toTaskSet } from "./support/native_problems.js";
import { randomMatrix, randomSemidefinite } from "./support/reference_problems.js";

/** A number between two powers of ten. */
const powers = (from: number, to: number) =>
  fc.double({ min: from, max: to, noNaN: true }).map((exponent) => 10 ** exponent);

interface Shape {
  readonly seed: number;
  readonly sizes: number[];
  readonly cols: number;
  /** Of the features. */
  readonly scale: number;
  readonly weighted: boolean;
  readonly classes: boolean;
}

const shapes = fc.record({
  seed: fc.nat(),
  sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
  cols: fc.integer({ min: 1, max: 6 }),
  scale: powers(-2, 2),
  weighted: fc.boolean(),
});

/** Random tasks with, now and then, a row of zeros, a constant feature, a row of weight 0 or a task of one class. */
function makeTasks({ seed, sizes, cols, scale, weighted, classes }: Shape): ReferenceTask[] {
  const stream = new RandomStream(streamKey(seed, "random options", 0));
  const constant = stream.uniform() < 0.2;
  return sizes.map((rows, t) => {
    const X = randomMatrix(stream, rows, cols)
      .to2DArray()
      .map((row) => (stream.uniform() < 0.1 ? row.map(() => 0) : row))
      .map((row) => row.map((value) => (stream.uniform() < 0.3 ? 0 : Math.fround(scale * value))))
      .map((row) => (constant ? [3, ...row.slice(1)] : row));
    const oneClass = stream.uniform() < 0.2;
    const label = (i: number) => (t === 0 && i === 0 ? 1 : oneClass || stream.uniform() < 0.5 ? -1 : 1);
    return {
      id: `task ${t}`,
      X,
      y: X.map((_, i) => (classes ? label(i) : 10 * (stream.uniform() - 0.5))),
      ...(weighted
        ? { sampleWeights: X.map((_, i) => (i > 0 && stream.uniform() < 0.2 ? 0 : 0.1 + stream.uniform())) }
        : {}),
    };
  });
}

const lambdas = fc.record({ lambda1: powers(-4, 2), lambda2: powers(-4, 1) });

/** How to make a relationship of each family for m tasks. */
const makers: Record<Family, (m: number, seed: number) => fc.Arbitrary<Relationship>> = {
  independent: () => lambdas.map(independent),
  global: () => lambdas.map(global),
  mean: () => lambdas.map(mean),
  "trace-norm": () =>
    fc
      .record({ lambda1: powers(-4, 2), lambda2: fc.constantFrom(0, 0.1), epsilon: fc.option(powers(-6, 0)) })
      .map(({ epsilon, ...weights }) => traceNorm(epsilon === null ? weights : { ...weights, epsilon })),
  clustered: (m) =>
    fc
      .record({
        ...{ lambda1: powers(-4, 2), lambda2: fc.constantFrom(0, 0.1), k: fc.integer({ min: 1, max: m }) },
        eta: powers(-3, 1),
      })
      .map(clustered),
  "sparse-precision": () =>
    fc
      .record({ lambda1: powers(-4, 2), lambda2: fc.constantFrom(0, 0.1), rho: powers(-3, 1) })
      .map(sparsePrecision),
  graph: (m, seed) => {
    const stream = new RandomStream(streamKey(seed, "edges", 0));
    const edges = Array.from({ length: m }, (_, b) =>
      Array.from({ length: b }, (_, a): Edge => [`task ${a}`, `task ${b}`, 3 * stream.uniform()]),
    ).flat();
    return lambdas.map((weights) => graph({ ...weights, edges: edges.filter(() => stream.uniform() < 0.7) }));
  },
  fixed: (m, seed) => {
    const matrix = randomSemidefinite(new RandomStream(streamKey(seed, "matrix", 0)), m, Math.max(1, m - 1));
    return fc.oneof(
      lambdas.map((weights) => fixed({ ...weights, omega: matrix })),
      powers(-4, 2).map((lambda1) => fixed({ lambda1, sigma: matrix })),
    );
  },
};

/** Numbers that need a tighter range than they have, to keep a case small. */
const tight: Partial<Record<keyof typeof ranges, fc.Arbitrary<number>>> = {
  threads: fc.integer({ min: 1, max: 3 }),
  localEpochs: powers(-1, 0.7),
};

function numberIn(range: Range): fc.Arbitrary<number> {
  const { least, most = Number.MAX_SAFE_INTEGER } = range;
  if (range.whole === true) {
    const low = least ?? 0;
    return fc.integer({ min: low, max: Math.min(most, low + 20) });
  }
  const any = powers(-2, 1).map((value) => Math.min(value, most));
  return least === undefined ? any : fc.oneof(any, fc.constant(least));
}

/** Every number of the options that stands by itself, each there or left out. */
const numbers = fc.record(
  Object.fromEntries(
    Object.entries(ranges)
      .filter(([name]) => !["gap", "rounds", "positive", "everySeconds", "everyRounds"].includes(name))
      .map(([name, range]) => [name, tight[name as keyof typeof ranges] ?? numberIn(range)]),
  ),
  { requiredKeys: [] },
);

const choices = fc.record(
  {
    weighting: fc.constantFrom(...weightings),
    policy: fc.constantFrom(...policies),
    gram: fc.constantFrom(...gramChoices),
    intercept: fc.constantFrom(...intercepts),
    standardize: fc.boolean(),
  },
  { requiredKeys: [] },
);

const stops = fc.record({
  gap: fc.oneof(fc.constant(0), powers(-9, -1)),
  rounds: fc.integer({ min: 1, max: 60 }),
});

/** Budgets with drops: some rounds no task takes part, in most some do. */
function makeBudgets(seed: number, sizes: readonly number[]): (round: number) => Float64Array {
  return (round) => {
    const stream = new RandomStream(streamKey(seed, "budgets", round));
    return Float64Array.from(sizes, (n) =>
      stream.uniform() < 0.3 ? 0 : 1 + Math.floor(2 * n * stream.uniform()),
    );
  };
}

interface Case {
  readonly shape: Omit<Shape, "classes">;
  readonly storage: (typeof storages)[number];
  readonly options: FitOptions;
}

const cases = (loss: (typeof losses)[number], family: Family): fc.Arbitrary<Case> =>
  shapes.chain((shape) =>
    fc
      .record({
        storage: fc.constantFrom(...storages),
        relationship: makers[family](shape.sizes.length, shape.seed),
        numbers,
        choices,
        stop: stops,
        dropping: fc.boolean(),
      })
      .map(({ storage, relationship, numbers: some, choices: chosen, stop, dropping }) => ({
        shape,
        storage,
        options: {
          ...{ loss, relationship, stop, ...some, ...chosen },
          ...(isClassification(loss) ? { positive: 1 } : {}),
          ...(dropping ? { budgets: makeBudgets(shape.seed, shape.sizes) } : {}),
        },
      })),
  );

async function check({ shape, storage, options }: Case): Promise<void> {
  const loss = options.loss ?? "hinge";
  const tasks = toTaskSet(makeTasks({ ...shape, classes: isClassification(loss) }), storage);
  const run = fit(tasks, options);
  const { status, model, certificate, history } = await run.result;
  for (const task of model.names) {
    expect([...model.weights(task), model.intercept(task)].every(Number.isFinite), "W is finite").toBe(true);
  }
  expect(model.decisions(tasks).every(Number.isFinite), "decisions are finite").toBe(true);
  const certificates = [certificate, ...Array.from(history, (round) => round.certificate)];
  for (const one of certificates) {
    if (one !== undefined) {
      const { primal, dual, gap, relativeGap } = one;
      expect([primal, dual, gap, relativeGap].every(Number.isFinite), "certificates are finite").toBe(true);
      expect(gap).toBeGreaterThanOrEqual(-1e-12 * Math.abs(primal));
    }
  }
  expect(history.length).toBeLessThanOrEqual(run.options.stop.rounds);
  expect(["converged", "budget"]).toContain(status);
  if (status === "converged") {
    // The last certificate is for alpha itself; W that was carried along differed from it by rounding.
    expect(certificate.relativeGap).toBeLessThanOrEqual(run.options.stop.gap + 1e-12);
  }
}

describe.each(losses)("random options with loss %s", (loss) => {
  it.each(families)("and relationship %s", async (family) => {
    await fc.assert(fc.asyncProperty(cases(loss, family), check), { seed: 1, numRuns: 100 });
  });
});
