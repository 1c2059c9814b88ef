// SIGINT and SIGTERM end a training in order: exit code 130, model and history whole.
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Model } from "fedmtl";
import { beforeAll, expect, it } from "vitest";
import { generate, makeFolder, start } from "./support.js";

const file = makeFolder();
const data = file("toy.svm");

beforeAll(async () => {
  await generate(data);
});

/** Waits until a file is being written under a temporary name and has content. */
async function underWay(path: string): Promise<void> {
  for (;;) {
    const names = await readdir(dirname(path));
    const temporary = names.find((name) => name.startsWith(`.${basename(path)}`));
    if (temporary !== undefined && (await stat(join(dirname(path), temporary))).size > 0) {
      return;
    }
    await sleep(20);
  }
}

it.each(["SIGINT", "SIGTERM"] as const)("%s", async (signal) => {
  const [model, history] = [file(`${signal}.safetensors`), file(`${signal}.jsonl`)];
  // Never certified before the end, so that it cannot converge.
  const endless = ["--relationship", "independent", "--rounds", "1e9", "--certify-every", "1e9"];
  const { child, ended } = start(["train", data, ...endless, "--out", model, "--history", history, "--json"]);
  await underWay(history);
  child.kill(signal);
  const { code, stdout, stderr } = await ended;
  expect(code).toBe(130);
  expect(stderr).toMatch(/interrupted/);

  const result = JSON.parse(stdout);
  expect(result.status).toBe("aborted");
  expect(result.primal).toBeGreaterThanOrEqual(result.dual);
  expect((await Model.load(model)).certificate.primal).toBe(result.primal);
  const lines = (await readFile(history, "utf8")).trimEnd().split("\n");
  expect(lines).toHaveLength(result.rounds);
  expect(JSON.parse(lines.at(-1) ?? "").round).toBe(result.rounds);
  expect((await readdir(dirname(history))).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

it("a simulation: whole history, a result, and it goes on from its checkpoint", async () => {
  const history = file("simulated.jsonl");
  const problem = [
    "simulate",
    data,
    "--relationship",
    "mean",
    "--lambda2",
    "1",
    "--gap",
    "0",
    "--checkpoint",
    file("folder"),
  ];
  const { child, ended } = start([
    ...problem,
    "--method",
    "mocha,local",
    "--rounds",
    "1e9",
    "--history",
    history,
    "--json",
  ]);
  await underWay(history);
  child.kill("SIGINT");
  const { code, stdout, stderr } = await ended;
  expect(code).toBe(130);
  expect(stderr).toMatch(/interrupted.*--resume goes on from there/);
  const { methods } = JSON.parse(stdout) as { methods: { method: string; status: string; rounds: number }[] };
  expect(methods.map(({ method, status }) => [method, status])).toEqual([["mocha", "aborted"]]);
  const rounds = methods[0]?.rounds ?? 0;
  expect((await readFile(history, "utf8")).trimEnd().split("\n")).toHaveLength(rounds);
  const resumed = start([...problem, "--resume", "--rounds", `${rounds + 5}`, "--json"]);
  const { stdout: rest } = await resumed.ended;
  expect(JSON.parse(rest).methods[0]).toMatchObject({ rounds: rounds + 5, status: "budget" });
});
