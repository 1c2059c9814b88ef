// The life of a training inside Node: how it can be watched, left, stopped and thrown away, and what then
// becomes of the process. What could take a process down runs in one of its own (support/life_process.cjs).
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { type Budgets, type FitOptions, type FitResult, fit, independent, mean, traceNorm } from "fedmtl";
import { describe, expect, it } from "vitest";
import { digest, makeTasks } from "./support/life_problem.cjs";

const tasks = makeTasks({ tasks: 12, rows: 20, cols: 10 });
const quick: FitOptions = { relationship: traceNorm({ lambda1: 0.1 }), threads: 2, stop: { rounds: 40 } };
/** One round of this would take days. */
const longRound: FitOptions = { ...quick, localEpochs: 1e9, shrinking: false };

/** Whether an addon built with AddressSanitizer is under test (scripts/sanitize.cjs): freed memory then stays resident. */
const underSanitizer = process.env.ASAN_OPTIONS !== undefined;

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a mode of life_process.cjs to its end. */
function runProcess(...args: (string | number)[]): Promise<Ended> {
  const program = resolve(__dirname, "support", "life_process.cjs");
  const child = spawn(process.execPath, ["--expose-gc", program, ...args.map(String)]);
  let output = "";
  let errors = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    errors += text;
  });
  return new Promise((resolveEnd, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolveEnd({ code, output, errors }));
  });
}

/** What a mode reports; the process must end well and without a word of complaint. */
async function report(...args: (string | number)[]): Promise<Record<string, unknown>> {
  const { code, output, errors } = await runProcess(...args);
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  return JSON.parse(output) as Record<string, unknown>;
}

async function errorOf(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error & { code?: string };
  }
  throw new Error("nothing was thrown");
}

function expectUntouchedModel({ status, model, certificate, history }: FitResult): void {
  expect(status).toBe("aborted");
  expect(history.length).toBe(0);
  for (const name of model.names) {
    expect(model.weights(name).every((value) => value === 0)).toBe(true);
  }
  expect(certificate.gap).toBeGreaterThan(0);
  expect(certificate.primal - certificate.dual).toBeCloseTo(certificate.gap, 9);
}

describe("aborting", () => {
  it("abandons the round under way and leaves the model of the rounds before it", async () => {
    const run = fit(tasks, longRound);
    setTimeout(() => run.abort(), 20);
    expectUntouchedModel(await run.result);
  });

  it("works through a signal, before the start and twice", async () => {
    const controller = new AbortController();
    const run = fit(tasks, { ...longRound, signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    expectUntouchedModel(await run.result);
    run.abort();
    expectUntouchedModel(await fit(tasks, { ...longRound, signal: controller.signal }).result);
    const early = fit(tasks, longRound);
    early.abort();
    early.abort();
    expectUntouchedModel(await early.result);
  });

  it("leaves what the finished rounds made, whatever round it comes in", async () => {
    const options: FitOptions = {
      ...quick,
      stop: { gap: 0, rounds: 1e6 },
      omegaSteps: 1e6,
      omegaTolerance: 0,
    };
    for (const rounds of [1, 2, 5, 11]) {
      const run = fit(tasks, options);
      for await (const { round } of run) {
        if (round === rounds) {
          break;
        }
      }
      run.abort();
      const { status, history, certificate } = await run.result;
      expect(status).toBe("aborted");
      expect(history.length).toBeGreaterThanOrEqual(rounds);
      const again = await fit(tasks, { ...options, stop: { gap: 0, rounds: history.length } }).result;
      expect(again.history.at(rounds - 1)?.steps).toBe(history.at(rounds - 1)?.steps);
      expect(certificate.gap).toBeGreaterThanOrEqual(-1e-12 * Math.abs(certificate.primal));
    }
  });
});

describe("watching", () => {
  it("can be left by break or by an exception, and begun again, without changing the training", async () => {
    const expected = digest(await fit(tasks, quick).result);
    const left = fit(tasks, quick);
    for await (const { round } of left) {
      expect(round).toBe(1);
      break;
    }
    const failed = fit(tasks, quick);
    const fault = new Error("the consumer's own");
    const consume = async (): Promise<void> => {
      for await (const _ of failed) {
        throw fault;
      }
    };
    expect(await errorOf(consume())).toBe(fault);
    for (const run of [left, failed]) {
      expect(digest(await run.result)).toBe(expected);
      const rounds: number[] = [];
      for await (const { round } of run) {
        rounds.push(round);
      }
      expect(rounds).toEqual(rounds.map((_, index) => index + 1));
      expect(rounds.length).toBe((await run.result).history.length);
    }
  });

  it("may be done by many at once, one of them slow", async () => {
    const run = fit(tasks, quick);
    const watch = async (pause: number): Promise<number[]> => {
      const rounds: number[] = [];
      for await (const { round } of run) {
        rounds.push(round);
        if (pause > 0) {
          await new Promise((next) => setTimeout(next, pause));
        }
      }
      return rounds;
    };
    const [first, ...others] = await Promise.all([watch(0), watch(1), watch(0)]);
    expect(first?.length).toBeGreaterThan(0);
    for (const other of others) {
      expect(other).toEqual(first);
    }
  });
});

describe("budgets given by a callback", () => {
  const withBudgets = (budgets: unknown) => fit(tasks, { ...quick, budgets: budgets as Budgets }).result;

  it("that throws reject with what it threw", async () => {
    const fault = new Error("the callback's own");
    const throwInRound =
      (bad: number): Budgets =>
      (round) => {
        if (round === bad) {
          throw fault;
        }
        return new Float64Array(12).fill(5);
      };
    expect(await errorOf(withBudgets(throwInRound(1)))).toBe(fault);
    expect(await errorOf(withBudgets(throwInRound(7)))).toBe(fault);
  });

  it.each([
    ["too few", new Float64Array(11)],
    ["negative", new Float64Array(12).fill(-1)],
    ["fractional", new Float64Array(12).fill(0.5)],
    ["NaN", new Float64Array(12).fill(Number.NaN)],
    ["infinite", new Float64Array(12).fill(Number.POSITIVE_INFINITY)],
    ["beyond 2^53", new Float64Array(12).fill(2 ** 60)],
    ["no Float64Array", [1, 2, 3]],
    ["missing", undefined],
  ])("that are %s reject with one sentence", async (_, budgets) => {
    const { code, message } = await errorOf(withBudgets(() => budgets));
    expect(code).toBe("INVALID_ARGUMENT");
    expect(message).toMatch(/steps/);
  });

  it("that drop every task leave the model as it was", async () => {
    const { model, history } = await withBudgets(() => new Float64Array(12));
    expect(history.length).toBeGreaterThan(0);
    expect(model.weights("task 0").every((value) => value === 0)).toBe(true);
  });
});

describe("many trainings", () => {
  it("at once give the same bits as each alone, also when their data are disposed of meanwhile", async () => {
    const kinds: FitOptions[] = [
      quick,
      { ...quick, loss: "logistic", standardize: true },
      { ...quick, relationship: mean({ lambda1: 0.1, lambda2: 0.1 }), intercept: "penalized" },
      { ...quick, relationship: independent({ lambda1: 0.1 }), policy: "row", threads: 3 },
    ];
    const options = [...kinds, ...kinds.map((one) => ({ ...one, seed: 7 }))];
    const alone: string[] = [];
    for (const one of options) {
      alone.push(digest(await fit(tasks, one).result));
    }
    const data = makeTasks({ tasks: 12, rows: 20, cols: 10 });
    const runs = options.map((one) => fit(data, one));
    await runs[0]?.[Symbol.asyncIterator]().next();
    data.dispose();
    expect(await Promise.all(runs.map(async (run) => digest(await run.result)))).toEqual(alone);
  });

  it("leave memory as they found it", async () => {
    const { growth } = (await report("soak", 100)) as { growth: { rss: number; externalBytes: number } };
    expect(growth.externalBytes).toBeLessThan(1e5);
    if (!underSanitizer) {
      expect(growth.rss).toBeLessThan(0.1);
    }
  });
});

describe("worker threads", () => {
  it("load the package eight at once and give the same bits as the main thread", async () => {
    const { digests } = (await report("load", 8)) as { digests: string[] };
    expect(digests).toHaveLength(9);
    expect(new Set(digests).size).toBe(1);
  });

  it("can be terminated in mid-training twenty times; the process trains on", async () => {
    const { digest: last } = await report("terminate", 20);
    const { digests } = (await report("load", 1)) as { digests: string[] };
    expect(last).toBe(digests[0]);
  });
});

describe("the process", () => {
  it("frees task sets, models and solvers that nobody holds", async () => {
    const { allocated, peak, left, alive } = (await report("garbage", 800)) as Record<string, number>;
    expect(peak).toBeLessThan(0.5 * (allocated as number));
    expect(left).toBeLessThan(1e5);
    expect(alive).toBe(0);
  });

  it.each([0, 7, 31, 64, 110, 150])("ends with process.exit %i ms into trainings", async (milliseconds) => {
    expect(await runProcess("exit", milliseconds)).toEqual({ code: 0, output: "", errors: "" });
  });

  it("hears of no unhandled rejection from trainings that nobody awaits", async () => {
    expect(await report("unwatched")).toEqual({ unhandled: [] });
  });
});
