// Laws of simulations: what a round costs, whom it takes, and that nothing depends on the machine.

import {
  type Device,
  fit,
  independent,
  independentDrops,
  type Link,
  mean,
  presence,
  simulate,
  type SimulateOptions,
  type SimulationResult,
  TaskSet,
  type TaskRound,
  traceNorm,
} from "fedmtl";
import { describe, expect, it } from "vitest";
import { roundBytes } from "../dist/systems/accounting.js";
import { generatedTasks } from "./support/generated_tasks.js";

const tasks = generatedTasks({ tasks: 8, cols: 6, rows: [12, 40], noise: 0.05, seed: 4 });
const m = tasks.taskCount;
const d = tasks.cols;
const rows = Array.from(tasks.names, (_, t) => (tasks.offsets()[t + 1] ?? 0) - (tasks.offsets()[t] ?? 0));

const link: Link = {
  ...{ downBytesPerSecond: 1e4, upBytesPerSecond: 5e3, latencySeconds: 0.25 },
  ...{ joulesPerByteDown: 1e-3, joulesPerByteUp: 3e-3 },
};
const device: Device = { flopsPerSecond: 1e4, memoryBytes: 1e9, joulesPerFlop: 1e-6 };
const base: SimulateOptions = {
  ...{ relationship: mean({ lambda1: 0.5, lambda2: 0.1 }), weighting: "mean", loss: "smoothed-hinge" },
  ...{ devices: device, network: link, seed: 5 },
  stop: { rounds: 12, gap: 0 },
};

const run = (options: SimulateOptions = {}): Promise<SimulationResult> =>
  simulate(tasks, { ...base, ...options }).result;

/** A copy of what every round was to each task. */
async function perTask(
  options: SimulateOptions = {},
): Promise<{ rounds: TaskRound[]; result: SimulationResult }> {
  const rounds: TaskRound[] = [];
  const copy = (round: TaskRound): TaskRound =>
    Object.fromEntries(
      Object.entries(round).map(([name, values]) => [name, values.slice()]),
    ) as unknown as TaskRound;
  const result = await run({ ...options, onRound: (_, round) => rounds.push(copy(round)) });
  return { rounds, result };
}

/** Everything that a simulation has computed. */
function bitsOf({
  history,
  weights,
  intercepts,
  devices,
  time,
  objective,
  status,
}: SimulationResult): unknown {
  const rounds = [...history];
  return {
    rounds,
    weights: [...weights],
    intercepts: [...intercepts],
    devices: { ...devices },
    time,
    objective,
    status,
  };
}

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);
const most = (values: ArrayLike<number>): number => Math.max(...Array.from(values));

describe("without faults a simulation is a training", () => {
  const cases: [string, SimulateOptions][] = [
    ["a given relationship", {}],
    ["the paper's policy", { policy: "paper" }],
    ["a learned relationship", { relationship: traceNorm({ lambda1: 0.1 }) }],
    ["a free intercept", { intercept: "free" }],
    ["standardised, with a penalised intercept", { intercept: "penalized", standardize: true }],
    ["balanced classes", { classWeight: "balanced", relationship: independent({ lambda1: 0.2 }) }],
  ];
  it.each(cases)("%s", async (_, options) => {
    const { network, devices, ...shared } = base;
    const { model, history } = await run({ ...options, stop: { rounds: 40, gap: 1e-4 } });
    const trained = await fit(tasks, {
      ...(shared as object),
      ...(options as object),
      stop: { rounds: history.length, gap: 1e-4 },
    }).result;
    for (const name of tasks.names) {
      expect(model?.weights(name)).toEqual(trained.model.weights(name));
      expect(model?.intercept(name)).toBe(trained.model.intercept(name));
    }
    expect(history.column("flops").at(-1)).toBeLessThanOrEqual(trained.history.column("flops").at(-1) ?? 0);
  });

  it("mocha-paper is mocha with the policy of the paper, down to its name", async () => {
    const [named, given] = [await run({ method: "mocha-paper" }), await run({ policy: "paper" })];
    expect(named.weights).toEqual(given.weights);
    expect([named.method, given.method]).toEqual(["mocha-paper", "mocha"]);
    await expect(run({ method: "mocha-paper", policy: "row" })).rejects.toThrow(/has policy "paper"/);
  });

  it("a learned relationship ends where the training does, and its history costs as much", async () => {
    const relationship = traceNorm({ lambda1: 0.1 });
    const { status, history } = await run({ relationship, stop: { rounds: 5000, gap: 1e-3 } });
    const { network, devices, ...shared } = base;
    const trained = await fit(tasks, { ...(shared as object), relationship, stop: { gap: 1e-3 } }).result;
    expect(status).toBe("converged");
    expect(trained.status).toBe("converged");
    for (const name of ["round", "steps", "bytesUp", "bytesDown", "flops"] as const) {
      expect(history.column(name)).toEqual(trained.history.column(name));
    }
    expect(history.at(history.length - 1)?.omegaStep).toBe(trained.omegaSteps);
  });
});

describe("what a round costs", () => {
  it("is the time of its slowest participant, by latency, bytes and FLOPs", async () => {
    const { rounds, result } = await perTask({ faults: 0.3 });
    for (const [h, { states, seconds, flops, bytesUp, bytesDown }] of rounds.entries()) {
      for (let t = 0; t < m; t++) {
        const expected =
          link.latencySeconds +
          (bytesDown[t] ?? 0) / link.downBytesPerSecond +
          (bytesUp[t] ?? 0) / link.upBytesPerSecond +
          (flops[t] ?? 0) / device.flopsPerSecond;
        expect(seconds[t]).toBeCloseTo(states[t] === presence.answered ? expected : 0, 12);
      }
      expect(result.history.at(h)?.seconds).toBeCloseTo(most(seconds), 12);
    }
    expect(result.time).toBeCloseTo(result.history.total("seconds"), 9);
  });

  it("adds up to the accounting of a training, and to joules", async () => {
    const { rounds, result } = await perTask({ faults: 0.3 });
    for (const [h, round] of rounds.entries()) {
      const record = result.history.at(h);
      const participants = round.states.filter((state) => state === presence.answered).length;
      const expected = roundBytes({ participants, certified: false, momentum: true }, m, d);
      expect(record).toMatchObject({ ...expected, participants, invited: m, dropped: m - participants });
      expect(record?.bytesDown).toBe(sum(round.bytesDown));
      expect(record?.bytesUp).toBe(sum(round.bytesUp));
      expect(record?.flops).toBe(sum(round.flops));
      const joules =
        sum(round.flops) * device.joulesPerFlop +
        sum(round.bytesDown) * link.joulesPerByteDown +
        sum(round.bytesUp) * link.joulesPerByteUp;
      expect(record?.joules).toBeCloseTo(joules, 9);
    }
    expect(sum(result.devices.joules)).toBeCloseTo(result.history.total("joules"), 9);
    expect(sum(result.devices.answered)).toBe(result.history.total("participants"));
  });

  it("of a method that sends nothing is its arithmetic alone", async () => {
    const { rounds, result } = await perTask({ method: "local" });
    for (const [h, { flops }] of rounds.entries()) {
      expect(result.history.at(h)?.seconds).toBeCloseTo(most(flops) / device.flopsPerSecond, 12);
    }
  });

  it("under the paper's constants: 8 a coordinate step and the constant, whatever the devices", async () => {
    for (const [network, constant] of [
      ["paper-wifi", 10],
      ["paper-lte", 100],
      ["paper-3g", 1000],
    ] as const) {
      const { history } = await run({ network, policy: "paper" });
      for (const { seconds, steps } of history) {
        expect(seconds).toBeCloseTo(8 * steps + constant, 6);
      }
    }
    const { history } = await run({
      network: "paper-lte",
      method: "minibatch-sgd",
      baseline: { scaling: 1 },
    });
    expect(history.at(0)?.seconds).toBe(4 * sum(rows) + 100);
    const cocoa = await perTask({ network: "paper-lte", method: "cocoa" });
    expect(cocoa.result.history.at(0)?.seconds).toBe(8 * m * most(cocoa.rounds[0]?.steps ?? []) + 100);
  });

  it("the objective is not part of it", async () => {
    const often = await run({ evaluateEvery: 1 });
    const seldom = await run({ evaluateEvery: 5 });
    expect(seldom.history.column("time")).toEqual(often.history.column("time"));
    expect(seldom.weights).toEqual(often.weights);
    expect([...seldom.history].flatMap(({ round, objective }) => (objective ? [round] : []))).toEqual([
      5, 10, 12,
    ]);
  });
});

describe("deadlines", () => {
  it("cut the steps to what a device's clock allows, and theta follows", async () => {
    const speeds = tasks.names.map((_, t) => ({ ...device, flopsPerSecond: 400 * (t + 1) }));
    const deadline = 0.75;
    const { rounds, result } = await perTask({ devices: speeds, deadline, theta: true });
    const message =
      link.latencySeconds + (8 * (d + 7)) / link.downBytesPerSecond + (8 * (d + 3)) / link.upBytesPerSecond;
    const [, second] = rounds;
    for (let t = 0; t < m; t++) {
      const possible = Math.floor(((deadline - message) * 400 * (t + 1)) / (4 * d));
      expect(second?.steps[t]).toBeLessThanOrEqual(Math.min(rows[t] ?? 0, possible));
    }
    expect(most(result.history.column("seconds"))).toBeLessThanOrEqual(deadline);
    const thetas = (round: TaskRound | undefined) => round?.theta ?? new Float64Array();
    expect(thetas(second).every((theta) => theta >= 0 && theta <= 1)).toBe(true);
    // With all the time it wants, the slowest device solves more of the same subproblem.
    expect(rounds[0]?.steps[0]).toBeLessThan(rows[0] ?? 0);
    const unlimited = await perTask({ devices: speeds, theta: true });
    expect(thetas(rounds[0])[0]).toBeGreaterThan(thetas(unlimited.rounds[0])[0] ?? 1);
  });

  it("a budget of the deadline gives fast devices more than a pass", async () => {
    const fast = { ...device, flopsPerSecond: 1e6 };
    const { rounds } = await perTask({ devices: fast, deadline: 1, budget: "deadline", shrinking: false });
    expect(rounds[0]?.steps).toEqual(Float64Array.from(rows, (n) => 10 * n));
  });

  it("a round with a silent device lasts until then; a device too slow for it is named", async () => {
    const slow = tasks.names.map((_, t) => (t === 2 ? { ...device, flopsPerSecond: 1 } : device));
    const { history, absent, consequence } = await run({ devices: slow, deadline: 2 });
    expect([...history].every(({ seconds, late }) => seconds === 2 && late === 1)).toBe(true);
    expect(absent).toEqual([{ task: tasks.names[2], invited: 12, why: "too slow" }]);
    expect(consequence).toContain("never will");
  });
});

describe("budgets", () => {
  it.each([
    ["high", 0.1],
    ["low", 0.9],
  ] as const)("%s: every task between %f and 1 of the smallest one", async (budget, least) => {
    const { rounds } = await perTask({ budget, shrinking: false });
    const fewest = Math.min(...rows);
    const steps = rounds.flatMap((round) => [...round.steps]);
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(Math.round(least * fewest));
    expect(most(steps)).toBeLessThanOrEqual(fewest);
    expect(new Set(steps).size).toBeGreaterThan(1);
  });

  it("do not concern a method whose tasks decide themselves", async () => {
    const { history: high } = await run({ method: "cocoa", budget: "high" });
    const { history: fixed } = await run({ method: "cocoa", budget: "fixed" });
    expect(high.column("steps")).toEqual(fixed.column("steps"));
  });
});

describe("sampling", () => {
  it("invites so many, each as often as the others in the long run, and charges nobody else", async () => {
    const { rounds, result } = await perTask({
      sampling: { count: 3 },
      stop: { rounds: 400, gap: 0 },
      evaluateEvery: 400,
    });
    for (const { states, bytesDown } of rounds) {
      expect(states.filter((state) => state === presence.answered).length).toBe(3);
      expect(states.every((state, t) => (state === presence.notInvited) === (bytesDown[t] === 0))).toBe(true);
    }
    // Binomial with 400 and 3/8: 150 ± 9.7; four standard deviations.
    expect(result.devices.invited.every((count) => Math.abs(count - 150) < 39)).toBe(true);
    const half = await run({ sampling: { fraction: 0.5 } });
    expect(half.history.column("invited").every((count) => count === 4)).toBe(true);
  });
});

describe("a device that never answers", () => {
  it("is named, and the limit is the optimum without its rows", async () => {
    const p = tasks.names.map((_, t) => (t === 1 ? 1 : 0.4));
    const options: SimulateOptions = { weighting: "sum", stop: { rounds: 600, gap: 0 }, evaluateEvery: 600 };
    const { model, absent, consequence, objective } = await run({ ...options, faults: p });
    expect(absent).toEqual([{ task: tasks.names[1], invited: 600, why: "drops every round" }]);
    expect(consequence).toContain("not to that of the problem posed");

    const labels = tasks.labels();
    const offsets = tasks.offsets();
    const inTask = (row: number): boolean => row >= (offsets[1] ?? 0) && row < (offsets[2] ?? 0);
    const { values } = tasks.native.rows(0, tasks.rowCount);
    const owner = (row: number): string =>
      tasks.names[offsets.findIndex((end, t) => t > 0 && row < end) - 1] ?? "";
    const without = TaskSet.fromDense({
      ...{ features: values, cols: d, labels },
      tasks: Array.from(labels, (_, row) => owner(row)),
      sampleWeights: Float64Array.from(labels, (_, row) => (inTask(row) ? 0 : 1)),
    });
    const { network, devices, ...shared } = base;
    const there = await fit(without, { ...(shared as object), weighting: "sum", stop: { gap: 1e-9 } }).result;
    for (const name of tasks.names) {
      const [here, expected] = [model?.weights(name) ?? [], there.model.weights(name)];
      expect(most(expected.map((w, j) => Math.abs(w - (here[j] ?? 0))))).toBeLessThan(1e-4);
    }
    const whole = await run(options);
    expect(objective.primal).toBeGreaterThan(whole.objective.primal * 1.001);
  });

  it("is not said of devices that answer sooner or later", async () => {
    const { absent, consequence } = await run({ faults: 0.5, stop: { rounds: 60, gap: 0 } });
    expect(absent).toEqual([]);
    expect(consequence).toBeUndefined();
  });
});

describe("nothing depends on the machine", () => {
  const hard: SimulateOptions = {
    ...{ faults: independentDrops(0.2), sampling: { fraction: 0.7 }, deadline: 1, theta: true },
    devices: { shares: { phone: 0.5, wearable: 0.5 } },
    network: { shares: { "3g": 1, wifi: 1 } },
  };
  it.each(["mocha", "cocoa", "minibatch-sdca", "mean-mtl", "fedavg", "ditto"] as const)(
    "%s: the same bits at 1, 2 and 4 threads, other bits with another seed",
    async (method) => {
      const baseline = ["minibatch-sdca", "fedavg", "ditto"].includes(method) ? { scaling: 0.5 } : {};
      const at = async (threads: number, seed = 5): Promise<unknown> =>
        bitsOf(await run({ ...hard, method, baseline, threads, seed }));
      const one = await at(1);
      expect(await at(2)).toEqual(one);
      expect(await at(4)).toEqual(one);
      expect(await at(2, 6)).not.toEqual(one);
    },
  );

  it("a device's fate does not depend on which other devices there are", async () => {
    const some = tasks.select(tasks.names.slice(2, 6));
    const fates = async (set: TaskSet): Promise<Map<string, number[]>> => {
      const states: Uint8Array[] = [];
      const names = set.names;
      await simulate(set, { ...base, faults: 0.4, onRound: (_, round) => states.push(round.states.slice()) })
        .result;
      return new Map(names.map((name, t) => [name, states.map((round) => round[t] ?? -1)]));
    };
    const all = await fates(tasks);
    for (const [name, states] of await fates(some)) {
      expect(states).toEqual(all.get(name));
    }
  });
});

describe("stopping", () => {
  it("at the first round whose objective is there", async () => {
    const { history } = await run({ stop: { rounds: 60, gap: 0 } });
    const primal = [...history].map(({ objective }) => objective?.primal ?? Number.NaN);
    const target = primal[20] ?? 0;
    const first = primal.findIndex((value) => value <= target);
    const reached = await run({ stop: { rounds: 60, primal: target } });
    expect(reached.status).toBe("converged");
    expect(reached.history.length).toBe(first + 1);
    const near = await run({
      stop: { rounds: 60, suboptimality: { optimum: target / 1.01, epsilon: 0.01 + 1e-12 } },
    });
    expect(near.history.length).toBe(first + 1);
  });

  it("when virtual seconds or rounds run out", async () => {
    const timed = await run({ stop: { seconds: 3, gap: 0 } });
    expect(timed.status).toBe("budget");
    expect(timed.time).toBeGreaterThanOrEqual(3);
    expect(timed.history.at(timed.history.length - 2)?.time).toBeLessThan(3);
    expect((await run({ stop: { rounds: 3, gap: 0 } })).history.length).toBe(3);
  });

  it("by a timer, whatever the method does all the time", async () => {
    for (const method of ["fedavg", "local", "mocha"] as const) {
      const baseline = method === "fedavg" ? { scaling: 0.1 } : {};
      const simulation = simulate(tasks, {
        ...base,
        method,
        baseline,
        stop: { rounds: 1e9, gap: 0 },
        evaluateEvery: 100,
      });
      setTimeout(() => simulation.abort(), 20);
      expect((await simulation.result).status).toBe("aborted");
    }
  });

  it("on abort, with what there is", async () => {
    const simulation = simulate(tasks, { ...base, stop: { rounds: 1e9, gap: 0 } });
    let seen = 0;
    for await (const { round } of simulation) {
      seen = round;
      if (round === 3) {
        simulation.abort();
      }
    }
    const { status, history, weights } = await simulation.result;
    expect(status).toBe("aborted");
    expect(history.length).toBe(seen);
    expect(weights.length).toBe(m * d);
    const signalled = await run({ signal: AbortSignal.abort(), stop: { rounds: 1e9, gap: 0 } });
    expect(signalled.status).toBe("aborted");
  });
});

describe("what cannot be is refused, with what can", () => {
  const cases: [string, Record<string, unknown>, RegExp][] = [
    ["an unknown method", { method: "coca" }, /unknown method "coca".*did you mean "cocoa"/],
    ["an unknown network", { network: "paper-wfi" }, /did you mean "paper-wifi"/],
    ["an unknown device", { devices: "phones" }, /did you mean "phone"/],
    ["an unknown option", { deadlin: 3 }, /did you mean "deadline"/],
    [
      "a negative rate",
      { network: { ...link, upBytesPerSecond: -1 } },
      /upBytesPerSecond of network is -1; give a number above 0/,
    ],
    ["a clock of 0", { devices: { ...device, flopsPerSecond: 0 } }, /flopsPerSecond of devices is 0/],
    ["a number that is missing", { devices: { flopsPerSecond: 1 } }, /memoryBytes of devices is undefined/],
    ["too few devices", { devices: ["phone"] }, /1 entries for 8 tasks/],
    ["negative shares", { network: { shares: { lte: -1 } } }, /shares of network have -1 for lte/],
    [
      "a probability above 1",
      { faults: 1.5 },
      /probability of dropping a round is 1.5; give a number from 0 to 1/,
    ],
    ["a probability for some", { faults: [0.1, 0.2] }, /2 probabilities of dropping a round for 8 tasks/],
    ["a budget", { budget: "higher" }, /unknown budget "higher"/],
    ["a budget without its deadline", { budget: "deadline" }, /needs a deadline/],
    [
      "a deadline of the paper's clock",
      { network: "paper-lte", deadline: 1 },
      /a deadline needs devices and links/,
    ],
    ["a sample of nothing", { sampling: { fraction: 0 } }, /sampling is/],
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
