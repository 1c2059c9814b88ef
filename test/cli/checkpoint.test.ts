// `fedmtl train --checkpoint DIR --resume`: what signals leave behind, and what is said of it.
import { mkdirSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { killAndResume } from "../support/kill_and_resume.cjs";
import { fedmtl, generate, makeFolder, start } from "./support.js";

const file = makeFolder();
const data = file("toy.svm");
// Certified at the ends of W steps only, so that it goes on for as many rounds as it is given.
const flags = ["train", data, "--gap", "1e-12", "--omega-every", "40", "--certify-every", "1e9"];

beforeAll(async () => {
  await generate(data);
});

const checkpointsIn = async (dir: string): Promise<string[]> =>
  (await readdir(dir).catch(() => [])).filter((name) => name.startsWith("checkpoint-"));

it.each(["SIGINT", "SIGTERM"] as const)(
  "%s writes a checkpoint, exits with 130; resumed, the same bits",
  async (signal) => {
    const dir = file(`${signal}.checkpoints`);
    const checkpoint = ["--checkpoint", dir];
    // One as a sign of life, and then none for as long as a test may take.
    const endless = start([...flags, ...checkpoint, "--rounds", "1e9", "--checkpoint-rounds", "5000"]);
    while ((await checkpointsIn(dir)).length === 0) {
      await sleep(5);
    }
    endless.child.kill(signal);
    const { code, stderr } = await endless.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/interrupted.*--resume/);

    const done = Math.max(...(await checkpointsIn(dir)).map((name) => Number(/\d+/.exec(name)?.[0])));
    const [whole, pieces] = [file(`${signal}.whole`), file(`${signal}.pieces`)];
    const rounds = ["--rounds", `${done + 100}`];
    const resumed = await fedmtl(
      ...flags,
      ...rounds,
      "--out",
      pieces,
      ...checkpoint,
      "--resume",
      "--threads",
      "2",
    );
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain(`resumed from ${join(dir, `checkpoint-${done}.safetensors`)}`);
    expect((await fedmtl(...flags, ...rounds, "--out", whole, "--threads", "1")).code).toBe(0);
    expect(await readFile(pieces)).toEqual(await readFile(whole));
  },
);

it("kill -9 at 20 random moments: resuming works each time, the same bits", {
  timeout: 600_000,
}, async () => {
  const folder = file("kills");
  mkdirSync(folder);
  const { kills, resumed } = await killAndResume({ kills: 20, seed: 1, folder });
  expect(kills).toBe(20);
  expect(resumed).toBeGreaterThan(0);
});

describe("refusals", () => {
  const short = [...flags, "--rounds", "200"];

  it("names the damaged checkpoint on stderr and uses the one before", async () => {
    const dir = file("damaged");
    expect((await fedmtl(...short, "--checkpoint", dir, "--checkpoint-rounds", "80")).code).toBe(0);
    await writeFile(join(dir, "checkpoint-200.safetensors"), "");
    const { code, stderr } = await fedmtl(...short, "--checkpoint", dir, "--resume");
    expect(code).toBe(0);
    expect(stderr).toMatch(/fedmtl: cannot resume from .*checkpoint-200\.safetensors: .*checkpoint-160/);
  });

  it("names the foreign checkpoint and what differs, with exit code 3", async () => {
    const dir = file("foreign");
    expect((await fedmtl(...short, "--checkpoint", dir)).code).toBe(0);
    const { code, stderr } = await fedmtl(...short, "--seed", "2", "--checkpoint", dir, "--resume");
    expect(code).toBe(3);
    expect(stderr).toMatch(/checkpoint-200\.safetensors: .*seed 0 instead of 2/);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  it("a folder with checkpoints is not written over, with exit code 2", async () => {
    const dir = file("full");
    expect((await fedmtl(...short, "--checkpoint", dir)).code).toBe(0);
    const { code, stderr } = await fedmtl(...short, "--checkpoint", dir);
    expect(code).toBe(2);
    expect(stderr).toMatch(/checkpoint-200\.safetensors is there already; resume \(--resume/);
  });

  it.each([["--resume"], ["--checkpoint-rounds", "3"], ["--checkpoint-seconds", "3"]])(
    "%s needs --checkpoint",
    async (...given) => {
      const { code, stderr } = await fedmtl(...short, ...given);
      expect(code).toBe(2);
      expect(stderr).toContain(`${given[0]} needs --checkpoint DIR`);
    },
  );
});
