// A warm start begins where a model is: fewer rounds to the same optimum, and a certificate as valid as any.
import {
  clustered,
  type FitOptions,
  type FitResult,
  fit,
  independent,
  type Loss,
  mean,
  type Model,
  type Relationship,
  TaskSet,
  sparsePrecision,
  traceNorm,
} from "fedmtl";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generate } from "../dist/data/generate.js";

const cols = 10;
const data = generate({ profile: "custom", tasks: 8, cols, rows: [30, 60], clusters: 2, seed: 6 });
const names = Array.from(data.taskOfRow, (t) => data.ids[t] as string);
const classes = TaskSet.fromDense({ features: data.features, cols, labels: data.labels, tasks: names });
/** Values of a line of each row's features, for regressions. */
const values = TaskSet.fromDense({
  ...{ features: data.features, cols, tasks: names },
  labels: data.labels.map((label, i) => label + (data.features[i * cols] ?? 0) + Math.sin(i)),
});

const regressions: readonly Loss[] = ["squared", "huber", "epsilon-insensitive"];
const setFor = (loss: Loss): TaskSet => (regressions.includes(loss) ? values : classes);
const families: Record<string, (lambda1: number) => Relationship> = {
  mean: (lambda1) => mean({ lambda1, lambda2: 0.3 * lambda1 }),
  "trace-norm": (lambda1) => traceNorm({ lambda1 }),
  clustered: (lambda1) => clustered({ lambda1, k: 2 }),
  "sparse-precision": (lambda1) => sparsePrecision({ lambda1, rho: 0.1 }),
};

const unsure = ["hinge mean", "hinge clustered", "epsilon-insensitive clustered"];

const common: FitOptions = { weighting: "mean", certifyEvery: 1, stop: { gap: 1e-4, rounds: 20_000 } };
const precise = { gap: 1e-7, rounds: 20_000 };

/** The dual never falls within a W step, no gap is negative. */
function expectCertified({ history }: FitResult): void {
  let before = { omegaStep: -1, dual: Number.NEGATIVE_INFINITY };
  for (const { omegaStep, certificate } of history) {
    const { primal = 0, dual = 0, gap = 0 } = certificate ?? {};
    const rounding = 1e-12 * Math.max(Math.abs(primal), Math.abs(dual));
    expect(gap).toBeGreaterThanOrEqual(-rounding);
    if (omegaStep === before.omegaStep) {
      expect(dual).toBeGreaterThanOrEqual(before.dual - rounding);
    }
    before = { omegaStep, dual };
  }
}

describe.each(["hinge", "smoothed-hinge", "logistic", ...regressions] as const)("%s", (loss) => {
  it.each(Object.keys(families))("%s: a model at another lambda1 saves rounds", async (name) => {
    const family = families[name] as (lambda1: number) => Relationship;
    const options = { ...common, loss };
    const { model } = await fit(setFor(loss), { ...options, relationship: family(0.1), stop: precise })
      .result;
    for (const lambda1 of [0.09, 0.11]) {
      const relationship = family(lambda1);
      const cold = await fit(setFor(loss), { ...options, relationship }).result;
      const warm = await fit(setFor(loss), { ...options, relationship, warmStart: model }).result;
      expect(warm.status).toBe("converged");
      // W alone says little about alpha at a loss's kink: there only many Omega steps are saved for certain.
      if (!unsure.includes(`${loss} ${name}`)) {
        expect(warm.history.length).toBeLessThan(cold.history.length);
      }
      expectCertified(warm);
      if (name === "mean") {
        const { primal, dual } = warm.certificate;
        expect(cold.certificate.dual).toBeLessThanOrEqual(primal);
        expect(dual).toBeLessThanOrEqual(cold.certificate.primal);
      }
    }
  });

  it("a model of the same training is nearly all of the way", async () => {
    const options = { ...common, loss, relationship: mean({ lambda1: 0.1, lambda2: 0.03 }) };
    const cold = await fit(setFor(loss), { ...options, stop: precise }).result;
    const warm = await fit(setFor(loss), { ...options, warmStart: cold.model }).result;
    expect(warm.history.length).toBeLessThan(cold.history.length / 2);
  });
});

it.each<[string, FitOptions]>([
  ["a free intercept", { intercept: "free" }],
  ["scaled features and a penalised intercept", { intercept: "penalized", standardize: true }],
])("with %s", async (_, changes) => {
  const options: FitOptions = {
    ...common,
    ...changes,
    loss: "logistic",
    relationship: families.mean?.(0.1) as Relationship,
  };
  const cold = await fit(classes, { ...options, stop: precise }).result;
  const warm = await fit(classes, { ...options, warmStart: cold.model }).result;
  expectCertified(warm);
  expect(warm.history.length).toBeLessThan(cold.history.length / 2);
});

describe("tasks", () => {
  const options: FitOptions = { ...common, loss: "logistic", relationship: traceNorm({ lambda1: 0.1 }) };
  const some = data.ids.slice(2, 6);

  it.each([
    ["a subset", data.ids, some, true],
    ["another order", data.ids, [...data.ids].reverse(), true],
    ["a superset", some, data.ids, false],
    ["an overlap", data.ids.slice(0, 5), data.ids.slice(3), false],
  ] as const)("that are %s of the model's", async (_, of, to, allKnown) => {
    const { model } = await fit(classes.select(of), { ...options, stop: precise }).result;
    const tasks = classes.select(to);
    const cold = await fit(tasks, options).result;
    const warm = await fit(tasks, { ...options, warmStart: model }).result;
    expectCertified(warm);
    expect(warm.status).toBe("converged");
    if (allKnown) {
      expect(warm.history.length).toBeLessThan(cold.history.length);
    }
    // The model's floor stays in force, so that it is its problem that is solved.
    expect(warm.model.options.epsilon).toBe(model.options.epsilon);
  });
});

it("a model without any use, of another loss and relationship, does no harm to the certificate", async () => {
  const { model } = await fit(classes, { loss: "hinge", relationship: independent({ lambda1: 1e-3 }) })
    .result;
  const options: FitOptions = {
    ...common,
    loss: "logistic",
    relationship: mean({ lambda1: 10, lambda2: 10 }),
  };
  const warm = await fit(classes, { ...options, warmStart: model }).result;
  expect(warm.status).toBe("converged");
  expectCertified(warm);
});

describe("refused, in a sentence", () => {
  let model: Model;
  beforeAll(async () => {
    model = (await fit(classes, common).result).model;
  });
  const arrays = (id: string, d: number, y: number[]) =>
    TaskSet.fromArrays([{ id, X: y.map((_, i) => Array.from({ length: d }, (_, j) => i + j)), y }]);
  const known = data.ids[0] as string;

  it.each<[string, () => TaskSet, FitOptions, RegExp]>([
    ["other features", () => arrays(known, 3, [1, -1]), {}, /has 10 features, the data have 3/],
    ["no task of the data", () => arrays("new", cols, [1, -1]), {}, /has none of the tasks/],
    [
      "another kind of loss",
      () => values,
      { loss: "squared" },
      /loss "hinge", which is of another kind than "squared"/,
    ],
    [
      "other labels",
      () => arrays(known, cols, [0, 5]),
      {},
      /has 1 as its positive label, this training has 5/,
    ],
  ])("%s", async (_, tasks, changes, sentence) => {
    const { result } = fit(tasks(), { ...changes, warmStart: model });
    await expect(result).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await expect(result).rejects.toThrow(sentence);
  });

  it("what is no model", async () => {
    const { result } = fit(classes, { warmStart: {} as Model });
    await expect(result).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await expect(result).rejects.toThrow(/is not a Model/);
  });
});

describe("with checkpoints", () => {
  const dir = mkdtempSync(join(tmpdir(), "fedmtl-warm-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it("a resumed warm start has the same bits, and another model is another training", async () => {
    const { model } = await fit(classes, common).result;
    const other = (await fit(classes, { ...common, seed: 1, stop: { rounds: 3 } }).result).model;
    const options: FitOptions = { ...common, relationship: traceNorm({ lambda1: 0.3 }), warmStart: model };
    const whole = await fit(classes, options).result;
    const short = { ...options, stop: { gap: 1e-4, rounds: 5 } };
    await fit(classes, { ...short, checkpoint: { dir } }).result;
    const resumed = await fit(classes, { ...options, checkpoint: { dir, resume: true } }).result;
    expect(resumed.resumedFrom).toBeDefined();
    expect(resumed.certificate).toEqual(whole.certificate);
    const foreign = fit(classes, { ...options, warmStart: other, checkpoint: { dir, resume: true } });
    await expect(foreign.result).rejects.toThrow("other model of the warm start");
  });
});
