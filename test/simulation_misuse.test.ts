// What users of simulations get wrong: options, traces, parts of their own, devices that are never there together. The same
// rules as in bad_use.test.ts: one sentence that says what is allowed, the right code, no hang, no number that is none.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Availability,
  dayNight,
  type Device,
  type Link,
  mean,
  readTrace,
  renderReport,
  type ReportContent,
  simulate,
  type SimulateOptions,
  traceNorm,
} from "fedmtl";
import { afterAll, describe, expect, it } from "vitest";
import { expectError } from "./support/refusals.js";
import { generatedTasks } from "./support/generated_tasks.js";

const tasks = generatedTasks({ tasks: 6, cols: 5, rows: [10, 30], noise: 0.05, seed: 9 });
const m = tasks.taskCount;
const link: Link = {
  ...{ downBytesPerSecond: 1e4, upBytesPerSecond: 5e3, latencySeconds: 0.25 },
  ...{ joulesPerByteDown: 1e-3, joulesPerByteUp: 3e-3 },
};
const device: Device = { flopsPerSecond: 1e4, memoryBytes: 1e9, joulesPerFlop: 1e-6 };
const base: SimulateOptions = {
  ...{ relationship: mean({ lambda1: 0.5, lambda2: 0.1 }), weighting: "mean" },
  ...{ devices: device, network: link, seed: 2 },
  stop: { rounds: 5, gap: 0 },
};

const folder = mkdtempSync(join(tmpdir(), "fedmtl-misuse-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
function written(content: string | Uint8Array, ending = ".csv"): string {
  const path = join(folder, `${files++}${ending}`);
  writeFileSync(path, content);
  return path;
}

describe("what cannot be is refused, with what can", () => {
  const cases: [string, Record<string, unknown>, RegExp][] = [
    ["an unknown method", { method: "coca" }, /unknown method "coca".*did you mean "cocoa"/],
    ["an unknown network", { network: "paper-wfi" }, /did you mean "paper-wifi"/],
    ["an unknown device", { devices: "phones" }, /did you mean "phone"/],
    ["an unknown option", { deadlin: 3 }, /did you mean "deadline"/],
    [
      "a negative rate",
      { network: { ...link, upBytesPerSecond: -1 } },
      /upBytesPerSecond of network is -1; give a number from 0.001/,
    ],
    ["a clock of 0", { devices: { ...device, flopsPerSecond: 0 } }, /flopsPerSecond of devices is 0/],
    ["a number that is missing", { devices: { flopsPerSecond: 1 } }, /memoryBytes of devices is undefined/],
    ["too few devices", { devices: ["phone"] }, /1 entries for 6 tasks/],
    ["negative shares", { network: { shares: { lte: -1 } } }, /shares of network have -1 for lte/],
    [
      "a probability above 1",
      { faults: 1.5 },
      /probability of dropping a round is 1.5; give a number from 0 to 1/,
    ],
    ["a probability for some", { faults: [0.1, 0.2] }, /2 probabilities of dropping a round for 6 tasks/],
    ["a budget", { budget: "higher" }, /unknown budget "higher"/],
    ["a budget without its deadline", { budget: "deadline" }, /needs a deadline/],
    [
      "a deadline of the paper's clock",
      { network: "paper-lte", deadline: 1 },
      /a deadline needs devices and links/,
    ],
    [
      "a sample of nothing",
      { sampling: { fraction: 0 } },
      /sampling is \{ fraction: 0 \}; give \{ fraction \}/,
    ],
    [
      "a round that never ends",
      { network: { ...link, latencySeconds: 1e308 } },
      /latencySeconds of network is 1e\+308/,
    ],
    ["a link that stands still", { network: { ...link, downBytesPerSecond: 1e-320 } }, /downBytesPerSecond/],
    [
      "a device that stands still",
      { devices: { ...device, flopsPerSecond: 1e-320 } },
      /flopsPerSecond of devices/,
    ],
    [
      "all energy there is",
      { devices: { ...device, joulesPerFlop: 1e308 } },
      /joulesPerFlop of devices is 1e\+308/,
    ],
    [
      "a deadline in no time",
      { deadline: 1e308 },
      /deadline is 1e\+308; give a number above 0 to 1000000000000/,
    ],
    ["a callback that is none", { onRound: 5 }, /onRound is 5; give a function/],
    ["rounds of 0", { stop: { rounds: 0 } }, /rounds is 0/],
    [
      "a learned relationship of CoCoA",
      { method: "cocoa", relationship: traceNorm() },
      /cocoa takes a relationship that is given/,
    ],
    ["a free intercept of a baseline", { method: "local", intercept: "free" }, /of mocha alone/],
    ["memory", { devices: { ...device, memoryBytes: 100 } }, /needs \d+ bytes on its device, which has 100/],
    ["budgets of fit", { budgets: () => new Float64Array(m) }, /unknown option "budgets"/],
    ["a method that is none", { method: () => ({ taskCount: m }) }, /an object without round/],
  ];
  it.each(cases)("%s", async (_, options, message) => {
    const simulation = simulate(tasks, { ...base, ...options } as SimulateOptions);
    await expect(simulation.result).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringMatching(message),
    });
  });
});

describe("traces", () => {
  const bad: [string, string, RegExp][] = [
    ["nothing", "", /line 1, column 1: found the end of the file, expected the header device,start,end/],
    ["no line", "device,start,end\n", /line 2, column 1: found the end of the file, expected a line/],
    [
      "another header",
      "id,from,to\na,0,1",
      /line 1, column 1: found "id,from,to", expected the header device,start,end/,
    ],
    ["two cells", "device,start,end\na,0,1\nb,1", /line 3, column 1: found "b,1", expected three cells/],
    [
      "a word",
      "device,start,end\na,soon,1",
      /line 2, column 3: found "soon", expected seconds, a number from 0/,
    ],
    ["a negative second", "device,start,end\na,0,1\na,-1,3", /line 3, column 3: found "-1"/],
    ["not a number", "device,start,end\na,0,NaN", /line 2, column 5: found "NaN"/],
    [
      "an end before the start",
      "device,start,end\nab,5,4",
      /line 2, column 6: found the end 4, expected a number above the start 5/,
    ],
    ["no name", "device,start,end\n,0,1", /line 2, column 1: found no name/],
    [
      "a time at which the clock stands still",
      "device,start,end\na,0,1e300",
      /line 2, column 5: found "1e300", expected seconds, a number from 0 to 1000000000000/,
    ],
  ];
  it.each(bad)("%s is refused by file, line and column", async (_, content, message) => {
    const path = written(content);
    await expect(readTrace(path)).rejects.toMatchObject({
      code: "BAD_INPUT",
      message: expect.stringMatching(message),
    });
    await expect(readTrace(path)).rejects.toThrow(path);
  });

  it("of other devices, too short a repetition, and no file are refused", async () => {
    const path = written("device,start,end\nb,5,8\na,0,2\n");
    const availability = await readTrace(path);
    await expect(simulate(tasks, { ...base, availability }).result).rejects.toMatchObject({
      code: "BAD_INPUT",
      message: expect.stringMatching(
        /line 2, column 1: found the device "b", expected the name of one of the 6 tasks/,
      ),
    });
    await expect(readTrace(path, { repeat: 7 })).rejects.toThrow(/the trace .*\.csv lasts until second 8/);
    await expect(readTrace(path, { repeat: 1e-320 })).rejects.toThrow(
      /repeat is 1e-320; give a number from 0.001/,
    );
    await expect(readTrace(join(folder, "none.csv"))).rejects.toMatchObject({ code: "IO" });
    await expect(readTrace(written("no gzip", ".csv.gz"))).rejects.toMatchObject({ code: "BAD_INPUT" });
  });
});

/** Devices that are never there by themselves, but of which one is said to come. */
const away = (nextArrival: (moment: { readonly time: number }) => unknown): Availability => ({
  name: "mine",
  at: (_, until) => until.fill(Number.NEGATIVE_INFINITY),
  nextArrival: nextArrival as NonNullable<Availability["nextArrival"]>,
});

describe("where nobody is there", () => {
  it("ends if two models of availability never agree", async () => {
    const noon = await readTrace(written(`device,start,end\n${tasks.names[0]},43200,43300\n`), {
      repeat: 86400,
    });
    const { status, history, time } = await simulate(tasks, { ...base, availability: [noon, dayNight()] })
      .result;
    expect([status, history.length]).toEqual(["deserted", 0]);
    expect(Number.isFinite(time)).toBe(true);
  });

  it("stops at the last virtual second, without a round after it", async () => {
    const late = await readTrace(written(`device,start,end\n${tasks.names[0]},100,200\n`));
    const stop = { rounds: 5, gap: 0, seconds: 30 };
    const { status, history, time } = await simulate(tasks, { ...base, availability: late, stop }).result;
    expect([status, history.length, time]).toEqual(["budget", 0, 30]);
  });

  it("can be aborted, though the next device never comes nearer", async () => {
    const run = simulate(tasks, { ...base, availability: away(({ time }) => time) });
    setTimeout(() => run.abort(), 20);
    expect((await run.result).status).toMatch(/aborted|deserted/);
  });

  it.each([Number.NaN, "soon", null, undefined])("refuses %s as the next arrival", async (given) => {
    await expectError(
      () => simulate(tasks, { ...base, availability: away(() => given) }).result,
      "INVALID_ARGUMENT",
      /nextArrival of the availability "mine" gave .*; give virtual seconds, or Infinity/,
    );
  });
});

describe("reports", () => {
  it.each<[unknown, RegExp]>([
    [null, /the content of a report is null; give an object/],
    [{}, /title of a report is undefined; give a text/],
    [{ title: "x", tabels: [] }, /unknown part of a report "tabels"; .*did you mean "tables"/],
    [{ title: "x", comparisons: 5 }, /comparisons of a report is 5; give an array/],
    [{ title: "x", comparisons: [{}] }, /runs of comparisons\[0\] of a report is undefined; give an array/],
    [
      { title: "x", comparisons: [{ runs: [{}] }] },
      /points of comparisons\[0\].runs\[0\] of a report is undefined/,
    ],
    [{ title: "x", costs: [null] }, /costs\[0\] of a report is null; give an object/],
    [{ title: "x", correlation: {} }, /tasks of correlation of a report is undefined; give an array/],
    [{ title: "x", options: 3 }, /options of a report is 3; give an object/],
  ])("of %j are refused", async (content, message) => {
    await expectError(() => renderReport(content as ReportContent), "INVALID_OPTION", message);
  });
});

describe("onRound", () => {
  it.each([
    [
      "throws",
      () => {
        throw new Error("of the user");
      },
    ],
    ["rejects", () => Promise.reject(new Error("of the user"))],
  ])("that %s ends the simulation with its error", async (_, onRound) => {
    await expect(simulate(tasks, { ...base, onRound }).result).rejects.toThrow("of the user");
  });

  it("is waited for", async () => {
    const seen: number[] = [];
    const onRound = async ({ round }: { readonly round: number }): Promise<void> => {
      seen.push(round);
      await new Promise((done) => setTimeout(done, 1));
      seen.push(-round);
    };
    await simulate(tasks, { ...base, stop: { rounds: 2, gap: 0 }, onRound }).result;
    expect(seen).toEqual([1, -1, 2, -2]);
  });
});
