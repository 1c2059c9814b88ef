// Cross-validation: scores are those of plain trainings on the folds, the same at any number of processes; the choices keep
// their rules; whatever fails ends it in a sentence.
import { readFileSync } from "node:fs";
import {
  clustered,
  type CrossValidationOptions,
  crossValidate,
  type FitOptions,
  fit,
  fixed,
  independent,
  lambdaPath,
  mean,
  type Relationship,
  TaskSet,
  traceNorm,
} from "fedmtl";
import { Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { choose, type GridPoint } from "../dist/selection/choice.js";
import { dealFolds, takeFold } from "../dist/selection/folds.js";
import { generatedTasks } from "./support/generated_tasks.js";

const classes = generatedTasks({ tasks: 6, cols: 8, rows: [20, 40], clusters: 2, seed: 4 });
const values = generatedTasks({ tasks: 5, cols: 6, rows: [3, 30], clusters: 2, kind: "regression", seed: 4 });

/** Sparse rows in single precision with weights: everything that must survive the way to another process. */
function sparseTasks(): TaskSet {
  const indptr = Int32Array.from({ length: 61 }, (_, i) => 2 * i);
  const indices = Int32Array.from({ length: 120 }, (_, i) =>
    i % 2 === 0 ? (i / 2) % 3 : 3 + ((i * 7) % 20),
  );
  const set = TaskSet.fromCSR({
    ...{ indptr, indices, cols: 25 },
    values: Float32Array.from({ length: 120 }, (_, i) => Math.fround(Math.sin(i + 1))),
    labels: Array.from({ length: 60 }, (_, i) => (Math.sin(3 * i) > 0 ? 1 : 0)),
    tasks: Array.from({ length: 60 }, (_, i) => `task ${i % 3}`),
    sampleWeights: Array.from({ length: 60 }, (_, i) => 1 + (i % 4)),
  });
  expect([set.sparse, set.precision]).toEqual([true, "float32"]);
  return set;
}

const common: CrossValidationOptions = { weighting: "mean", seed: 3, threads: 1 };
const scoresOf = ({ points }: { points: readonly GridPoint[] }) =>
  points.map(({ relationship: _, ...point }) => point);

describe("scores", () => {
  it.each<[string, TaskSet, FitOptions, "error" | "rmse"]>([
    [
      "classes, standardised",
      classes,
      { standardize: true, relationship: traceNorm({ lambda1: 0.1 }) },
      "error",
    ],
    ["numbers", values, { loss: "squared", relationship: mean({ lambda1: 0.3, lambda2: 0.1 }) }, "rmse"],
  ])("of a grid of one point are those of plain trainings: %s", async (_, tasks, changes, metric) => {
    const options = { ...common, ...changes };
    const { lambda1 } = options.relationship as Relationship;
    const found = await crossValidate(tasks, { ...options, folds: 3, grid: { lambda1: [lambda1] } });
    const folds = dealFolds(tasks, { count: 3, seed: 3, stratified: metric === "error" });
    for (let fold = 0; fold < 3; fold++) {
      const { train, test } = takeFold(tasks, folds, fold);
      const { model } = await fit(train, options).result;
      expect(found.points[0]?.scores[fold]).toBe(model.evaluate(test).macro[metric]);
    }
  });

  it("are means over tasks or over rows, with the standard error over folds", async () => {
    const options = { ...common, folds: 4, grid: { lambda1: [0.1] } };
    const macro = await crossValidate(classes, options);
    const micro = await crossValidate(classes, { ...options, average: "micro" });
    expect(macro.points[0]?.scores).not.toEqual(micro.points[0]?.scores);
    for (const { scores, mean: average, standardError } of [...macro.points, ...micro.points]) {
      const given = scores.map(Number);
      const expected = given.reduce((sum, score) => sum + score, 0) / 4;
      const variance = given.reduce((sum, score) => sum + (score - expected) ** 2, 0) / 3;
      expect(average).toBeCloseTo(expected, 12);
      expect(standardError).toBeCloseTo(Math.sqrt(variance / 4), 12);
    }
  });

  it("have the same bits in one process and in two, and whatever the grid's order", async () => {
    const cases: [TaskSet, CrossValidationOptions][] = [
      [classes, { grid: { lambda1: [1, 0.1, 0.01] } }],
      [
        values,
        {
          loss: "squared",
          relationship: mean({ lambda2: 1 }),
          grid: { lambda1: [1, 0.1], lambda2: [1, 0.3] },
        },
      ],
      [
        sparseTasks(),
        { loss: "logistic", metric: "logLoss", standardize: true, grid: { lambda1: [0.1, 0.01] } },
      ],
      [
        classes,
        { relationship: fixed({ sigma: Matrix.eye(6, 6).add(1) }), grid: { lambda1: [1, 0.1] }, threads: 2 },
      ],
    ];
    for (const [tasks, changes] of cases) {
      const options = { ...common, ...changes, folds: 3 };
      const one = await crossValidate(tasks, options);
      const two = await crossValidate(tasks, { ...options, parallel: 2, threads: 4 });
      expect(scoresOf(two)).toEqual(scoresOf(one));
      expect(two.best.values).toEqual(one.best.values);
      expect(two.oneStandardError.values).toEqual(one.oneStandardError.values);
      const reversed = [...(changes.grid?.lambda1 ?? [])].reverse();
      const other = await crossValidate(tasks, { ...options, grid: { ...changes.grid, lambda1: reversed } });
      expect(scoresOf(other)).toEqual(scoresOf(one));
    }
  });

  it("leave a fold out where the metric is not defined on it", async () => {
    const rare = TaskSet.fromArrays([
      {
        id: "a",
        X: Array.from({ length: 12 }, (_, i) => [Math.sin(i), 1]),
        y: Array.from({ length: 12 }, (_, i) => (i < 2 ? 1 : -1)),
      },
    ]);
    const { points } = await crossValidate(rare, { folds: 4, metric: "auc", grid: { lambda1: [0.1] } });
    const [{ scores, mean: average } = { scores: [], mean: 0 }] = points;
    const defined = scores.filter((score) => score !== undefined);
    expect(defined).toHaveLength(2);
    expect(average).toBeCloseTo(((defined[0] ?? 0) + (defined[1] ?? 0)) / 2, 12);
  });
});

describe("a path of lambda1", () => {
  it("has the certificates of plain trainings", async () => {
    const options: FitOptions = { ...common, loss: "logistic", relationship: mean({ lambda2: 0.1 }) };
    const grid = { lambda1: [0.1, 10, 1], lambda2: [0.1, 1] };
    const points = await lambdaPath(classes, { ...options, grid });
    expect(points.map(({ values: { lambda1, lambda2 } }) => [lambda1, lambda2])).toEqual([
      [10, 0.1],
      [1, 0.1],
      [0.1, 0.1],
      [10, 1],
      [1, 1],
      [0.1, 1],
    ]);
    for (const { values: weights, certificate, status } of points) {
      const plain = await fit(classes, { ...options, relationship: mean(weights) }).result;
      expect(status).toBe("converged");
      expect(certificate.dual).toBeLessThanOrEqual(plain.certificate.primal);
      expect(plain.certificate.dual).toBeLessThanOrEqual(certificate.primal);
    }
  });

  it("learns a relationship as well as plain trainings do, from the largest lambda1 on", async () => {
    const points = await lambdaPath(classes, { ...common, grid: { lambda1: [10, 1, 0.1, 0.01, 0.001] } });
    for (const { values: weights, certificate, model } of points) {
      const plain = await fit(classes, { ...common, relationship: traceNorm(weights) }).result;
      const epsilon = Number(model.options.epsilon) / Number(plain.model.options.epsilon);
      expect(Math.abs(epsilon - 1)).toBeLessThan(0.05);
      // The problem differs by the floors, hence a little in its optimum.
      const ratio = Number(certificate.jointObjective) / Number(plain.certificate.jointObjective);
      expect(Math.abs(ratio - 1)).toBeLessThan(2e-3);
    }
  });

  it("saves rounds where the relationship is known", async () => {
    const options: FitOptions = {
      ...common,
      loss: "squared",
      relationship: mean({ lambda2: 0.01 }),
      stop: { gap: 1e-6 },
    };
    const lambdas = Array.from({ length: 10 }, (_, i) => 10 / 1.2 ** i);
    const points = await lambdaPath(values, { ...options, grid: { lambda1: lambdas } });
    const warm = points.reduce((sum, { history }) => sum + history.length, 0);
    let cold = 0;
    for (const lambda1 of lambdas) {
      const plain = await fit(values, { ...options, relationship: mean({ lambda1, lambda2: 0.01 }) }).result;
      cold += plain.history.length;
    }
    expect(warm).toBeLessThan(cold);
  });
});

describe("choices", () => {
  const point = (lambda1: number, average: number, standardError: number, lambda2 = 0): GridPoint => ({
    ...{ values: { lambda1, lambda2 }, mean: average, standardError, scores: [] },
    ...{ relationship: independent(), converged: 5, rounds: 1, relativeGap: 0 },
  });

  it("are the best mean, and the most regularised one within one standard error of it", () => {
    const points = [point(10, 0.5, 0.1), point(1, 0.24, 0.1), point(0.1, 0.2, 0.05), point(0.01, 0.22, 0.01)];
    const lower = choose(points, "lower");
    expect(lower.best.values.lambda1).toBe(0.1);
    expect(lower.oneStandardError.values.lambda1).toBe(1);
    const higher = choose(points, "higher");
    expect(higher.best.values.lambda1).toBe(10);
    expect(higher.oneStandardError).toBe(higher.best);
  });

  it("are the more regularised of equals, by lambda1, then lambda2", () => {
    const points = [point(0.1, 0.2, 0, 0), point(1, 0.2, 0, 0), point(1, 0.2, 0, 0.5)];
    expect(choose(points, "lower").best.values).toEqual({ lambda1: 1, lambda2: 0.5 });
    expect(choose([...points].reverse(), "lower").best.values).toEqual({ lambda1: 1, lambda2: 0.5 });
  });

  it("need a score", () => {
    expect(() => choose([point(1, Number.NaN, Number.NaN)], "lower")).toThrow(/not defined on the test rows/);
    expect(choose([point(1, Number.NaN, Number.NaN), point(2, 1, Number.NaN)], "lower").best.mean).toBe(1);
  });

  it.each(["best", "one-standard-error"] as const)(
    "refit: %s is the plain training with it",
    async (refit) => {
      const options = { ...common, grid: { lambda1: [1, 0.1, 0.01] }, folds: 3, refit };
      const found = await crossValidate(classes, options);
      const { relationship } = refit === "best" ? found.best : found.oneStandardError;
      const plain = await fit(classes, { ...common, relationship }).result;
      expect(found.refit?.certificate).toEqual(plain.certificate);
      const [task = ""] = classes.names;
      expect(found.refit?.model.weights(task)).toEqual(plain.model.weights(task));
    },
  );
});

/** Processes that this one has started. */
const children = (): string[] =>
  readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ").filter(Boolean);

describe("ends early", () => {
  const long: CrossValidationOptions = { ...common, stop: { gap: 1e-9 }, grid: { lambda1: [1, 0.1, 0.01] } };

  it.each([1, 2])("by a signal, with %i processes", async (parallel) => {
    const before = children();
    const controller = new AbortController();
    const run = crossValidate(classes, {
      ...long,
      ...{ parallel, signal: controller.signal },
      onProgress: () => controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: "ABORTED", message: "the cross-validation was aborted" });
    expect(children()).toEqual(before);
    const late = crossValidate(classes, { ...long, parallel, signal: controller.signal });
    await expect(late).rejects.toMatchObject({ code: "ABORTED" });
  });

  it.each([1, 2])("where a training cannot be, naming the fold, with %i processes", async (parallel) => {
    const before = children();
    const X = Array.from({ length: 10 }, (_, i) => [i]);
    const single = TaskSet.fromArrays([{ id: "a", X, y: X.map((_, i) => (i === 0 ? 1 : 0)) }]);
    const run = crossValidate(single, { folds: 5, parallel });
    await expect(run).rejects.toMatchObject({ code: "BAD_INPUT" });
    await expect(run).rejects.toThrow(/^fold \d of 5: lambda1 10: .*exactly two distinct labels/);
    expect(children()).toEqual(before);
  });

  it("where a worker process dies", async () => {
    const before = children();
    const run = crossValidate(classes, {
      ...{ ...long, parallel: 2 },
      onProgress: () => {
        const [first] = children().filter((child) => !before.includes(child));
        process.kill(Number(first), "SIGKILL");
      },
    });
    await expect(run).rejects.toMatchObject({ code: "INTERNAL" });
    await expect(run).rejects.toThrow(/a worker process ended with signal SIGKILL/);
    expect(children()).toEqual(before);
  });

  it.each([1, 2])("where onProgress throws, with %i processes", async (parallel) => {
    const onProgress = () => {
      throw new Error("seen enough");
    };
    await expect(crossValidate(classes, { ...long, parallel, onProgress })).rejects.toThrow("seen enough");
  });
});

describe("refuses, in a sentence", () => {
  it.each<[string, object, RegExp]>([
    ["one fold", { folds: 1 }, /folds is 1; give a whole number from 2 to 1000/],
    ["no process", { parallel: 0 }, /parallel is 0; give a whole number from 1/],
    ["an empty list", { grid: { lambda1: [] } }, /lambda1 of grid is \[\]; give a list of numbers/],
    ["a value twice", { grid: { lambda1: [1, 2, 1] } }, /lambda1 of grid has 1 twice/],
    ["a list for the grid", { grid: [] }, /grid is \(an array\); give \{ lambda1: \[\.\.\.\] \}/],
    ["null for folds", { folds: null }, /folds is null; give a whole number/],
    ["another axis", { grid: { lamda1: [1] } }, /unknown axis of grid "lamda1"; .*did you mean "lambda1"/],
    ["a number that lambda1 cannot be", { grid: { lambda1: [1, 0] } }, /lambda1 is 0; give a number above 0/],
    [
      "a number that the relationship does not have",
      { relationship: independent(), grid: { epsilon: [1] } },
      /unknown option of relationship independent "epsilon"; allowed: lambda1/,
    ],
    [
      "a relationship that needs more",
      { relationship: mean({ lambda2: 1 }), grid: { lambda2: [0] } },
      /lambda2 is 0/,
    ],
    ["another metric", { metric: "errors" }, /unknown metric "errors"/],
    ["a metric of other losses", { metric: "rmse" }, /metric rmse is not defined for loss "hinge"/],
    [
      "probabilities without logistic",
      { metric: "logLoss" },
      /metric logLoss is not defined for loss "hinge"/,
    ],
    ["another average", { average: "mean" }, /unknown average "mean"/],
    ["a warm start", { warmStart: {} }, /unknown option of crossValidate "warmStart"/],
    ["an unknown option of fit", { omegaStep: 1 }, /did you mean "omegaSteps"/],
  ])("%s", async (_, options, sentence) => {
    const run = crossValidate(classes, options as CrossValidationOptions);
    await expect(run).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await expect(run).rejects.toThrow(sentence);
  });

  it("more clusters than tasks before anything is trained, in the sentence of a training", async () => {
    const message = expect.stringMatching(/^k is 7, but there are 6 tasks; give at most one cluster a task$/);
    const matching = { code: "INVALID_OPTION", message };
    const grid = { k: [2, 7] };
    const onProgress = () => expect.unreachable("a training ended");
    const options = { ...common, relationship: clustered({ k: 2, lambda2: 0.1 }), grid };
    await expect(fit(classes, { relationship: clustered({ k: 7 }) }).result).rejects.toMatchObject(matching);
    await expect(crossValidate(classes, { ...options, onProgress })).rejects.toMatchObject(matching);
    await expect(lambdaPath(classes, options)).rejects.toMatchObject(matching);
  });

  it("what is no set of tasks", async () => {
    await expect(lambdaPath([] as unknown as TaskSet)).rejects.toThrow(/must be a TaskSet/);
    await expect(lambdaPath(classes, null as never)).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await expect(crossValidate([] as unknown as TaskSet)).rejects.toThrow(/must be a TaskSet/);
  });
});
