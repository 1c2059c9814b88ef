import { fit, fixed, type Model } from "fedmtl";
import { Matrix } from "ml-matrix";
import { beforeAll, describe, expect, it } from "vitest";
import { generatedTasks } from "./support/generated_tasks.js";

const classes = generatedTasks({ tasks: 7, cols: 5, rows: [20, 30], clusters: 2, seed: 3 });
const names = classes.names;
const others = names.slice(0, -1);
const last = names.at(-1) as string;
const omega = Matrix.eye(7, 7).mul(2).add(-0.2);
const sigma = Matrix.eye(7, 7).add(0.5);
const part = (matrix: Matrix) => matrix.subMatrix(0, 5, 0, 5);

describe("refused, in a sentence", () => {
  let model: Model;
  let given: Model;
  const rows = classes.select([last]);
  beforeAll(async () => {
    ({ model } = await fit(classes.select(others)).result);
    const relationship = fixed({ omega: part(omega) });
    given = (await fit(classes.select(others), { relationship }).result).model;
  });

  it.each<[string, () => Promise<Model>, string, RegExp]>([
    [
      "null for rows",
      () => model.addTask(last, null as never),
      "INVALID_ARGUMENT",
      /data of a new task are null/,
    ],
    [
      "null for a number",
      () => model.addTask(last, rows, { gap: null as never }),
      "INVALID_OPTION",
      /gap is null/,
    ],
    [
      "null for options",
      () => model.addTask(last, rows, null as never),
      "INVALID_OPTION",
      /options of addTask are null/,
    ],
    [
      "a name that is taken",
      () => model.addTask(others[0] as string, rows),
      "INVALID_ARGUMENT",
      /has a task of this name/,
    ],
    [
      "no rows",
      () => model.addTask(last, { X: [], y: [] }),
      "INVALID_ARGUMENT",
      /X of the new task has no rows/,
    ],
    ["no name", () => model.addTask("", rows), "INVALID_ARGUMENT", /give a text/],
    [
      "two tasks",
      () => model.addTask(last, classes.select(names.slice(0, 2))),
      "INVALID_ARGUMENT",
      /the set has 2/,
    ],
    [
      "more features",
      () => model.addTask(last, { X: [[1, 2, 3, 4, 5, 6]], y: [1] }),
      "INVALID_ARGUMENT",
      /has 6 features, the model has 5/,
    ],
    [
      "another label",
      () => model.addTask(last, { X: [[1, 2]], y: [7] }),
      "BAD_INPUT",
      /found the label 7, expected -1 or 1/,
    ],
    [
      "a negative gap",
      () => model.addTask(last, rows, { gap: -1 }),
      "INVALID_OPTION",
      /gap is -1; give a number from 0/,
    ],
    [
      "no pass",
      () => model.addTask(last, rows, { passes: 0 }),
      "INVALID_OPTION",
      /passes is 0; give a whole number from 1/,
    ],
    [
      "another option",
      () => model.addTask(last, rows, { gaps: 1 } as object),
      "INVALID_OPTION",
      /unknown option of addTask "gaps".*did you mean "gap"/,
    ],
    [
      "relations of others",
      () => model.addTask(last, rows, { omega: [1] }),
      "INVALID_OPTION",
      /omega is for relationship "fixed", the model has "trace-norm"/,
    ],
    ["no relations", () => given.addTask(last, rows), "INVALID_OPTION", /needs its relations/],
    [
      "too few relations",
      () => given.addTask(last, rows, { omega: [1, 2] }),
      "INVALID_OPTION",
      /must be 7 finite numbers/,
    ],
  ])("%s", async (_, call, code, sentence) => {
    await expect(call()).rejects.toMatchObject({ code });
    await expect(call()).rejects.toThrow(sentence);
  });

  it("relations that are not positive semi-definite, or leave nothing to learn", async () => {
    await expect(given.addTask(last, rows, { omega: [9, 0, 0, 0, 0, 0, 1] })).rejects.toThrow(
      /not positive semi-definite/,
    );
    const relationship = fixed({ sigma: part(sigma) });
    const { model: covariance } = await fit(classes.select(others), { relationship }).result;
    const copy = [...sigma.getRow(0).slice(0, 6), 1.5];
    await expect(covariance.addTask(last, rows, { sigma: copy })).rejects.toThrow(/leaves nothing to learn/);
  });
});
