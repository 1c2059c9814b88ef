// The native core equals the reference implementation, round by round and in whole trainings.

import { type FitOptions, fit as train } from "fedmtl";
import {
  isLearned,
  type ReferencePolicy,
  type ReferenceRecord,
  type ReferenceRelationship,
  type ReferenceState,
  type ReferenceWeighting,
  referenceFit,
} from "fedmtl/reference";
import { describe, expect, it } from "vitest";
import { hardTasks, type Storage, shapes, storages, toTaskSet } from "./support/native_problems.js";
import type { NativeOmegaStep } from "../dist/native.js";
import { type Case, type NativeRecord, NativeRun, relationshipOf } from "./support/native_run.js";
import {
  fitOptions,
  lossNames,
  lossShape,
  policies,
  relationships,
  title,
} from "./support/reference_problems.js";

const tolerance = 1e-10;

/** Both lists are equal to `tolerance` relative to the largest expected entry. */
function expectClose(actual: Iterable<number>, expected: Iterable<number>, what: string): void {
  const [a, b] = [[...actual], [...expected]];
  expect(a.length, what).toBe(b.length);
  const scale = Math.max(1e-300, ...b.map(Math.abs));
  const error = Math.max(0, ...b.map((value, i) => Math.abs(value - (a[i] as number)))) / scale;
  expect(error, what).toBeLessThanOrEqual(tolerance);
}

/** d × m in the order of the addon, task by task. */
function taskMajor(W: { transpose(): { to1DArray(): number[] } }): number[] {
  return W.transpose().to1DArray();
}

function expectState(run: NativeRun, { W, V, alpha, K, sigmaPrime, epsilon }: ReferenceState): void {
  const state = run.server.state();
  expectClose(state.W, taskMajor(W), "W");
  expectClose(state.V, taskMajor(V), "V");
  expectClose(run.clients.alpha(), alpha.flat(), "alpha");
  const S = sigmaPrime.map((value, t) => value * K.get(t, t));
  expectClose(state.S, S, "S");
  expect(state.epsilon === undefined).toBe(epsilon === undefined);
  expectClose([state.epsilon ?? 0], [epsilon ?? 0], "epsilon");
}

function expectRecord(actual: NativeRecord, expected: ReferenceRecord): void {
  const { participants, gamma, restarted, primal, dual, gap, jointObjective } = expected;
  expect(actual).toMatchObject({ participants, restarted });
  // A quotient of two small differences; what it does to the state is held to the tolerance there.
  expect(Math.abs(actual.gamma - gamma)).toBeLessThanOrEqual(1e-6);
  const scale = Math.max(Math.abs(primal), Math.abs(dual));
  const pairs = [
    [actual.primal, primal],
    [actual.dual, dual],
    [actual.gap, gap],
  ] as const;
  for (const [ours, theirs] of pairs) {
    expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(tolerance * scale);
  }
  expect(Number.isNaN(actual.jointObjective)).toBe(Number.isNaN(jointObjective));
  const difference = Math.abs((actual.jointObjective || 0) - (jointObjective || 0));
  expect(difference).toBeLessThanOrEqual(tolerance * scale);
}

/** Budgets by round and task: tasks that drop out, a round nobody takes part in, a step at a time, many epochs. */
const unevenBudgets = (round: number, t: number): number =>
  round === 4 ? 0 : ([14, 1, 3, round % 2, 40, 0][(t + round) % 6] as number);

/** Too few steps to solve a task; one in five drops out, and all of them in round 4. */
const smallBudgets = (round: number, t: number): number =>
  round === 4 || (t + round) % 5 === 0 ? 0 : 2 + ((3 * t + round) % 4);

/**
 * Whether a round of policy adaptive or accelerated has come down to rounding: the step is then a quotient of two
 * rounding errors, which no two implementations share.
 */
function isRounding(
  policy: ReferencePolicy,
  before: ReferenceState | undefined,
  after: ReferenceState,
): boolean {
  const measured = policy === "adaptive" || policy === "accelerated";
  if (!measured || after.participants === 0 || before?.omegaStep !== after.omegaStep) {
    return false;
  }
  return after.dual - before.dual < 1e-9 * Math.abs(after.primal);
}

/** Moves the addon along with the reference, comparing after each step; returns how many were compared. */
async function expectAgreement(
  given: Case,
  threads: number,
  onOmegaStep: (step: NativeOmegaStep) => void = () => {},
): Promise<number> {
  const states: ReferenceState[] = [];
  const collect = (state: ReferenceState) => states.push(state);
  const { omegaHistory } = referenceFit(given.tasks, {
    ...given.options,
    onRound: collect,
    onOmegaStep: collect,
  });
  const run = new NativeRun(given, threads);
  let omegaSteps = 0;
  for (const [index, state] of states.entries()) {
    if (isRounding(given.options.policy, states[index - 1], state)) {
      return index;
    }
    if (state.omegaStep > omegaSteps) {
      const step = await run.omegaStep();
      const { regularizerBefore, regularizerAfter } = step;
      onOmegaStep(step);
      const expected = omegaHistory[omegaSteps];
      expectClose([regularizerBefore], [expected?.regulariserBefore as number], "regulariser before");
      expectClose([regularizerAfter], [expected?.regulariserAfter as number], "regulariser after");
      omegaSteps = state.omegaStep;
    } else {
      expectRecord(await run.round(state.round), state);
    }
    expectState(run, state);
  }
  return states.length;
}

const weightings: ReferenceWeighting[] = ["sum", "mean"];

describe.each(lossNames)("round by round, loss %s", (loss) => {
  const rules = policies.flatMap((policy) => weightings.map((weighting) => ({ policy, weighting })));
  const cases = relationships(4).flatMap((relationship, r) =>
    rules.map((rule, p) => ({ ...rule, r, p, name: title(relationship) })),
  );

  it.each(cases)("$name, $policy, $weighting", async ({ policy, weighting, r, p }) => {
    // Two shapes and two storages for each, so that all combinations of them meet every loss and family.
    const safe = policy !== "adaptive" && policy !== "accelerated";
    let compared = 0;
    for (const [s, shape] of shapes.entries()) {
      const storage = storages[(p + 2 * s + r) % storages.length] as Storage;
      const seed = 100 * r + 10 * p + s;
      const options = fitOptions({
        ...{ loss, policy, weighting, seed },
        relationship: relationships(shape.sizes.length)[r] as ReferenceRelationship,
        rounds: 24,
        gap: 1e-9,
        omegaEvery: 5,
        omegaSteps: 4,
        localEpochs: [1, 0.3, 2.5][p % 3] as number,
        ...((p + s) % 2 === 0 ? { budgets: safe ? unevenBudgets : smallBudgets } : {}),
      });
      compared += await expectAgreement(
        { tasks: hardTasks(seed, loss, shape, storage), storage, options },
        1 + s,
      );
    }
    expect(compared).toBeGreaterThanOrEqual(10);
  });
});

describe("after more rounds than v_t is carried along", () => {
  it.each(lossNames)("loss %s", async (loss) => {
    const [shape, storage] = [shapes[1], "csr float32"] as const;
    const options = fitOptions({
      loss,
      relationship: { family: "trace-norm", lambda1: 0.3, lambda2: 0.1 },
      weighting: "mean",
      rounds: 110,
      gap: 1e-9,
      omegaEvery: 12,
      omegaSteps: 8,
      seed: 2 ** 53 - 1,
    });
    await expectAgreement({ tasks: hardTasks(5, loss, shape, storage), storage, options }, 2);
  });
});

describe("where small singular values are taken together", () => {
  it.each(lossNames)("loss %s", async (loss) => {
    const [shape, storage] = [shapes[1], "dense"] as const;
    const cutTolerance = 3e-3;
    const options = fitOptions({
      loss,
      relationship: { family: "trace-norm", lambda1: 0.3, lambda2: 0.1 },
      weighting: "sum",
      rounds: 60,
      gap: 1e-9,
      omegaEvery: 6,
      omegaSteps: 8,
      cutTolerance,
      seed: 7,
    });
    const steps: NativeOmegaStep[] = [];
    await expectAgreement({ tasks: hardTasks(6, loss, shape, storage), storage, options }, 2, (step) =>
      steps.push(step),
    );
    const fullRank = Math.min(shape.d, shape.sizes.length);
    expect(steps.some(({ rank }) => rank < fullRank)).toBe(true);
    for (const { rank, cutBound } of steps) {
      expect(cutBound > 0).toBe(rank < fullRank);
      expect(cutBound).toBeLessThanOrEqual(cutTolerance);
    }
  });
});

describe("a whole training", () => {
  const shape = shapes[1];
  const cases = relationships(shape.sizes.length).flatMap((relationship, index) =>
    lossNames.flatMap((loss) =>
      (["row", "accelerated"] as const).map((policy) => ({
        ...{ name: title(relationship), relationship, loss, policy, index },
      })),
    ),
  );

  it.each(cases)("$name, $loss, $policy", async ({ relationship, loss, policy, index }) => {
    const storage = storages[index % storages.length] as Storage;
    const tasks = hardTasks(40 + index, loss, shape, storage);
    const shared = { ...lossShape, loss, weighting: "mean", policy, localEpochs: 0.6, seed: 3 } as const;
    const [limits, rounds, gap] = [{ omegaEvery: 10, omegaSteps: 3 }, 60, 1e-6];
    const expected = referenceFit(tasks, fitOptions({ ...shared, ...limits, relationship, rounds, gap }));
    const options: FitOptions = {
      ...{ ...shared, ...limits, relationship: relationshipOf(relationship), certifyEvery: 1 },
      ...{ omegaTolerance: 0, stop: { gap, rounds }, shrinking: false },
    };
    const { model, history, certificate, omegaSteps, status } = await train(
      toTaskSet(tasks, storage),
      options,
    ).result;

    const last = expected.history.at(-1) as ReferenceRecord;
    expect(status).toBe(!isLearned(relationship) && last.relativeGap <= gap ? "converged" : "budget");
    expect([...history.column("round")]).toEqual(expected.history.map(({ round }) => round));
    expect([...history.column("omegaStep")]).toEqual(expected.history.map(({ omegaStep }) => omegaStep));
    for (const column of ["primal", "dual"] as const) {
      const theirs = expected.history.map((record) => record[column]);
      expectClose(history.column(column), theirs, column);
    }
    const known = (values: Iterable<number>) => [...values].map((value) => (Number.isNaN(value) ? 0 : value));
    const joint = expected.history.map(({ jointObjective }) => jointObjective);
    expectClose(known(history.column("jointObjective")), known(joint), "jointObjective");
    expect([...history.column("jointObjective")].map(Number.isNaN)).toEqual(joint.map(Number.isNaN));
    const W = model.names.flatMap((name) => [...model.weights(name)]);
    expectClose(W, taskMajor(expected.W), "W");
    expect(omegaSteps).toBe(expected.omegaHistory.length);
    expectClose([certificate.primal, certificate.dual], [last.primal, last.dual], "certificate");
  });
});
