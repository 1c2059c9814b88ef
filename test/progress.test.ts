// Progress reports, on a clock and a stream of the test's own.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createProgress, duration, fractionDone } from "../dist/cli/progress.js";

// The same cases in every run.
fc.configureGlobal({ seed: 1 });

function setUp(isTTY: boolean, columns = 100) {
  const written: string[] = [];
  const clock = { seconds: 0 };
  const stream = { isTTY, columns, write: (text: string) => written.push(text) };
  const progress = createProgress({ stream, targetGap: 1e-3, rounds: 1000, now: () => clock.seconds });
  return { written, clock, progress };
}

describe("fractionDone", () => {
  const stop = { targetGap: 1e-3, rounds: 1000 };

  it("is half-way at the geometric mean of the first gap and the target", () => {
    expect(fractionDone(0, 1e-1, 1e-2, stop)).toBeCloseTo(0.5, 12);
  });

  it("follows the rounds where they are further", () => {
    expect(fractionDone(900, 1e-1, 1e-2, stop)).toBeCloseTo(0.9, 12);
    expect(fractionDone(250, undefined, undefined, stop)).toBeCloseTo(0.25, 12);
  });

  it("is in [0, 1] always, 1 where the gap is reached, and does not fall when the gap does", () => {
    const gaps = fc.double({ min: 0, max: 10, noNaN: true });
    fc.assert(
      fc.property(
        gaps,
        gaps,
        gaps,
        fc.nat({ max: 2000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (first, a, b, round, targetGap) => {
          const at = (gap: number) => fractionDone(round, first, gap, { targetGap, rounds: 1000 });
          const [smaller, larger] = [at(Math.min(a, b)), at(Math.max(a, b))];
          expect(larger).toBeGreaterThanOrEqual(0);
          expect(smaller).toBeLessThanOrEqual(1);
          expect(smaller).toBeGreaterThanOrEqual(larger);
          expect(at(targetGap)).toBe(1);
        },
      ),
    );
  });
});

describe("createProgress", () => {
  it("redraws one line on a terminal, at most ten times a second, and removes it at the end", () => {
    const { written, clock, progress } = setUp(true);
    for (let round = 1; round <= 100; round++) {
      clock.seconds = round / 100;
      progress.update({ round, omegaStep: 2, relativeGap: 0.1 });
    }
    expect(written.length).toBeLessThanOrEqual(10);
    expect(written.length).toBeGreaterThan(5);
    expect(written.every((text) => text.startsWith("\r") && !text.includes("\n"))).toBe(true);
    expect(written[0]).toMatch(/round \d+, Omega step 2, gap 1\.0e-1 \(to 1\.0e-3\), 0\.1 s/);
    progress.finish();
    expect(written.at(-1)).toBe("\r\u001b[K");
  });

  it("keeps the bar within the terminal", () => {
    const { written, clock, progress } = setUp(true, 20);
    clock.seconds = 1;
    progress.update({ round: 1, omegaStep: 0 });
    expect(written.join("").replace("\r", "").replace("\u001b[K", "").length).toBeLessThan(20);
  });

  it("writes plain lines every few seconds elsewhere", () => {
    const { written, clock, progress } = setUp(false);
    for (let second = 1; second <= 20; second++) {
      clock.seconds = second;
      progress.update({ round: second, omegaStep: 1, ...(second < 8 ? {} : { relativeGap: 0.01 }) });
    }
    progress.finish();
    expect(written).toHaveLength(4);
    expect(written.every((text) => /^[ -~]+\n$/.test(text))).toBe(true);
    expect(written[0]).toMatch(/not certified yet/);
    expect(written[3]).toMatch(/gap 1\.0e-2/);
  });

  it("takes a width of 0, which some terminals report, as unknown", () => {
    const { written, clock, progress } = setUp(true, 0);
    clock.seconds = 1;
    progress.update({ round: 1, omegaStep: 0, relativeGap: 0.1 });
    expect(written.join("")).toContain("round 1");
  });

  it("writes nothing for a run that ends at once", () => {
    const { written, progress } = setUp(true);
    progress.update({ round: 1, omegaStep: 0, relativeGap: 1e-9 });
    progress.finish();
    expect(written).toEqual([]);
  });
});

describe("duration", () => {
  it.each([
    [0, "0.0 s"],
    [59.99, "59.9 s"],
    [60, "1 min 00 s"],
    [3599.9, "59 min 59 s"],
    [7500, "2 h 05 min"],
  ])("%d seconds: %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
