// `fedmtl add`: the model it writes has the new tasks, and those of before as they were.
import { Model, readTasks } from "fedmtl";
import { beforeAll, expect, it } from "vitest";
import { writeTasks } from "../../dist/data/write_tasks.js";
import { fedmtl, fedmtlJson, generate, makeFolder } from "./support.js";

const file = makeFolder();
const [data, some, model, grown] = ["all.svm", "some.svm", "some.safetensors", "all.safetensors"].map(
  file,
) as [string, string, string, string];
const flags = ["--weighting", "mean", "--lambda1", "0.1"];

beforeAll(async () => {
  await generate(data);
  const tasks = await readTasks(data);
  await writeTasks(some, tasks.select(tasks.names.slice(0, 4)), "svmlight");
  expect((await fedmtl("train", some, ...flags, "--out", model)).code).toBe(0);
});

it("writes a model that has every task, with certificates", async () => {
  const { added, tasks } = await fedmtlJson("add", model, data, "--out", grown);
  expect(tasks).toBe(6);
  const all = (await readTasks(data)).names;
  expect((added as { task: string }[]).map(({ task }) => task)).toEqual(all.slice(4));
  for (const { certificate, seconds } of added as {
    certificate: Record<string, number>;
    seconds: number;
  }[]) {
    expect(certificate.relativeGap).toBeLessThanOrEqual(1e-4);
    expect(seconds).toBeGreaterThan(0);
  }
  const [before, after] = [await Model.load(model), await Model.load(grown)];
  for (const name of before.names) {
    expect(after.weights(name)).toEqual(before.weights(name));
  }
  expect((await fedmtl("evaluate", grown, data)).code).toBe(0);
});

it("says what it added, and which tasks were there", async () => {
  const { code, stdout, stderr } = await fedmtl("add", model, data, "--out", grown, "--gap", "1e-8");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^task +rows +gap +time\ntask-05 /);
  expect(stdout).toContain(`Wrote ${grown}: 6 tasks, 2 of them new.`);
  expect(stderr).toContain("the model has 4 tasks of the data already");
});

it.each<[string, () => string[], number, RegExp]>([
  ["no file to write", () => ["add", model, data], 2, /add needs --out MODEL/],
  ["a file that is read", () => ["add", model, data, "--out", model], 2, /is also read, or written twice/],
  [
    "data in the place of a model",
    () => ["add", data, data, "--out", grown],
    3,
    /not a usable safetensors file/,
  ],
])("refuses %s", async (_, args, exitCode, sentence) => {
  const { code, stdout, stderr } = await fedmtl(...args());
  expect([code, stdout]).toEqual([exitCode, ""]);
  expect(stderr).toMatch(sentence);
});
