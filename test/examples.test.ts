// The programs in examples/ run as they stand and come to the results that they announce.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = resolve(__dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "fedmtl-examples-"));
const data = join(folder, "wearables.svm");

/** Runs an example on the data that its first lines ask for. */
function run(name: string): string {
  const program = [join(root, "examples", name), data];
  return execFileSync(process.execPath, ["--import", "tsx", ...program], { cwd: root, encoding: "utf8" });
}

beforeAll(() => {
  const flags = "--tasks 12 --clusters 3 --cols 40 --seed 7 --out".split(" ");
  execFileSync(process.execPath, [join(root, "dist", "cli", "main.js"), "generate", ...flags, data]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("examples", () => {
  it("quickstart: both trainings converge, and learning together errs less than learning alone", () => {
    const text = run("quickstart.ts");
    const error = (name: string) => {
      const line = new RegExp(
        `^${name}: converged to 0\\.\\d+ % of the optimum, mean test error ([\\d.]+) %$`,
        "m",
      );
      return Number(line.exec(text)?.[1]);
    };
    expect(error("together")).toBeLessThan(error("alone"));
    const correlation = (which: string) =>
      Number(new RegExp(`\\(${which} clusters?\\): (-?[\\d.]+)`).exec(text)?.[1]);
    expect(correlation("same")).toBeGreaterThan(0.5);
    expect(Math.abs(correlation("different"))).toBeLessThan(0.3);
  });

  it("own-loop: the gap closes with clients dropping out, and no Omega step raises the regulariser", () => {
    const text = run("own-loop.ts");
    const gaps = [...text.matchAll(/relative gap ([\de.-]+)/g)].map(([, gap]) => Number(gap));
    expect(gaps).toHaveLength(5);
    expect(gaps.at(-1)).toBeLessThanOrEqual(1e-3);
    const steps = [...text.matchAll(/regulariser ([\d.]+) -> ([\d.]+)/g)];
    expect(steps).toHaveLength(4);
    for (const [, before, after] of steps) {
      expect(Number(after)).toBeLessThanOrEqual(Number(before));
    }
  });

  it("watch-and-abort: both ways of ending a training leave a certified model", () => {
    const text = run("watch-and-abort.ts");
    expect(text).toMatch(/^within 1 % of the optimum after \d+ rounds: enough$/m);
    expect(text).toMatch(/^aborted: 12 tasks after \d+ rounds$/m);
    expect(text).toMatch(/^the optimum lies between \d+\.\d\d and \d+\.\d\d$/m);
    expect(text).toMatch(/^with a signal: aborted$/m);
  });

  it("simulate: momentum is there before the paper's rule, and both before mini-batch SGD", () => {
    const text = run("simulate.ts");
    const times = [...text.matchAll(/: converged after \d+ rounds, ([\d.]+) s/g)].map(([, time]) =>
      Number(time),
    );
    expect(times).toHaveLength(3);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it("own-devices: who sleeps answers less, who hangs on a satellite pays more", () => {
    const text = run("own-devices.ts");
    const [odd, forgetful, last] = [...text.matchAll(/: (\d+) answers, ([\d.]+) J/g)].map(
      ([, answers, joules]) => ({
        answers: Number(answers),
        joules: Number(joules),
      }),
    );
    expect(forgetful?.answers).toBe(180);
    expect(last?.answers).toBe(200);
    expect(odd?.answers).toBeLessThan(180);
    expect(last?.joules).toBeGreaterThan(10 * (forgetful?.joules ?? 0));
  });

  it("own-method: gradient descent finds the line with a third of the answers lost", () => {
    const text = run("own-method.ts");
    const [, slope, offset] = /w = ([\d.-]+), ([\d.-]+);/.exec(text) ?? [];
    expect(Number(slope)).toBeCloseTo(2, 1);
    expect(Number(offset)).toBeCloseTo(-1, 1);
  });

  it("are short", () => {
    for (const name of readdirSync(join(root, "examples"))) {
      expect(readFileSync(join(root, "examples", name), "utf8").split("\n").length, name).toBeLessThanOrEqual(
        60,
      );
    }
  });
});
