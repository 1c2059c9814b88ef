// The methods that MOCHA is compared with and that share its dual problem or its relationships, each against an independent optimum,
// a closed form, or what its paper says of it; and what holds of all of them.
import {
  baselineNames,
  createBaseline,
  fixed,
  independent,
  mean,
  type Relationship,
  type TaskSet,
} from "fedmtl";
import { referenceFit, referenceLoss } from "fedmtl/reference";
import { inverse, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import type { MinibatchSdca } from "../dist/baselines/minibatch_sdca.js";
import { roundBytes } from "../dist/systems/accounting.js";
import { sigma, quickOptions, rounds, primalAfter, optimum } from "./support/baseline_problems.js";
import { toTaskSet } from "./support/native_problems.js";
import { randomTasks, sum } from "./support/reference_problems.js";

describe.each(baselineNames)("%s", (name) => {
  const tasks = toTaskSet(randomTasks(5, "hinge"));

  it("goes on from a saved state with the same bits, on any number of threads", async () => {
    const whole = await createBaseline(name, tasks, { ...quickOptions(name), threads: 1 });
    await rounds(whole, 1, 3);
    const state = whole.save();
    await whole.objective();
    await rounds(whole, 4, 6);
    const resumed = await createBaseline(name, tasks, { ...quickOptions(name), threads: 3 });
    resumed.restore(state);
    await rounds(resumed, 4, 6);
    expect(resumed.weights()).toEqual(whole.weights());
    expect(await resumed.objective()).toEqual(await whole.objective());
  });

  it("refuses a state of another problem", async () => {
    const method = await createBaseline(name, tasks, quickOptions(name));
    const other = await createBaseline(name, toTaskSet(randomTasks(5, "hinge", [4, 4], 2)), {
      ...quickOptions(name, independent()),
    });
    expect(() => method.restore(other.save())).toThrow(expect.objectContaining({ code: "BAD_MODEL" }));
    expect(() => method.restore({})).toThrow(expect.objectContaining({ code: "BAD_MODEL" }));
  });

  it("gives each task the same model in whatever order tasks come, from dense and sparse rows", async () => {
    const given = randomTasks(6, "hinge");
    const models = async (set: TaskSet, relationship: Relationship): Promise<Map<string, number[]>> => {
      const method = await createBaseline(name, set, quickOptions(name, relationship));
      await rounds(method, 1, 4);
      const W = method.weights();
      return new Map(set.names.map((task, t) => [task, [...W.subarray(t * set.cols, (t + 1) * set.cols)]]));
    };
    const forward = await models(toTaskSet(given), fixed({ sigma }));
    const turned = [...sigma].reverse().map((row) => [...row].reverse());
    const backward = await models(toTaskSet([...given].reverse(), "csr"), fixed({ sigma: turned }));
    for (const [task, w] of forward) {
      w.forEach((value, j) => {
        expect(backward.get(task)?.[j]).toBeCloseTo(value, 9);
      });
    }
  });

  it("counts steps, FLOPs and bytes; a task that drops sends nothing and keeps what is its own", async () => {
    const method = await createBaseline(name, tasks, quickOptions(name));
    await rounds(method, 1, 2);
    const before = method.save();
    const work = await method.round({ round: 3, steps: Float64Array.of(0, 1, 9, 0) });
    const travels = name !== "local";
    expect([...work.steps.map(Math.sign)]).toEqual([0, 1, 1, 0]);
    expect([...work.flops.map(Math.sign)].filter((_, t) => t === 0 || t === 3)).toEqual([0, 0]);
    expect(work.flops[2]).toBeGreaterThan(0);
    expect([...work.bytesUp.map(Math.sign)]).toEqual(travels ? [0, 1, 1, 0] : [0, 0, 0, 0]);
    expect([...work.bytesDown.map(Math.sign)]).toEqual(new Array(4).fill(travels ? 1 : 0));
    work.steps.forEach((steps, t) => {
      expect(work.flops[t]).toBeLessThanOrEqual(steps * (method.flopsPerStep[t] as number) + 5 * 3);
    });
    const after = method.save();
    for (const key of ["V", "server.V", "v"].filter((name) => name in before)) {
      expect(after[key]?.subarray(0, 3)).toEqual(before[key]?.subarray(0, 3));
      expect(after[key]?.subarray(9)).toEqual(before[key]?.subarray(9));
    }
    const none = await method.round({ round: 4, steps: new Float64Array(4) });
    expect(sum([...none.steps, ...none.flops, ...none.bytesUp])).toBe(0);
  });
});

describe("cocoa", () => {
  const given = randomTasks(7, "smoothed-hinge");
  const tasks = toTaskSet(given);
  const problem = { loss: "smoothed-hinge", seed: 4, relationship: fixed({ sigma }) } as const;

  it("makes the rounds of the reference implementation under the paper's policy, given its budgets", async () => {
    const method = await createBaseline("cocoa", tasks, { ...problem, theta: 0, maxSteps: 20 });
    const { history } = referenceFit(given, {
      ...{
        loss: "smoothed-hinge",
        weighting: "sum",
        policy: "paper",
        seed: 4,
        localEpochs: 1,
        rounds: 5,
        gap: 0,
      },
      relationship: { family: "fixed", lambda1: 1, lambda2: 0, sigma },
      budgets: () => 20,
    });
    for (const { round, primal, dual } of history) {
      const work = await method.round({ round, steps: new Float64Array(4).fill(1000) });
      const objective = await method.objective();
      expect(objective.primal).toBeCloseTo(primal, 9);
      expect(objective.dual).toBeCloseTo(dual, 9);
      expect(sum([...work.bytesUp])).toBe(
        roundBytes({ participants: 4, certified: false, momentum: false }, 4, 3).bytesUp,
      );
      expect(sum([...work.bytesDown])).toBe(
        roundBytes({ participants: 4, certified: false, momentum: false }, 4, 3).bytesDown,
      );
    }
  });

  it.each([0.9, 0.5, 0.1])(
    "lets a task answer once its theta is %f, or its steps are used",
    async (theta) => {
      const method = await createBaseline("cocoa", tasks, { ...problem, theta, maxSteps: 200 });
      for (let round = 1; round <= 10; round++) {
        const work = await method.round({ round, steps: new Float64Array(4).fill(1e6) });
        work.theta?.forEach((reached, t) => {
          expect(reached <= theta || work.steps[t] === 200).toBe(true);
        });
      }
    },
  );

  it("works more in a round for a smaller theta, and gets further", async () => {
    const runs = await Promise.all(
      [0.9, 0.01].map(async (theta) => {
        const method = await createBaseline("cocoa", tasks, { ...problem, theta });
        const { steps } = await method.round({ round: 1, steps: new Float64Array(4).fill(1e6) });
        await rounds(method, 2, 5, 1000);
        return { steps: sum([...steps]), dual: (await method.objective()).dual as number };
      }),
    );
    expect(runs[1]?.steps).toBeGreaterThan(runs[0]?.steps as number);
    expect(runs[1]?.dual).toBeGreaterThan(runs[0]?.dual as number);
  });

  it("reaches the optimum", async () => {
    const best = optimum(given, "smoothed-hinge", { family: "fixed", lambda1: 1, lambda2: 0, sigma });
    expect(await primalAfter("cocoa", tasks, { ...problem, theta: 0.1 }, 60)).toBeCloseTo(best, 4);
  });
});

describe("minibatch-sdca", () => {
  it.each(["hinge", "logistic", "squared", "epsilon-insensitive"] as const)(
    "%s: alpha stays feasible and D <= min P <= P in every round; beta 1 never lowers D",
    async (loss) => {
      const given = randomTasks(8, loss);
      const best = optimum(given, loss, { family: "mean", lambda1: 1, lambda2: 0.5 });
      const relationship = mean({ lambda1: 1, lambda2: 0.5 });
      for (const scaling of [1, 4, 30]) {
        const method = await createBaseline("minibatch-sdca", toTaskSet(given), {
          loss,
          relationship,
          scaling,
        });
        let last = Number.NEGATIVE_INFINITY;
        for (let round = 1; round <= 40; round++) {
          await rounds(method, round, round);
          const { primal, dual = Number.NaN } = await method.objective();
          expect(dual).toBeLessThanOrEqual(best + 1e-9 * Math.abs(best));
          expect(primal).toBeGreaterThanOrEqual(best - 1e-9 * Math.abs(best));
          expect(scaling > 1 || dual >= last - 1e-12 * Math.abs(dual)).toBe(true);
          last = dual;
        }
        const y = given.flatMap((task) => task.y);
        (method as MinibatchSdca).alpha().forEach((alpha, i) => {
          expect(referenceLoss(loss).clip(alpha, y[i] as number)).toBeCloseTo(alpha, 15);
        });
      }
    },
  );

  it("of one row and one task is exact coordinate ascent, the step of CoCoA's local solver", async () => {
    const tasks = toTaskSet(randomTasks(9, "logistic", [12], 3));
    const options = { loss: "logistic", relationship: independent({ lambda1: 0.5 }), seed: 8 } as const;
    const batch = await createBaseline("minibatch-sdca", tasks, { ...options, scaling: 1 });
    const serial = await createBaseline("cocoa", tasks, { ...options, theta: 0, maxSteps: 1 });
    for (let round = 1; round <= 40; round++) {
      for (const method of [batch, serial]) {
        await method.round({ round, steps: Float64Array.of(1) });
      }
    }
    batch.weights().forEach((value, j) => {
      expect(serial.weights()[j]).toBeCloseTo(value, 10);
    });
    expect((await batch.objective()).dual).toBeCloseTo((await serial.objective()).dual as number, 10);
  });

  it("reaches the optimum with the beta that its search finds", async () => {
    const given = randomTasks(10, "smoothed-hinge");
    const best = optimum(given, "smoothed-hinge", { family: "mean", lambda1: 1, lambda2: 0.5 });
    const relationship = mean({ lambda1: 1, lambda2: 0.5 });
    const method = await createBaseline("minibatch-sdca", toTaskSet(given), {
      loss: "smoothed-hinge",
      relationship,
    });
    await rounds(method, 1, 400);
    expect((await method.objective()).primal).toBeCloseTo(best, 4);
    const trials = method.trials ?? [];
    expect(trials.map(({ scaling }) => scaling)).toEqual([30, 16, 4, 1]);
    expect(Math.min(...trials.map(({ objective }) => objective))).toBe(
      trials.find(({ scaling }) => scaling === method.scaling)?.objective,
    );
  });
});

describe("minibatch-sgd", () => {
  const given = randomTasks(11, "squared");
  const tasks = toTaskSet(given);
  const relationship = mean({ lambda1: 1, lambda2: 0.5 });

  it("with whole passes is gradient descent in the norm of the regulariser: W <- W - eta (W + G K)", async () => {
    const scaling = 0.01;
    const method = await createBaseline("minibatch-sgd", tasks, { loss: "squared", relationship, scaling });
    const K = inverse(Matrix.eye(4, 4, 1.5).sub(Matrix.ones(4, 4).div(4)));
    let W = Matrix.zeros(3, 4);
    for (let round = 1; round <= 5; round++) {
      await rounds(method, round, round);
      const eta = 1 / (1 / scaling + round - 1);
      const G = Matrix.zeros(3, 4);
      given.forEach(({ X, y, sampleWeights }, t) => {
        X.forEach((x, i) => {
          const residual = sum(x.map((value, j) => value * W.get(j, t))) - (y[i] as number);
          x.forEach((value, j) => {
            G.set(j, t, G.get(j, t) + (sampleWeights?.[i] ?? 1) * residual * value);
          });
        });
      });
      W = Matrix.sub(W, Matrix.add(W, G.mmul(K)).mul(eta));
      const expected = W.transpose().to1DArray();
      method.weights().forEach((value, j) => {
        expect(value).toBeCloseTo(expected[j] as number, 11);
      });
    }
  });

  it("lowers P in every round of whole passes with short steps", async () => {
    const method = await createBaseline("minibatch-sgd", tasks, {
      loss: "squared",
      relationship,
      scaling: 0.01,
    });
    let last = (await method.objective()).primal;
    for (let round = 1; round <= 30; round++) {
      await rounds(method, round, round);
      const { primal } = await method.objective();
      expect(primal).toBeLessThan(last);
      last = primal;
    }
  });

  it.each(["squared", "hinge"] as const)(
    "%s: comes close to the optimum with the scaling it finds",
    async (loss) => {
      const problem = randomTasks(11, loss);
      const best = optimum(problem, loss, { family: "mean", lambda1: 1, lambda2: 0.5 });
      const primal = await primalAfter("minibatch-sgd", toTaskSet(problem), { loss, relationship }, 500);
      expect(primal).toBeGreaterThanOrEqual(best * (1 - 1e-9));
      expect(primal).toBeLessThan(best * 1.005);
    },
  );

  it("estimates the gradient without bias from part of the rows", async () => {
    const whole = await createBaseline("minibatch-sgd", tasks, { loss: "squared", relationship, scaling: 1 });
    await rounds(whole, 1, 1);
    const mean = new Float64Array(12);
    for (let seed = 0; seed < 500; seed++) {
      const part = await createBaseline("minibatch-sgd", tasks, {
        loss: "squared",
        relationship,
        scaling: 1,
        seed,
      });
      await rounds(part, 1, 1, 0.34);
      part.save().V?.forEach((value, j) => {
        mean[j] = (mean[j] as number) + value / 500;
      });
      part.dispose();
    }
    const V = whole.save().V as Float64Array;
    const size = Math.sqrt(V.reduce((total, value) => total + value ** 2, 0));
    const distance = Math.sqrt(V.reduce((total, value, j) => total + (value - (mean[j] as number)) ** 2, 0));
    expect(distance).toBeLessThan(0.15 * size);
  });

  it("calls a search in which every candidate diverges by that name", async () => {
    const options = { loss: "squared", relationship: mean({ lambda1: 1e-9, lambda2: 1e-9 }) } as const;
    const search = createBaseline("minibatch-sgd", tasks, { ...options, tuning: { candidates: [64, 16] } });
    await expect(search).rejects.toMatchObject({
      code: "NUMERICAL",
      message: /every scaling tried \(64, 16\)/,
    });
  });
});
