// The demonstration: three errors, a certificate each, and the groups, the same for the same seed.
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { measureRecovery } from "../dist/demo/recovery.js";

const demo = resolve(__dirname, "..", "dist", "demo", "main.js");

async function run(...args: string[]): Promise<string> {
  const environment = { ...process.env, NO_COLOR: "1" };
  const { stdout } = await promisify(execFile)(process.execPath, [demo, ...args], { env: environment });
  return stdout;
}

/** All but the times. */
const timeless = (text: string) => text.replace(/[\d.]+ m?s$/gm, "").replace(/ +/g, " ");

describe("the demonstration", () => {
  it("tells the errors of three methods, multi-task below local below global, and finds the groups", async () => {
    const text = await run();
    const error = (method: string) => {
      const found = new RegExp(`^${method} +([\\d.]+) % `, "m").exec(text)?.[1];
      expect(found, method).toBeDefined();
      return Number(found);
    };
    expect(error("multi-task")).toBeLessThan(error("local"));
    expect(error("local")).toBeLessThan(error("global"));
    expect(text.match(/Certificate: the objective is within [\d.e-]+ % of the optimum/g)).toHaveLength(3);
    expect(text).toMatch(/closest person is of the same group for \d+ of 30 people/);
    expect(text).not.toContain("\u001b");
  });

  it("says the same for the same seed, and something else for another", async () => {
    const [first, second, other] = await Promise.all([
      run("--seed", "5"),
      run("--seed", "5"),
      run("--seed", "6"),
    ]);
    expect(timeless(second)).toBe(timeless(first));
    expect(timeless(other)).not.toBe(timeless(first));
  });
});

describe("measureRecovery", () => {
  const matrix = (entry: (s: number, t: number) => number) => ({ rows: 6, columns: 6, get: entry });
  const groupOf = [0, 1, 0, 1, 0, 1];
  const sameGroup = (s: number, t: number) => groupOf[s] === groupOf[t];

  it("is full where relations are the groups", () => {
    const found = measureRecovery(
      matrix((s, t) => (s === t ? 1 : sameGroup(s, t) ? 0.8 : 0.1)),
      groupOf,
    );
    expect(found).toMatchObject({ nearestInGroup: 6, runs: 2 });
    expect(found.within).toBeCloseTo(0.8, 12);
    expect(found.between).toBeCloseTo(0.1, 12);
  });

  it("is nil where relations are the opposite of the groups", () => {
    const found = measureRecovery(
      matrix((s, t) => (s === t ? 1 : sameGroup(s, t) ? -0.5 : 0.5)),
      groupOf,
    );
    expect(found.nearestInGroup).toBe(0);
  });
});
