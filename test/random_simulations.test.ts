// Whatever devices, links, faults, budgets, samples and deadlines are put together: the books balance, the clock goes forward,
// no number is lost, and the same seed gives the same rounds.
import {
  bursts,
  budgetNames,
  createBaseline,
  dayNight,
  deviceNames,
  independentDrops,
  linkNames,
  mean,
  methodNames,
  networkNames,
  presence,
  type SimulateOptions,
  type SimulationResult,
  simulate,
  type TaskRound,
} from "fedmtl";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { baselineNames, takesRelationship } from "../dist/baselines/options.js";
import { isPaperNetwork } from "../dist/systems/links.js";
import { generatedTasks } from "./support/generated_tasks.js";

const tasks = generatedTasks({ tasks: 5, cols: 4, rows: [3, 15], noise: 0.1, seed: 8 });
const m = tasks.taskCount;
const relationship = mean({ lambda1: 0.3, lambda2: 0.2 });

const shares = <Name extends string>(names: readonly Name[]) =>
  fc
    .array(fc.tuple(fc.constantFrom(...names), fc.double({ min: 0.1, max: 1, noNaN: true })), {
      minLength: 1,
      maxLength: 3,
    })
    .map((entries) => ({ shares: Object.fromEntries(entries) as Partial<Record<Name, number>> }));

const availabilities = fc.oneof(
  fc.constant([]),
  fc
    .tuple(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 12, max: 24 }), fc.integer({ min: 0, max: 24 }))
    .map(([from, to, spread]) => [dayNight({ from, to, spread })]),
);
const faults = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }).map((p) => [independentDrops(p)]),
  fc
    .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: m, maxLength: m })
    .map((p) => [independentDrops(p)]),
  fc
    .tuple(fc.double({ min: 0, max: 0.5, noNaN: true }), fc.integer({ min: 1, max: 6 }))
    .map(([share, rounds]) => [bursts({ share, rounds })]),
);

const given = fc.record({
  method: fc.constantFrom(...methodNames),
  network: fc.oneof(fc.constantFrom(...networkNames), shares(linkNames)),
  devices: fc.oneof(fc.constantFrom(...deviceNames), shares(deviceNames)),
  availability: availabilities,
  faults,
  budget: fc.constantFrom(...budgetNames),
  sampling: fc.option(fc.oneof(fc.constant({ fraction: 0.5 }), fc.constant({ count: 2 })), {
    nil: undefined,
  }),
  deadline: fc.option(fc.double({ min: 0.02, max: 0.2, noNaN: true }), { nil: undefined }),
  localEpochs: fc.double({ min: 0.1, max: 3, noNaN: true }),
  theta: fc.boolean(),
  seed: fc.nat(),
});

/** What goes together of what was drawn. */
function optionsOf({
  deadline,
  budget,
  sampling,
  ...rest
}: typeof given extends fc.Arbitrary<infer T> ? T : never): SimulateOptions {
  const limited = deadline !== undefined && !isPaperNetwork(rest.network);
  const tuned = ["minibatch-sdca", "minibatch-sgd", "fedavg", "fedprox", "ditto"].includes(rest.method);
  return {
    ...rest,
    relationship,
    budget: budget === "deadline" && !limited ? "fixed" : budget,
    ...(limited ? { deadline } : {}),
    ...(sampling === undefined ? {} : { sampling }),
    ...(tuned ? { baseline: { scaling: 0.1 } } : {}),
    stop: { rounds: 8, gap: 0 },
  };
}

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

function checkTasks(round: TaskRound, { localEpochs = 1, budget, method }: SimulateOptions): void {
  const passes = budget === "deadline" ? 10 : localEpochs;
  for (let t = 0; t < m; t++) {
    const answered = round.states[t] === presence.answered;
    const steps = round.steps[t] ?? Number.NaN;
    expect(steps > 0 ? answered : true).toBe(true);
    // CoCoA's tasks stop by themselves.
    const rows = (tasks.offsets()[t + 1] ?? 0) - (tasks.offsets()[t] ?? 0);
    expect(steps).toBeLessThanOrEqual(method === "cocoa" ? 1000 : Math.max(1, Math.round(passes * rows)));
    for (const values of [round.flops, round.bytesUp, round.bytesDown, round.seconds, round.joules]) {
      expect(values[t]).toBeGreaterThanOrEqual(0);
    }
    if (!answered) {
      expect([steps, round.bytesUp[t], round.seconds[t]]).toEqual([0, 0, 0]);
    }
  }
}

async function simulated(options: SimulateOptions): Promise<SimulationResult> {
  return await simulate(tasks, {
    ...options,
    onRound: (record, round) => {
      checkTasks(round, options);
      for (const name of ["steps", "flops", "bytesUp", "bytesDown", "joules"] as const) {
        expect(sum(round[name])).toBeCloseTo(record[name], 9);
      }
    },
  }).result;
}

describe("random simulations", () => {
  it("balance their books", async () => {
    await fc.assert(
      fc.asyncProperty(given, async (drawn) => {
        const options = optionsOf(drawn);
        const { history, devices, time, objective, weights, status } = await simulated(options);
        let before = 0;
        for (const round of history) {
          expect(round.participants + round.dropped + round.left + round.late).toBeLessThanOrEqual(
            round.invited,
          );
          expect(round.time).toBeGreaterThanOrEqual(before);
          expect(round.time - before).toBeCloseTo(round.seconds, 6);
          before = round.time;
        }
        expect(time).toBe(before);
        expect(history.length).toBe(8);
        expect(status).toBe("budget");
        expect(sum(devices.answered)).toBe(history.total("participants"));
        expect(sum(devices.invited)).toBe(history.total("invited"));
        expect(Number.isFinite(objective.primal)).toBe(true);
        expect(weights.every(Number.isFinite)).toBe(true);
        const again = await simulated(options);
        expect([...again.history]).toEqual([...history]);
        expect(again.weights).toEqual(weights);
      }),
      { numRuns: 60, seed: 11 },
    );
  }, 60_000);
});

describe("messages", () => {
  it.each(baselineNames)("of %s are as large as it says beforehand", async (name) => {
    const tuned = ["minibatch-sdca", "minibatch-sgd", "fedavg", "fedprox", "ditto"].includes(name);
    const method = await createBaseline(name, tasks, {
      ...(takesRelationship(name) ? { relationship } : {}),
      ...(tuned ? { scaling: 0.1 } : {}),
    });
    const steps = method.rowCounts.map((rows, t) => (t === 1 ? 0 : rows));
    const { bytesDown, bytesUp } = await method.round({ round: 1, steps });
    expect(bytesDown).toEqual(new Float64Array(m).fill(method.messageBytes.down));
    expect(bytesUp).toEqual(Float64Array.from(steps, (count) => (count > 0 ? method.messageBytes.up : 0)));
    method.dispose();
  });
});
