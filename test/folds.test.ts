// Folds: every task's rows in parts that differ by at most one row, each row tested once, whatever the other tasks are.
import { TaskSet } from "fedmtl";
import { describe, expect, it } from "vitest";
import { dealFolds, takeFold } from "../dist/selection/folds.js";
import { generatedTasks } from "./support/generated_tasks.js";

const tasks = generatedTasks({ tasks: 6, cols: 3, rows: [7, 40], clusters: 2, seed: 2 });
const deal = (set: TaskSet, count: number, stratified = true, seed = 1) =>
  dealFolds(set, { count, seed, stratified });

/** How many rows of a task, of one label if given, each part has. */
function sizesIn(set: TaskSet, partOfRow: Int32Array, count: number, t: number, label?: number): number[] {
  const offsets = set.offsets();
  const labels = set.labels();
  const sizes = new Array<number>(count).fill(0);
  for (let row = offsets[t] ?? 0; row < (offsets[t + 1] ?? 0); row++) {
    const part = partOfRow[row] ?? -1;
    if (part >= 0 && (label === undefined || labels[row] === label)) {
      sizes[part] = (sizes[part] ?? 0) + 1;
    }
  }
  return sizes;
}

const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

describe.each([2, 3, 5, 10])("%i folds", (count) => {
  it.each([true, false])("partition the rows of every task evenly (stratified: %s)", (stratified) => {
    const { partOfRow } = deal(tasks, count, stratified);
    expect(partOfRow.every((part) => part >= 0 && part < count)).toBe(true);
    for (let t = 0; t < tasks.taskCount; t++) {
      expect(spread(sizesIn(tasks, partOfRow, count, t))).toBeLessThanOrEqual(1);
    }
  });

  it("have each class of every task evenly", () => {
    const { partOfRow } = deal(tasks, count);
    for (let t = 0; t < tasks.taskCount; t++) {
      for (const label of [-1, 1]) {
        expect(spread(sizesIn(tasks, partOfRow, count, t, label))).toBeLessThanOrEqual(1);
      }
    }
  });

  it("train and test on all rows together, on none twice", () => {
    const folds = deal(tasks, count);
    let tested = 0;
    for (let fold = 0; fold < count; fold++) {
      const { train, test } = takeFold(tasks, folds, fold);
      expect(train.names).toEqual(tasks.names);
      expect(train.rowCount + test.rowCount).toBe(tasks.rowCount);
      tested += test.rowCount;
    }
    expect(tested).toBe(tasks.rowCount);
  });
});

it("do not depend on the other tasks, but on the seed", () => {
  const chosen = tasks.names.slice(2, 4);
  const some = deal(tasks.select(chosen), 5).partOfRow;
  const offsets = tasks.offsets();
  const all = deal(tasks, 5).partOfRow;
  expect(some).toEqual(all.slice(offsets[2], offsets[4]));
  expect(deal(tasks, 5, true, 2).partOfRow).not.toEqual(all);
});

it("test a task with few rows in as many folds, and the only row of a task never", () => {
  const small = TaskSet.fromArrays([
    { id: "one", X: [[1]], y: [1] },
    { id: "two", X: [[1], [2]], y: [1, -1] },
    { id: "many", X: Array.from({ length: 20 }, (_, i) => [i]), y: Array.from({ length: 20 }, (_, i) => i) },
  ]);
  const folds = deal(small, 5);
  expect(folds.partOfRow[0]).toBe(-1);
  expect(new Set(folds.partOfRow.slice(1, 3)).size).toBe(2);
  for (let fold = 0; fold < 5; fold++) {
    const { train, test } = takeFold(small, folds, fold);
    expect(train.names).toEqual(["one", "two", "many"]);
    expect(test.names).not.toContain("one");
  }
});

it("are refused where one would be empty", () => {
  const small = TaskSet.fromArrays([{ id: "two", X: [[1], [2]], y: [1, -1] }]);
  expect(() => deal(small, 3)).toThrow(/would have no row to test; give fewer folds/);
});
