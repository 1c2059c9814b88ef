// `fedmtl add`: the model it writes has the new tasks, and those of before as they were.
import { writeFile } from "node:fs/promises";
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

it("takes the relations of new tasks from files: the model is that of addTask", async () => {
  const tasks = await readTasks(data);
  const [a = "", b = "", c = "", d = "", e = "", f = ""] = tasks.names;
  const inner = `${a},${b},1\n${c},${d},2\n`;
  await writeFile(file("inner.csv"), inner);
  await writeFile(file("edges.csv"), `${inner}${e},${a},1\n${f},${e},3\n`);
  const graphFlags = ["--relationship", "graph", "--lambda2", "0.1", "--edges"];
  await fedmtl("train", some, ...flags, ...graphFlags, file("inner.csv"), "--out", file("graph.safetensors"));
  const before = await Model.load(file("graph.safetensors"));
  const args = ["add", file("graph.safetensors"), data, "--out", grown];
  expect((await fedmtl(...args, "--edges", file("edges.csv"))).code).toBe(0);
  const first = await before.addTask(e, tasks.select([e]), { edges: [[a, 1]] });
  const second = await first.addTask(f, tasks.select([f]), { edges: [[e, 3]] });
  const after = await Model.load(grown);
  expect(after.weights(e)).toEqual(second.weights(e));
  expect(after.weights(f)).toEqual(second.weights(f));

  for (const none of ["", "taskA,taskB,weight\n"]) {
    await writeFile(file("none.csv"), none);
    expect((await fedmtl(...args, "--edges", file("none.csv"))).code).toBe(0);
    const alone = await before.addTask(e, tasks.select([e]), { edges: [] });
    expect((await Model.load(grown)).weights(e)).toEqual(alone.weights(e));
  }
  await writeFile(file("strange.csv"), `${e},zebra,1\n`);
  const strange = await fedmtl(...args, "--edges", file("strange.csv"));
  expect(strange.code).toBe(3);
  expect(strange.stderr).toMatch(
    /strange\.csv, line 1: .*"zebra", which neither the model nor the data have/,
  );
  await expect(before.addTask(e, tasks.select([e]), { edges: [["zebra", 1]] })).rejects.toThrow(
    /names the task "zebra", which the model does not have; give tasks of the model/,
  );

  const sigmaOf = (m: number): string =>
    Array.from({ length: m }, (_, s) =>
      Array.from({ length: m }, (_, t) => 0.5 ** Math.abs(s - t)).join(","),
    ).join("\n");
  await writeFile(file("sigma4.csv"), sigmaOf(4));
  await writeFile(file("sigma6.csv"), sigmaOf(6));
  const fixedFlags = ["--relationship", "fixed", "--sigma", file("sigma4.csv")];
  await fedmtl("train", some, ...flags, ...fixedFlags, "--out", file("fixed.safetensors"));
  const more = ["add", file("fixed.safetensors"), data, "--out", grown];
  expect((await fedmtl(...more, "--sigma", file("sigma6.csv"))).code).toBe(0);
  const given = await Model.load(file("fixed.safetensors"));
  const sigma = [3, 2, 1, 0].map((power) => 0.5 ** (power + 1));
  const fifth = await given.addTask(e, tasks.select([e]), { sigma: [...sigma, 1] });
  expect((await Model.load(grown)).weights(e)).toEqual(fifth.weights(e));

  const refused = await fedmtl(...more, "--sigma", file("sigma4.csv"));
  expect(refused.code).toBe(3);
  expect(refused.stderr).toMatch(/sigma4\.csv: found a matrix of 4 × 4, expected 6 × 6/);
  expect((await fedmtl(...more, "--sigma", "x", "--omega", "y")).code).toBe(2);
  expect((await fedmtl(...args)).stderr).toMatch(/needs its edges/);
});

it.each<[string, () => string[], number, RegExp]>([
  ["no file to write", () => ["add", model, data], 2, /add needs --out MODEL/],
  ["a file that is read", () => ["add", model, data, "--out", model], 2, /is also read, or written twice/],
  ...(["edges", "omega", "sigma"] as const).map((flag): [string, () => string[], number, RegExp] => [
    `a model in the place of its --${flag}`,
    () => ["add", model, data, `--${flag}`, grown, "--out", grown],
    2,
    /is also read, or written twice/,
  ]),
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
