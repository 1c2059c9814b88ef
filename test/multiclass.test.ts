// Several classes: a model of them is the models of each class against the rest, bit for bit, and its sums are their sums.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FitOptions, type FitResult, fit, independent, Model, mean, TaskSet, traceNorm } from "fedmtl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../dist/mocha/safetensors.js";
import { generatedTasks } from "./support/generated_tasks.js";

const folder = mkdtempSync(join(tmpdir(), "fedmtl-classes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cols = 6;
const base = generatedTasks({ tasks: 5, cols, rows: [30, 50], clusters: 2, seed: 9 });
const features = base.native.rows(0, base.rowCount).values;
const offsets = base.offsets();
const taskOfRow = base.names.flatMap((name, t) =>
  new Array<string>((offsets[t + 1] ?? 0) - (offsets[t] ?? 0)).fill(name),
);
/** Three classes by two lines through the features; the labels have neither order nor distance. */
const labels = Float64Array.from(taskOfRow, (_, i) => {
  const [a = 0, b = 0] = features.subarray(i * cols, i * cols + 2);
  return a > 0.3 ? 7 : b > 0 ? -2 : 40;
});
const classes = [-2, 7, 40];
const tasks = TaskSet.fromDense({ features, cols, labels, tasks: taskOfRow });
const rows = { data: features.subarray(0, 20 * cols), cols };
const [task = ""] = tasks.names;

const common: FitOptions = {
  ...{ loss: "logistic", weighting: "mean", standardize: true, intercept: "penalized", seed: 2 },
  relationship: traceNorm({ lambda1: 0.03 }),
};
const together: FitOptions = { ...common, multiclass: true };

/** Bits of everything a model says of each of its tasks. */
const weightsOf = (model: Model) => model.names.map((name) => [model.weights(name), model.intercept(name)]);

describe("the sums", () => {
  it.each<[string, FitOptions]>([
    ["a learned relationship", {}],
    [
      "a known one, hinge, free intercepts",
      { loss: "hinge", intercept: "free", relationship: mean({ lambda2: 0.1 }) },
    ],
    ["balanced classes", { classWeight: "balanced", relationship: independent({ lambda1: 0.1 }) }],
  ])("are those of separate trainings, bit for bit: %s", async (_, changes) => {
    const all = await fit(tasks, { ...together, ...changes }).result;
    const separate: FitResult[] = [];
    for (const positive of classes) {
      separate.push(await fit(tasks, { ...common, ...changes, positive }).result);
    }
    const sum = (value: (result: FitResult) => number) =>
      separate.reduce((total, one) => total + value(one), 0);
    expect(all.model.classes).toEqual(classes);
    expect(all.certificate.primal).toBe(sum(({ certificate }) => certificate.primal));
    expect(all.certificate.dual).toBe(sum(({ certificate }) => certificate.dual));
    expect(all.certificate.gap).toBe(sum(({ certificate }) => certificate.gap));
    expect(all.certificate).toEqual(all.model.certificate);
    expect(all.history.length).toBe(sum(({ history }) => history.length));
    expect(all.history.total("bytesUp")).toBe(sum(({ history }) => history.total("bytesUp")));
    expect(all.omegaSteps).toBe(sum(({ omegaSteps }) => omegaSteps));
    separate.forEach(({ model, certificate }, c) => {
      const one = all.model.ofClass(classes[c] ?? 0);
      expect(weightsOf(one)).toEqual(weightsOf(model));
      expect(one.certificate).toEqual(certificate);
      expect(one.options).toEqual(model.options);
      expect(one.correlation()).toEqual(model.correlation());
      expect(all.classes?.[c]).toMatchObject({ label: classes[c], status: "converged", certificate });
    });
    expect(all.certificate.relativeGap).toBeLessThanOrEqual(1e-3);
  });
});

describe("a model", () => {
  let result: FitResult;
  beforeAll(async () => {
    result = await fit(tasks, together).result;
  });

  it("decides by the largest of the classes' decisions, side by side", () => {
    const { model } = result;
    const decision = model.decision(task, rows);
    expect(decision).toHaveLength(20 * 3);
    const predicted = model.predict(task, rows);
    for (let i = 0; i < 20; i++) {
      const ofRow = [...decision.subarray(3 * i, 3 * i + 3)];
      classes.forEach((label, c) => {
        const row = { data: rows.data.subarray(i * cols, (i + 1) * cols), cols };
        expect(ofRow[c]).toBe(model.ofClass(label).decision(task, row)[0]);
      });
      expect(predicted[i]).toBe(classes[ofRow.indexOf(Math.max(...ofRow))]);
    }
  });

  it("has probabilities in proportion to each class's own, with a sum of 1", () => {
    const { model } = result;
    const probability = model.probability(task, rows);
    const own = classes.map((label) => model.ofClass(label).probability(task, rows));
    for (let i = 0; i < 20; i++) {
      const sum = own.reduce((total, column) => total + (column[i] ?? 0), 0);
      own.forEach((column, c) => {
        expect(probability[3 * i + c]).toBeCloseTo((column[i] ?? 0) / sum, 14);
      });
    }
    expect(() => model.ofClass(7).probability(task, rows)).not.toThrow();
  });

  it("is evaluated as its predictions say, with a confusion matrix", () => {
    const { model } = result;
    const { macro, micro, tasks: each, confusion, samples } = model.evaluate(tasks);
    const wrong = tasks.names.map((name, t) => {
      const [begin = 0, end = 0] = [offsets[t], offsets[t + 1]];
      const predicted = model.predict(name, { data: features.subarray(begin * cols, end * cols), cols });
      return predicted.filter((label, i) => label !== labels[begin + i]).length / (end - begin);
    });
    expect(each.map(({ error }) => error)).toEqual(wrong);
    expect(macro.error).toBeCloseTo(wrong.reduce((sum, value) => sum + value, 0) / wrong.length, 14);
    const counts = confusion?.counts ?? [];
    expect(confusion?.classes).toEqual(classes);
    counts.forEach((row, c) => {
      const rowSum = row.reduce((sum, count) => sum + count, 0);
      expect(rowSum).toBe(labels.filter((label) => label === classes[c]).length);
    });
    const right = counts.reduce((sum, row, c) => sum + (row[c] ?? 0), 0);
    expect(1 - right / samples).toBeCloseTo(micro.error ?? 0, 14);
    // F1 of each class from the counts, and its mean.
    const f1 = counts.map((row, c) => {
      const called = counts.reduce((sum, other) => sum + (other[c] ?? 0), 0);
      return (2 * (row[c] ?? 0)) / (called + row.reduce((sum, count) => sum + count, 0));
    });
    expect(micro.f1).toBeCloseTo(f1.reduce((sum, value) => sum + value, 0) / 3, 14);
    expect(micro.auc).toBeGreaterThan(0.8);
    expect(micro.logLoss).toBeGreaterThan(0);
  });

  it("is the same after saving and loading, in one safetensors file", async () => {
    const path = join(folder, "classes.safetensors");
    await result.model.save(path);
    const again = await Model.load(path);
    expect(again.classes).toEqual(classes);
    expect(again.certificate).toEqual(result.certificate);
    expect(again.decisions(tasks)).toEqual(result.model.decisions(tasks));
    expect(again.correlation()).toEqual(result.model.correlation());
    for (const label of classes) {
      expect(again.ofClass(label).options).toEqual(result.model.ofClass(label).options);
    }
    const { tensors } = decodeSafetensors(readFileSync(path));
    const names = [...tensors.keys()].filter((name) => name.endsWith(".W"));
    expect(names.sort()).toEqual(classes.map((label) => `class.${label}.W`).sort());
  });

  it("is refused where its file does not describe each class", async () => {
    const path = join(folder, "half.safetensors");
    await result.model.save(path);
    const { tensors, metadata } = decodeSafetensors(readFileSync(path));
    const description = JSON.parse(metadata.model ?? "");
    const without = { ...description, heads: description.heads.slice(1) };
    writeFileSync(path, encodeSafetensors(tensors, { ...metadata, model: JSON.stringify(without) }));
    await expect(Model.load(path)).rejects.toMatchObject({ code: "BAD_MODEL" });
    await expect(Model.load(path)).rejects.toThrow(/do not describe each of its classes/);
  });

  it("has a mean model for tasks it does not know", () => {
    const stranger = TaskSet.fromArrays([{ id: "new", X: [[1, 0, 0, 0, 0, 0]], y: [7] }]);
    const decisions = result.model.decisions(stranger, { unknownTask: "mean" });
    classes.forEach((label, c) => {
      const one = result.model.ofClass(label).decisions(stranger, { unknownTask: "mean" });
      expect(decisions[c]).toBe(one[0]);
    });
  });

  it("refuses what it does not have", () => {
    const { model } = result;
    for (const call of [() => model.weights(task), () => model.intercept(task)]) {
      expect(call).toThrow(/take one of them with ofClass\(-2 or 7 or 40\)/);
    }
    expect(() => model.ofClass(1)).toThrow(/no class 1; its classes are -2, 7, 40/);
    expect(() => model.ofClass(7).ofClass(7)).toThrow(/not of several classes/);
    const strange = TaskSet.fromArrays([{ id: task, X: [[1, 0, 0, 0, 0, 0]], y: [3] }]);
    expect(() => model.evaluate(strange)).toThrow(/found the label 3, expected one of -2, 7, 40/);
  });
});

describe("a run", () => {
  it("makes the rounds of one class after another, each with its label", async () => {
    const run = fit(tasks, together);
    const seen: (number | undefined)[] = [];
    let round = 0;
    for await (const record of run) {
      expect(record.round).toBe(++round);
      seen.push(record.label);
    }
    const { history, classes: each = [] } = await run.result;
    expect(seen).toHaveLength(history.length);
    expect(seen).toEqual(each.flatMap(({ label, rounds }) => new Array<number>(rounds).fill(label)));
    const steps = history.omegaSteps;
    expect(steps.map((step) => step.round)).toEqual(steps.map((step) => step.round).sort((a, b) => a - b));
  });

  it("ends when it is aborted, with a model of all classes and a valid certificate", async () => {
    // Never certified before its last round, so that no class is done in a few of them.
    const endless = { relationship: independent(), certifyEvery: 1e9, stop: { rounds: 3000 } };
    const run = fit(tasks, { ...together, ...endless });
    for await (const { label } of run) {
      if (label === 7) {
        run.abort();
        break;
      }
    }
    const { status, certificate, model, classes: each } = await run.result;
    expect(status).toBe("aborted");
    expect(each?.at(-1)).toMatchObject({ label: 40, rounds: 0 });
    expect(certificate.gap).toBeGreaterThan(0);
    expect(model.ofClass(40).weights(task)).toEqual(new Float64Array(cols));
    expect(model.predict(task, rows)).toHaveLength(20);
  });

  it("resumes from checkpoints with the same bits, whatever class it had come to", async () => {
    const options = { ...together, omegaSteps: 5 };
    const whole = await fit(tasks, options).result;
    const dir = join(folder, "checkpoints");
    const checkpoint = { dir, everyRounds: 3, resume: true };
    const run = fit(tasks, { ...options, checkpoint });
    for await (const { label } of run) {
      if (label === 7) {
        run.abort();
        break;
      }
    }
    await run.result;
    const resumed = await fit(tasks, { ...options, checkpoint }).result;
    expect(resumed.resumedFrom).toContain(dir);
    expect(resumed.certificate).toEqual(whole.certificate);
    expect(resumed.model.decisions(tasks)).toEqual(whole.model.decisions(tasks));
    expect(resumed.history.column("dual")).toEqual(whole.history.column("dual"));
  });

  it("begins where a model of the same classes is", async () => {
    const options = { ...together, relationship: mean({ lambda1: 0.1, lambda2: 0.1 }) };
    const cold = await fit(tasks, { ...options, stop: { gap: 1e-7 } }).result;
    const warm = await fit(tasks, { ...options, warmStart: cold.model }).result;
    expect(warm.history.length).toBeLessThan(cold.history.length / 2);
    const one = fit(tasks, { ...options, warmStart: cold.model.ofClass(7) }).result;
    await expect(one).rejects.toThrow(/is not of several classes, this training is/);
    const binary = fit(tasks, { ...options, multiclass: false, positive: 7, warmStart: cold.model }).result;
    await expect(binary).rejects.toThrow(/is of several classes, this training is not/);
  });
});

describe("class weights", () => {
  const sampleWeights = Array.from(labels, (_, i) => 1 + (i % 3));

  it.each(["sum", "mean"] as const)(
    "are sample weights n / (2 n_c), bit for bit, weighting %s",
    async (weighting) => {
      const positives = labels.filter((label) => label === 7).length;
      const weightOf = (label: number) =>
        labels.length / (2 * (label === 7 ? positives : labels.length - positives));
      const given = TaskSet.fromDense({ features, cols, labels, tasks: taskOfRow, sampleWeights });
      const product = TaskSet.fromDense({
        ...{ features, cols, labels, tasks: taskOfRow },
        sampleWeights: sampleWeights.map((weight, i) => weight * weightOf(labels[i] ?? 0)),
      });
      const options: FitOptions = { ...common, weighting, positive: 7 };
      const balanced = await fit(given, { ...options, classWeight: "balanced" }).result;
      const explicit = await fit(product, options).result;
      expect(balanced.certificate).toEqual(explicit.certificate);
      expect(weightsOf(balanced.model)).toEqual(weightsOf(explicit.model));
      const plain = await fit(given, options).result;
      expect(balanced.certificate.primal).not.toBe(plain.certificate.primal);
    },
  );

  it("do nothing where both sides have as many rows", async () => {
    const X = Array.from({ length: 20 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
    const even = TaskSet.fromArrays([{ id: "a", X, y: X.map((_, i) => (i % 2 === 0 ? 1 : -1)) }]);
    const plain = await fit(even).result;
    const balanced = await fit(even, { classWeight: "balanced" }).result;
    expect(balanced.certificate).toEqual(plain.certificate);
  });

  it("raise the recall of a rare class", async () => {
    const rare = labels.map((label, i) => (label === 7 && i % 4 === 0 ? 1 : -1));
    const set = TaskSet.fromDense({ features, cols, labels: rare, tasks: taskOfRow });
    const recall = async (options: FitOptions) => {
      const { model } = await fit(set, { ...options, weighting: "mean", intercept: "penalized" }).result;
      const found = model.decisions(set).filter((z, i) => z > 0 && rare[i] === 1).length;
      return found / rare.filter((label) => label === 1).length;
    };
    expect(await recall({ classWeight: "balanced" })).toBeGreaterThan(await recall({}));
  });
});

describe("refused, in a sentence", () => {
  it.each<[string, FitOptions, string, RegExp]>([
    ["one label and all labels", { multiclass: true, positive: 7 }, "INVALID_OPTION", /give one of the two/],
    [
      "numbers",
      { multiclass: true, loss: "squared" },
      "INVALID_OPTION",
      /multiclass needs a loss for classes, "squared"/,
    ],
    [
      "weights of numbers",
      { classWeight: "balanced", loss: "huber" },
      "INVALID_OPTION",
      /classWeight needs a loss for/,
    ],
    ["other weights", { classWeight: "even" as "none" }, "INVALID_OPTION", /unknown classWeight "even"/],
    [
      "what is neither true nor false",
      { multiclass: 3 as unknown as true },
      "INVALID_OPTION",
      /multiclass is 3/,
    ],
  ])("%s", async (_, options, code, sentence) => {
    const { result } = fit(tasks, options);
    await expect(result).rejects.toMatchObject({ code });
    await expect(result).rejects.toThrow(sentence);
  });

  it("one class only, and labels that must be numbers", async () => {
    const set = (y: (i: number) => number, rowCount: number) =>
      TaskSet.fromArrays([
        {
          id: "a",
          X: Array.from({ length: rowCount }, (_, i) => [i]),
          y: Array.from({ length: rowCount }, (_, i) => y(i)),
        },
      ]);
    const one = fit(
      set(() => 5, 3),
      { multiclass: true },
    ).result;
    await expect(one).rejects.toThrow(/only the label 5; multiclass needs 2 to 1000 classes/);
    const many = fit(
      set((i) => i, 1001),
      { multiclass: true },
    ).result;
    await expect(many).rejects.toThrow(/more than 1000 distinct labels/);
    const many2 = fit(set((i) => i, 20)).result;
    await expect(many2).rejects.toThrow(/multiclass/);
  });
});
