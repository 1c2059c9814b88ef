// Metrics: hand-computed cases, laws against direct definitions, and misuse.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auc } from "../dist/metrics/auc.js";
import { error } from "../dist/metrics/error.js";
import { evaluatePredictions } from "../dist/metrics/evaluate.js";
import { explainedVariance } from "../dist/metrics/explained_variance.js";
import { f1 } from "../dist/metrics/f1.js";
import { logLoss } from "../dist/metrics/log_loss.js";
import { rmse } from "../dist/metrics/rmse.js";

// The same cases in every run.
fc.configureGlobal({ seed: 1 });

const array = (...values: number[]) => Float64Array.from(values);

/** Rows of (decision, label) with few distinct decisions, so that ties are common. */
const rows = fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.constantFrom(-1, 1)), { maxLength: 40 });
const decisionsOf = (pairs: [number, number][]) => array(...pairs.map(([decision]) => decision));
const labelsOf = (pairs: [number, number][]) => array(...pairs.map(([, label]) => label));

describe("error", () => {
  it("is the fraction of wrong signs, a decision of 0 counting as -1", () => {
    expect(error(array(2, -1, 0, 0, 3), array(1, 1, -1, 1, -1))).toBe(3 / 5);
  });

  it("becomes one minus itself where all labels are turned, and does not depend on scale", () => {
    fc.assert(
      fc.property(rows, (pairs) => {
        fc.pre(pairs.length > 0);
        const [decisions, labels] = [decisionsOf(pairs), labelsOf(pairs)];
        const turned = labels.map((label) => -label);
        const sum = (error(decisions, labels) ?? 0) + (error(decisions, turned) ?? 0);
        expect(sum).toBeCloseTo(1, 14);
        expect(
          error(
            decisions.map((z) => 7 * z),
            labels,
          ),
        ).toBe(error(decisions, labels));
      }),
    );
  });
});

describe("auc", () => {
  it("counts a tie as half", () => {
    expect(auc(array(1, 2, 2, 3), array(-1, -1, 1, 1))).toBe((1 + 0.5 + 1 + 1) / 4);
  });

  it("is undefined without one of the classes", () => {
    expect(auc(array(1, 2), array(1, 1))).toBeUndefined();
    expect(auc(array(), array())).toBeUndefined();
  });

  it("is the mean over all pairs of win, tie or loss", () => {
    fc.assert(
      fc.property(rows, (pairs) => {
        const positives = pairs.filter(([, label]) => label === 1);
        const negatives = pairs.filter(([, label]) => label === -1);
        fc.pre(positives.length > 0 && negatives.length > 0);
        const wins = positives.flatMap(([p]) => negatives.map(([n]) => (Math.sign(p - n) + 1) / 2));
        const expected = wins.reduce((sum, win) => sum + win, 0) / wins.length;
        expect(auc(decisionsOf(pairs), labelsOf(pairs))).toBeCloseTo(expected, 12);
      }),
    );
  });

  it("does not depend on the order of the rows or a rising transformation", () => {
    fc.assert(
      fc.property(rows, (pairs) => {
        const before = auc(decisionsOf(pairs), labelsOf(pairs));
        const reversed = [...pairs].reverse();
        expect(auc(decisionsOf(reversed), labelsOf(reversed))).toBe(before);
        expect(
          auc(
            decisionsOf(pairs).map((z) => z ** 3 + 1),
            labelsOf(pairs),
          ),
        ).toBe(before);
      }),
    );
  });

  it("orders 10, 9 and -1 as numbers", () => {
    expect(auc(array(10, 9, -1), array(1, -1, -1))).toBe(1);
  });
});

describe("f1", () => {
  it("is 2 TP / (2 TP + FP + FN)", () => {
    expect(f1(array(1, 1, 1, -1, -1), array(1, 1, -1, 1, -1))).toBe(4 / 6);
  });

  it("is undefined where nothing is or is called positive, 0 where only one of the two", () => {
    expect(f1(array(-1, -1), array(-1, -1))).toBeUndefined();
    expect(f1(array(1, -1), array(-1, -1))).toBe(0);
    expect(f1(array(-1, -1), array(1, -1))).toBe(0);
  });

  it("is the harmonic mean of precision and recall", () => {
    fc.assert(
      fc.property(rows, (pairs) => {
        const called = pairs.filter(([decision]) => decision > 0);
        const positive = pairs.filter(([, label]) => label === 1);
        const found = called.filter(([, label]) => label === 1).length;
        fc.pre(found > 0);
        const [precision, recall] = [found / called.length, found / positive.length];
        const expected = (2 * precision * recall) / (precision + recall);
        expect(f1(decisionsOf(pairs), labelsOf(pairs))).toBeCloseTo(expected, 12);
      }),
    );
  });
});

describe("logLoss", () => {
  it("is log 2 for a coin and the mean of -log p in general", () => {
    expect(logLoss(array(0.5, 0.5), array(1, -1))).toBeCloseTo(Math.LN2, 15);
    expect(logLoss(array(0.8, 0.3), array(1, -1))).toBeCloseTo(-(Math.log(0.8) + Math.log(0.7)) / 2, 15);
  });

  it("stays finite for wrong certainties, and near 0 for right ones", () => {
    expect(logLoss(array(0, 1), array(1, -1))).toBeCloseTo(52 * Math.LN2, 10);
    expect(logLoss(array(1, 0), array(1, -1))).toBeLessThan(1e-15);
  });

  it("refuses what is not a probability", () => {
    expect(() => logLoss(array(1.01), array(1))).toThrow(/\[0, 1\].*1\.01.*row 0/);
  });
});

describe("rmse and explainedVariance", () => {
  it("agree with a case done by hand", () => {
    const [predictions, labels] = [array(1, 2, 6), array(1, 3, 5)];
    expect(rmse(predictions, labels)).toBeCloseTo(Math.sqrt(2 / 3), 15);
    expect(explainedVariance(predictions, labels)).toBeCloseTo(1 - 2 / 8, 15);
  });

  it("are 0 and 1 for perfect predictions; the mean explains nothing", () => {
    const labels = array(1, 2, 4, 9);
    expect(rmse(labels, labels)).toBe(0);
    expect(explainedVariance(labels, labels)).toBe(1);
    expect(
      explainedVariance(
        labels.map(() => 4),
        labels,
      ),
    ).toBe(0);
  });

  it("scale: rmse with the unit, explained variance not at all", () => {
    const reals = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), {
      minLength: 2,
      maxLength: 20,
    });
    fc.assert(
      fc.property(reals, (pairs) => {
        const [predictions, labels] = [decisionsOf(pairs), labelsOf(pairs)];
        fc.pre(new Set(labels).size > 1);
        const tenfold = (values: Float64Array) => values.map((value) => 10 * value);
        const larger = [tenfold(predictions), tenfold(labels)] as const;
        expect(rmse(...larger)).toBeCloseTo(10 * (rmse(predictions, labels) ?? 0), 10);
        expect(explainedVariance(...larger)).toBeCloseTo(explainedVariance(predictions, labels) ?? 0, 8);
      }),
    );
  });

  it("explained variance is undefined for equal labels, rounding of their mean or not", () => {
    expect(explainedVariance(array(1, 2, 3), array(0.1, 0.1, 0.1))).toBeUndefined();
    expect(explainedVariance(array(1), array(5))).toBeUndefined();
    expect(explainedVariance(array(), array())).toBeUndefined();
  });
});

describe("evaluatePredictions", () => {
  const first = { task: "a", decisions: array(1, -1), labels: array(1, -1), probabilities: array(0.9, 0.1) };
  const second = {
    task: "b",
    decisions: array(2, 3, 4),
    labels: array(1, -1, 1),
    probabilities: array(0.9, 0.9, 0.9),
  };
  const oneClass = { task: "c", decisions: array(1), labels: array(1), probabilities: array(0.5) };
  const empty = { task: "d", decisions: array(), labels: array() };

  it("averages over the tasks where a metric is defined and says over how many", () => {
    const { macro, macroTasks, tasks } = evaluatePredictions(
      [first, second, oneClass, empty],
      "classification",
    );
    expect(macro.error).toBeCloseTo((0 + 1 / 3 + 0) / 3, 15);
    expect(macroTasks.error).toBe(3);
    expect(macro.auc).toBeCloseTo((1 + 0.5) / 2, 15);
    expect(macroTasks.auc).toBe(2);
    expect(tasks.map(({ samples }) => samples)).toEqual([2, 3, 1, 0]);
    expect(tasks[3]).toEqual({ task: "d", samples: 0 });
  });

  it("pools rows for micro: the scores of one task with all rows", () => {
    const { micro, samples } = evaluatePredictions([first, second, empty], "classification");
    const pooled = {
      task: "all",
      decisions: array(1, -1, 2, 3, 4),
      labels: array(1, -1, 1, -1, 1),
      probabilities: array(0.9, 0.1, 0.9, 0.9, 0.9),
    };
    const whole = evaluatePredictions([pooled], "classification");
    expect(samples).toBe(5);
    expect(micro).toEqual(whole.micro);
    expect(whole.macro).toEqual(whole.micro);
  });

  it("has no pooled log-loss unless every task has probabilities", () => {
    const { task, decisions, labels } = second;
    const result = evaluatePredictions([first, { task, decisions, labels }], "classification");
    expect(result.micro.logLoss).toBeUndefined();
    expect(result.macroTasks.logLoss).toBe(1);
  });

  it("has regression scores, and only those, for regression", () => {
    const task = { task: "a", decisions: array(1, 2, 6), labels: array(1, 3, 5) };
    expect(Object.keys(evaluatePredictions([task], "regression").micro).sort()).toEqual([
      "explainedVariance",
      "rmse",
    ]);
  });

  it("is empty for no tasks", () => {
    expect(evaluatePredictions([], "regression")).toEqual({
      kind: "regression",
      samples: 0,
      tasks: [],
      macro: {},
      macroTasks: {},
      micro: {},
    });
  });

  it.each([
    ["unequal lengths", { task: "x", decisions: array(1, 2), labels: array(1) }, /task "x".*2 and 1/],
    ["a label of 0", { task: "x", decisions: array(1, 2), labels: array(1, 0) }, /-1 or \+1, got 0 in row 1/],
    [
      "a decision that is not a number",
      { task: "x", decisions: array(Number.NaN), labels: array(1) },
      /finite.*NaN/,
    ],
    ["an infinite label", { task: "x", decisions: array(0), labels: array(Infinity) }, /finite.*Infinity/],
  ])("refuses %s", (_, task, message) => {
    expect(() => evaluatePredictions([task], "classification")).toThrow(message);
    expect(() => evaluatePredictions([task], "classification")).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });

  it("refuses another kind", () => {
    const kind = "clasification" as "classification";
    expect(() => evaluatePredictions([], kind)).toThrow(/"classification"/);
  });
});
