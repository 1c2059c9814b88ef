// The parts of the systems model by themselves: traces, days and nights, faults, random numbers, parts of a user's own, and
// simulations that are killed and resumed.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import {
  type Availability,
  bursts,
  dayNight,
  type Faults,
  independentDrops,
  mean,
  type Method,
  type Moment,
  presence,
  readTrace,
  simulate,
  type SimulateOptions,
  type SimulationResult,
  traceNorm,
} from "fedmtl";
import { afterAll, describe, expect, it } from "vitest";
import { KeyedRandom } from "../dist/systems/keyed_random.js";
import { generatedTasks } from "./support/generated_tasks.js";

const { showScale } = require("../scripts/simulate_scale.cjs") as {
  showScale(devices: number, rounds: number): { outcomes: Outcome[]; resumed: Outcome; signal: unknown };
};
interface Outcome {
  readonly digest: string;
  readonly rounds: number;
  readonly absent: number;
  readonly resumedFrom: string | null;
}

const folder = mkdtempSync(join(tmpdir(), "fedmtl-simulation-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
function written(content: string | Uint8Array, ending = ".csv"): string {
  const path = join(folder, `${files++}${ending}`);
  writeFileSync(path, content);
  return path;
}

const names = Array.from({ length: 400 }, (_, t) => `device ${t}`);
const random = new KeyedRandom(3, names);
const moment = (round: number, time = 0, of: readonly string[] = names): Moment => ({
  round,
  time,
  names: of,
  random,
});

const tasks = generatedTasks({ tasks: 6, cols: 5, rows: [10, 30], noise: 0.05, seed: 9 });
const base: SimulateOptions = {
  ...{ relationship: mean({ lambda1: 0.5, lambda2: 0.1 }), weighting: "mean", seed: 2, network: "lte" },
  stop: { rounds: 10, gap: 0 },
};

describe("random numbers", () => {
  it("are uniform and independent over devices, rounds and purposes", () => {
    const draws: number[] = [];
    let [serial, across, count] = [0, 0, 0];
    for (let round = 1; round <= 200; round++) {
      const [word, next, other] = [
        random.word("drop", round),
        random.word("drop", round + 1),
        random.word("burst", round),
      ];
      for (let t = 0; t < names.length; t++) {
        const u = random.uniform(word, t);
        draws.push(u);
        serial += (u - 0.5) * (random.uniform(next, t) - 0.5);
        across += (u - 0.5) * (random.uniform(other, t) - 0.5);
        count++;
      }
    }
    // 80,000 draws: mean 1/2 ± 0.001, second moment 1/3 ± 0.00106, products 0 ± 1/12/sqrt(80,000); five deviations.
    expect(draws.every((u) => u >= 0 && u < 1)).toBe(true);
    expect(Math.abs(draws.reduce((a, b) => a + b, 0) / count - 0.5)).toBeLessThan(5.1e-3);
    expect(Math.abs(draws.reduce((a, b) => a + b * b, 0) / count - 1 / 3)).toBeLessThan(5.3e-3);
    expect(Math.abs(serial / count)).toBeLessThan(1.5e-3);
    expect(Math.abs(across / count)).toBeLessThan(1.5e-3);
    const bins = new Float64Array(64);
    for (const u of draws) {
      (bins[Math.floor(64 * u)] as number) += 1;
    }
    // Chi-squared with 63 degrees of freedom: 63 ± 11.2, six deviations.
    const chi = bins.reduce((sum, found) => sum + (found - count / 64) ** 2 / (count / 64), 0);
    expect(chi).toBeGreaterThan(15);
    expect(chi).toBeLessThan(131);
  });

  it("are functions of seed, purpose, device and round alone", () => {
    const again = new KeyedRandom(3, ["another", "device 7"]);
    expect(again.uniform(again.word("drop", 5), 1)).toBe(random.uniform(random.word("drop", 5), 7));
    const other = new KeyedRandom(2 ** 40 + 3, names);
    expect(other.uniform(other.word("drop", 5), 7)).not.toBe(random.uniform(random.word("drop", 5), 7));
  });
});

/** Which devices fail in rounds 1, 2, …; a Uint8Array a round. */
function failures(faults: Faults, rounds: number): Uint8Array[] {
  const state = new Uint8Array(names.length);
  return Array.from({ length: rounds }, (_, h) => {
    faults.drop(moment(h + 1), state);
    return state.slice();
  });
}

const share = (rounds: readonly Uint8Array[]): number =>
  rounds.reduce((sum, round) => sum + round.reduce((a, b) => a + b, 0), 0) / (rounds.length * names.length);

describe("faults", () => {
  it.each([0.05, 0.3, 0.9])("independent ones come with probability %f", (p) => {
    // 80,000 draws: five standard deviations.
    expect(Math.abs(share(failures(independentDrops(p), 200)) - p)).toBeLessThan(
      5 * Math.sqrt((p * (1 - p)) / 8e4),
    );
  });

  it("each device has its own probability, 0 and 1 without exception", () => {
    const rounds = failures(independentDrops(names.map((_, t) => (t % 3) / 2)), 100);
    expect(rounds.every((round) => round.every((drops, t) => t % 3 === 1 || drops === (t % 3) / 2))).toBe(
      true,
    );
  });

  it.each([
    [0.2, 5],
    [0.5, 2],
    [0.1, 1],
  ])("bursts: a share of %f in runs of %f rounds, from the first round on", (wanted, length) => {
    const rounds = failures(bursts({ share: wanted, rounds: length }), 400);
    // Runs make draws dependent: the variance of the mean grows by about 2 length - 1.
    const deviation = Math.sqrt((wanted * (1 - wanted) * (2 * length - 1)) / (400 * names.length));
    expect(Math.abs(share(rounds) - wanted)).toBeLessThan(6 * deviation);
    expect(Math.abs(share(rounds.slice(0, 1)) - wanted)).toBeLessThan(
      6 * Math.sqrt((wanted * (1 - wanted)) / names.length),
    );
    let [ends, failed] = [0, 0];
    for (let h = 1; h < rounds.length; h++) {
      for (let t = 0; t < names.length; t++) {
        const before = rounds[h - 1]?.[t] ?? 0;
        failed += before;
        ends += before === 1 && rounds[h]?.[t] === 0 ? 1 : 0;
      }
    }
    const deviationOfEnds = Math.sqrt(((1 / length) * (1 - 1 / length)) / failed);
    expect(Math.abs(ends / failed - 1 / length)).toBeLessThanOrEqual(6 * deviationOfEnds);
  });

  it("refuse what cannot be", () => {
    expect(() => independentDrops(-0.1)).toThrow(
      /probability of dropping a round is -0.1; give a number from 0 to 1/,
    );
    expect(() => independentDrops([0.5, Number.NaN])).toThrow(/is NaN/);
    expect(() => bursts({ share: 1, rounds: 2 })).toThrow(/share of bursts is 1/);
    expect(() => bursts({ share: 0.2, rounds: 0.5 })).toThrow(/rounds of bursts is 0.5/);
    expect(() => bursts({ share: 0.9, rounds: 2 })).toThrow(/runs last at least 9.00 rounds/);
    expect(() => dayNight({ from: 25 })).toThrow(/from of dayNight is 25; give a number from 0 to 24/);
  });
});

/** Until when each device is there, -Infinity if it is not. */
function untilAt(model: Availability, time: number, of: readonly string[]): number[] {
  const until = new Float64Array(of.length);
  model.at(moment(1, time, of), until);
  return [...until];
}

const gone = Number.NEGATIVE_INFINITY;

describe("traces", () => {
  const lines = ["device,start,end", "b,5,8", "a,0,2", "a,4,6", '"c, ""x""",1,3', "a,1,3", "a,6,7", ""];
  const devices = ["a", "b", 'c, "x"', "d"];

  it("say who is there in [start, end), whatever the order of lines; what touches is one", async () => {
    for (const path of [
      written(lines.join("\n")),
      written(lines.join("\r\n")),
      written(gzipSync(lines.join("\n")), ".csv.gz"),
      written(`\uFEFF${lines.join("\n")}`),
    ]) {
      const trace = await readTrace(path);
      expect(untilAt(trace, 0, devices)).toEqual([3, gone, gone, gone]);
      expect(untilAt(trace, 1, devices)).toEqual([3, gone, 3, gone]);
      expect(untilAt(trace, 3, devices)).toEqual([gone, gone, gone, gone]);
      expect(untilAt(trace, 5, devices)).toEqual([7, 8, gone, gone]);
      expect(untilAt(trace, 8, devices)).toEqual([gone, gone, gone, gone]);
      expect(trace.nextArrival?.(moment(1, 3, devices))).toBe(4);
      expect(trace.nextArrival?.(moment(1, 8, devices))).toBe(Number.POSITIVE_INFINITY);
      expect(devices.map((_, t) => trace.never?.(t, devices))).toEqual([false, false, false, true]);
    }
  });

  it("are read in pieces without losing what lies across two of them", async () => {
    // 4 MB, and names of more bytes than letters, so that pieces end within lines, numbers and letters.
    const many = Array.from({ length: 4000 }, (_, t) => `gerät ${t} ☃`);
    const rows = many.flatMap((name, t) =>
      Array.from({ length: 35 }, (__, i) => `${name},${10 * i},${10 * i + 1 + t / 4000}`),
    );
    const trace = await readTrace(written(`device,start,end\r\n${rows.join("\r\n")}\r\n`));
    for (const i of [0, 17, 34]) {
      expect(untilAt(trace, 10 * i + 0.5, many)).toEqual(many.map((_, t) => 10 * i + 1 + t / 4000));
      expect(untilAt(trace, 10 * i + 2, many).every((until) => until === gone)).toBe(true);
    }
  });

  it("repeat, if they shall", async () => {
    const trace = await readTrace(written(lines.join("\n")), { repeat: 10 });
    expect(untilAt(trace, 31, devices)).toEqual([33, gone, 33, gone]);
    expect(trace.nextArrival?.(moment(1, 38.5, devices))).toBe(40);
  });

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
    const path = written(lines.join("\n"));
    const availability = await readTrace(path);
    await expect(simulate(tasks, { ...base, availability }).result).rejects.toMatchObject({
      code: "BAD_INPUT",
      message: expect.stringMatching(
        /line 2, column 1: found the device "b", expected the name of one of the 6 tasks/,
      ),
    });
    await expect(readTrace(path, { repeat: 7 })).rejects.toThrow(/the trace lasts until second 8/);
    await expect(readTrace(join(folder, "none.csv"))).rejects.toMatchObject({ code: "IO" });
    await expect(readTrace(written("no gzip", ".csv.gz"))).rejects.toMatchObject({ code: "BAD_INPUT" });
  });

  it("move the clock: it waits for the first device, those that go too early leave, at the end all are gone", async () => {
    const [first = "", second = ""] = tasks.names;
    // A round takes a little more than 0.07 s.
    const link = {
      ...{ downBytesPerSecond: 1e7, upBytesPerSecond: 1e7, latencySeconds: 0.07 },
      ...{ joulesPerByteDown: 0, joulesPerByteUp: 0 },
    };
    const content = ["device,start,end", `${first},5,5.5`, `${first},9,9.01`, `${second},5,5.2`].join("\n");
    const availability = await readTrace(written(content));
    const states: number[][] = [];
    const { history, status, absent } = await simulate(tasks, {
      ...base,
      network: link,
      availability,
      onRound: (_, round) => states.push([...round.states.slice(0, 3)]),
      stop: { rounds: 100, gap: 0 },
    }).result;
    const { answered, left, away } = presence;
    expect(history.at(0)?.time).toBeGreaterThan(5.07);
    expect(history.at(0)?.seconds).toBe(history.at(0)?.time);
    expect(states.slice(0, 3)).toEqual([
      [answered, answered, away],
      [answered, answered, away],
      [answered, left, away],
    ]);
    expect(states.at(-1)).toEqual([left, away, away]);
    expect(history.at(history.length - 1)?.time).toBeGreaterThan(9);
    expect(status).toBe("deserted");
    expect(absent.map(({ task, invited, why }) => [task, invited, why])).toEqual(
      tasks.names.slice(2).map((task) => [task, 0, "never there"]),
    );
  });
});

describe("days and nights", () => {
  it("devices are there for the same hours of every day", () => {
    const night = dayNight({ from: 22, to: 6 });
    const at = (hour: number): number | undefined => untilAt(night, hour * 3600, ["a"])[0];
    expect(at(0)).toBeCloseTo(6 * 3600, 3);
    expect(at(5.9)).toBeCloseTo(6 * 3600, 3);
    expect(at(6.1)).toBe(gone);
    expect(at(21.9)).toBe(gone);
    expect(at(46.5)).toBeCloseTo(54 * 3600, 3);
    expect(night.nextArrival?.(moment(1, 7 * 3600, ["a"]))).toBeCloseTo(22 * 3600, 3);
  });

  it("each by its own clock, so that over many time zones the right share is there at any hour", () => {
    const spread = dayNight({ from: 1, to: 7, spread: 24 });
    for (const hour of [0, 5, 13, 100]) {
      const there = untilAt(spread, hour * 3600, names).filter((until) => until !== gone).length;
      // Binomial with 400 and 1/4: 100 ± 8.7, five deviations.
      expect(Math.abs(there - 100)).toBeLessThan(43);
    }
  });

  it("the clock waits for the evening", async () => {
    const { history } = await simulate(tasks, { ...base, availability: dayNight({ from: 20, to: 21 }) })
      .result;
    expect(history.at(0)?.time).toBeGreaterThan(20 * 3600);
    expect(history.at(9)?.time).toBeLessThan(20 * 3600 + 10);
    expect([...history].every(({ participants }) => participants === tasks.taskCount)).toBe(true);
  });
});

describe("parts of one's own", () => {
  it("availability, faults and budgets are asked as documented", async () => {
    const odd: Availability = {
      name: "odd rounds",
      at: ({ round, names: all }, until) => {
        all.forEach((_, t) => {
          until[t] = round % 2 === t % 2 ? Number.POSITIVE_INFINITY : gone;
        });
      },
    };
    const first: Faults = { name: "the first", drop: (_, dropped) => dropped.fill(1, 0, 1) };
    const budget = {
      name: "three",
      steps: (_: Moment, __: Method, ___: number, steps: Float64Array) => void steps.fill(3),
    };
    const { history, absent } = await simulate(tasks, {
      ...base,
      ...{ availability: odd, faults: first, budget, shrinking: false },
    }).result;
    for (const { round, invited, participants, dropped, steps } of history) {
      expect([invited, participants, dropped]).toEqual(round % 2 === 1 ? [3, 3, 0] : [3, 2, 1]);
      expect(steps).toBe(3 * participants);
    }
    expect(absent).toEqual([{ task: tasks.names[0], invited: 5, why: "chance" }]);
  });

  it("a method: it is told the attendance, and what it reports is what is charged", async () => {
    const m = tasks.taskCount;
    const plans: number[][] = [];
    let disposed = false;
    const method: Method = {
      name: "counting",
      taskCount: m,
      rowCounts: new Float64Array(m).fill(4),
      flopsPerStep: new Float64Array(m).fill(10),
      messageBytes: { down: 100, up: 50 },
      round: async ({ steps }) => {
        plans.push([...steps]);
        const per = (value: number): Float64Array => steps.map((count) => (count > 0 ? value : 0));
        const bytesDown = new Float64Array(m).fill(100);
        return { steps: steps.slice(), flops: steps.map((count) => 10 * count), bytesUp: per(50), bytesDown };
      },
      objective: async () => ({ primal: plans.length }),
      weights: () => new Float64Array(m * tasks.cols),
      save: () => ({}),
      restore: () => {},
      dispose: () => {
        disposed = true;
      },
    };
    const { history, model } = await simulate(tasks, { ...base, method: () => method, faults: 0.5 }).result;
    expect(model).toBeUndefined();
    expect(disposed).toBe(true);
    plans.forEach((steps, h) => {
      const participants = steps.filter((count) => count === 4).length;
      expect(steps.filter((count) => count === 0).length).toBe(m - participants);
      expect(history.at(h)).toMatchObject({ participants, bytesUp: 50 * participants, bytesDown: 100 * m });
      expect(history.at(h)?.objective).toEqual({ primal: h + 1 });
    });
  });
});

describe("checkpoints", () => {
  const hard: SimulateOptions = {
    ...base,
    ...{ faults: bursts({ share: 0.3, rounds: 3 }), sampling: { fraction: 0.8 }, evaluateEvery: 3 },
    stop: { rounds: 25, gap: 0 },
  };
  const bits = ({ history, weights, time, devices, objective }: SimulationResult): unknown => {
    return { rounds: [...history], weights: [...weights], time, devices: { ...devices }, objective };
  };
  const cases: [string, SimulateOptions][] = [
    ["mocha", hard],
    ["mocha, learning", { ...hard, relationship: traceNorm({ lambda1: 0.1 }), omegaEvery: 4 }],
    ["cocoa", { ...hard, method: "cocoa" }],
    ["minibatch-sgd", { ...hard, method: "minibatch-sgd", baseline: { scaling: 0.5 } }],
    ["fedavg", { ...hard, method: "fedavg", baseline: { scaling: 0.5 } }],
    ["ditto", { ...hard, method: "ditto", baseline: { scaling: 0.5 } }],
    ["local", { ...hard, method: "local" }],
  ];
  it.each(cases)(
    "%s: stopped anywhere and resumed, it has the bits of one that was not",
    async (_, options) => {
      const whole = await simulate(tasks, options).result;
      const dir = mkdtempSync(join(folder, "checkpoints-"));
      for (const rounds of [4, 11, 25]) {
        const stop = { rounds, gap: 0 };
        const part = await simulate(tasks, {
          ...options,
          stop,
          evaluateEvery: 3,
          checkpoint: { dir, resume: true, everyRounds: 5 },
        }).result;
        expect(part.resumedFrom !== undefined).toBe(rounds > 4);
        if (rounds === 25) {
          // The last round of each part is evaluated too.
          const objective = whole.history.column("primal");
          const found = part.history.column("primal");
          expect(
            found.filter((value, h) => value !== objective[h] && !Number.isNaN(objective[h] ?? 0)),
          ).toEqual(new Float64Array());
          const plain = (result: SimulationResult): unknown => {
            const rows = [...result.history].map(({ objective: __, ...rest }) => rest);
            return { ...(bits(result) as object), rounds: rows };
          };
          expect(plain(part)).toEqual(plain(whole));
        }
      }
    },
  );

  it("of other options or devices are refused, and stay", async () => {
    const dir = mkdtempSync(join(folder, "checkpoints-"));
    const checkpoint = { dir, resume: true, everyRounds: 5 };
    await simulate(tasks, { ...hard, checkpoint }).result;
    const before = readFileSync(join(dir, "checkpoint-25.safetensors"));
    const others: [SimulateOptions, RegExp][] = [
      [{ network: "wifi" }, /network/],
      [{ faults: 0.3 }, /faults/],
      [{ seed: 77 }, /seed/],
      [{ method: "cocoa" }, /method/],
      [{ sampling: { fraction: 0.5 } }, /sampling/],
    ];
    for (const [other, message] of others) {
      const refused = simulate(tasks, { ...hard, ...other, checkpoint }).result;
      await expect(refused).rejects.toMatchObject({
        code: "BAD_MODEL",
        message: expect.stringMatching(message),
      });
    }
    expect(readFileSync(join(dir, "checkpoint-25.safetensors")).equals(before)).toBe(true);
  });

  it("many devices with a trace: the same digest at any number of threads, and after kill -9", () => {
    const { outcomes, resumed, signal } = showScale(2000, 60);
    const digests = new Set([...outcomes, resumed].map(({ digest }) => digest));
    expect(digests.size).toBe(1);
    expect(signal).toBe("SIGKILL");
    expect(resumed.resumedFrom).toBe("checkpoint-20.safetensors");
    expect(outcomes.every(({ rounds, absent }) => rounds === 60 && absent === 2)).toBe(true);
  }, 60_000);
});
