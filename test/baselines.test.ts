// The methods that MOCHA is compared with, each against an independent optimum, a closed form, or what its paper says of it.
import { readFileSync } from "node:fs";
import {
  type Baseline,
  type BaselineName,
  type BaselineOptions,
  baselineNames,
  createBaseline,
  fixed,
  independent,
  mean,
  type Relationship,
  readTasks,
  type TaskSet,
} from "fedmtl";
import { type ReferenceLossName, type ReferenceTask, referenceFit, referenceLoss } from "fedmtl/reference";
import { inverse, Matrix, solve } from "ml-matrix";
import { describe, expect, it } from "vitest";
import type { MinibatchSdca } from "../dist/baselines/minibatch_sdca.js";
import { roundBytes } from "../dist/systems/accounting.js";
import { toTaskSet } from "./support/native_problems.js";
import { randomTasks, sum } from "./support/reference_problems.js";
import { describeWithData } from "./support/shared_data.js";

const sigma = [
  [2, 1, 0.5, 0],
  [1, 2, 1, 0.5],
  [0.5, 1, 2, 1],
  [0, 0.5, 1, 2],
];
const withRelationship: readonly BaselineName[] = ["cocoa", "minibatch-sdca", "minibatch-sgd"];

/** Options with which every method runs without a search. */
function quickOptions(name: BaselineName, relationship: Relationship = fixed({ sigma })): BaselineOptions {
  const own = withRelationship.includes(name) ? { relationship } : {};
  const isTuned = !["cocoa", "global", "local", "mean-mtl"].includes(name);
  return { seed: 3, ...own, ...(isTuned ? { scaling: 0.5 } : {}) };
}

async function rounds(method: Baseline, first: number, last: number, passes = 1): Promise<void> {
  const steps = method.rowCounts.map((count) => Math.max(1, Math.round(passes * count)));
  for (let round = first; round <= last; round++) {
    await method.round({ round, steps });
  }
}

async function primalAfter(
  name: BaselineName,
  tasks: TaskSet,
  options: BaselineOptions,
  count: number,
): Promise<number> {
  const method = await createBaseline(name, tasks, { threads: 1, ...options });
  await rounds(method, 1, count);
  const { primal } = await method.objective();
  method.dispose();
  return primal;
}

/** The least P, by the reference implementation. */
function optimum(
  tasks: ReferenceTask[],
  loss: ReferenceLossName,
  relationship: Parameters<typeof referenceFit>[1]["relationship"],
): number {
  const { history } = referenceFit(tasks, {
    ...{
      loss,
      relationship,
      weighting: "sum",
      policy: "row",
      localEpochs: 20,
      seed: 1,
      rounds: 400,
      gap: 1e-10,
    },
  });
  return history.at(-1)?.primal ?? Number.NaN;
}

/** All rows as one task, which is the pooled problem. */
function pooled(tasks: ReferenceTask[]): ReferenceTask[] {
  return [
    {
      id: "all",
      X: tasks.flatMap(({ X }) => X),
      y: tasks.flatMap(({ y }) => y),
      sampleWeights: tasks.flatMap(({ y, sampleWeights }) => sampleWeights ?? y.map(() => 1)),
    },
  ];
}

/** min over w of sum_i s_i (w'x_i - y_i)^2 / 2 + ridge/2 ||w||^2 - pull'w, in closed form. */
function ridgeSolution(tasks: ReferenceTask[], ridge: number, pull?: Matrix): number[] {
  const all = pooled(tasks)[0] as ReferenceTask;
  const X = new Matrix(all.X);
  const weighted = X.clone().mulColumnVector(all.sampleWeights as number[]);
  const normal = weighted
    .transpose()
    .mmul(X)
    .add(Matrix.eye(X.columns, X.columns, ridge));
  const right = weighted.transpose().mmul(Matrix.columnVector(all.y));
  return solve(normal, pull === undefined ? right : right.add(pull)).to1DArray();
}

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

describe("global, local and mean-mtl", () => {
  const given = randomTasks(12, "smoothed-hinge");
  const tasks = toTaskSet(given);
  const loss = "smoothed-hinge";

  it("global is the pooled problem", async () => {
    const best = optimum(pooled(given), loss, { family: "independent", lambda1: 0.7, lambda2: 0 });
    expect(await primalAfter("global", tasks, { loss, lambda: 0.7 }, 300)).toBeCloseTo(best, 6);
  });

  it("local is every task alone, whoever else is there", async () => {
    const together = await createBaseline("local", tasks, { loss, lambda: 0.7 });
    await rounds(together, 1, 60);
    const bests = given.map((task) =>
      optimum([task], loss, { family: "independent", lambda1: 0.7, lambda2: 0 }),
    );
    expect((await together.objective()).primal).toBeCloseTo(sum(bests), 6);
    const alone = await createBaseline("local", tasks.select(["task-2"]), { loss, lambda: 0.7 });
    await rounds(alone, 1, 60);
    expect(alone.weights()).toEqual(together.weights().slice(6, 9));
  });

  it("mean-mtl is the mean-regularised problem", async () => {
    const best = optimum(given, loss, { family: "mean", lambda1: 2, lambda2: 0.3 });
    expect(await primalAfter("mean-mtl", tasks, { loss, lambda1: 2, lambda2: 0.3 }, 200)).toBeCloseTo(
      best,
      6,
    );
  });
});

describe("fedavg and fedprox", () => {
  const given = randomTasks(13, "squared");
  const tasks = toTaskSet(given);

  it("averaging one whole-pass step a round is gradient descent and finds the pooled ridge solution", async () => {
    const method = await createBaseline("fedavg", tasks, {
      loss: "squared",
      lambda: 2,
      batch: 1000,
      scaling: 0.5,
    });
    await rounds(method, 1, 400);
    ridgeSolution(given, 2).forEach((value, j) => {
      expect(method.weights()[j]).toBeCloseTo(value, 3);
    });
  });

  it("fedprox with mu 0 is fedavg, bit for bit; a large mu stays near the server's model", async () => {
    const options = { loss: "squared", lambda: 2, batch: 3, scaling: 0.5 } as const;
    const moved = async (name: "fedavg" | "fedprox", mu?: number) => {
      const method = await createBaseline(name, tasks, { ...options, ...(mu === undefined ? {} : { mu }) });
      await rounds(method, 1, 1);
      const first = method.weights();
      await rounds(method, 2, 20);
      return { first, last: method.weights() };
    };
    const plain = await moved("fedavg");
    expect(await moved("fedprox", 0)).toEqual(plain);
    const held = await moved("fedprox", 100);
    expect(Math.hypot(...held.first)).toBeLessThan(0.1 * Math.hypot(...plain.first));
  });

  it("comes close to the pooled optimum with small batches and the step that its search finds", async () => {
    const even = randomTasks(14, "logistic", [10, 10, 10], 3);
    const best = optimum(pooled(even), "logistic", { family: "independent", lambda1: 1, lambda2: 0 });
    for (const name of ["fedavg", "fedprox"] as const) {
      const primal = await primalAfter(name, toTaskSet(even), { loss: "logistic", lambda: 1, batch: 5 }, 300);
      expect(primal).toBeGreaterThanOrEqual(best * (1 - 1e-9));
      expect(primal).toBeLessThan(best * 1.01);
    }
  });
});

describe("ditto", () => {
  const given = randomTasks(15, "squared");
  const tasks = toTaskSet(given);
  const options = { loss: "squared", lambda: 2, batch: 1000, scaling: 0.5 } as const;

  it("without attraction is local models, in closed form", async () => {
    const method = await createBaseline("ditto", tasks, { ...options, attraction: 0 });
    await rounds(method, 1, 600, 2);
    given.forEach((task, t) => {
      ridgeSolution([task], 2).forEach((value, j) => {
        expect(method.weights()[3 * t + j]).toBeCloseTo(value, 3);
      });
    });
  });

  it("solves each personal problem at the model of fedavg", async () => {
    const attraction = 3;
    const method = await createBaseline("ditto", tasks, { ...options, attraction });
    const common = await createBaseline("fedavg", tasks, options);
    await rounds(method, 1, 600, 2);
    await rounds(common, 1, 600);
    const w = common.weights().slice(0, 3);
    expect(method.save().w).toEqual(w);
    given.forEach((task, t) => {
      const pull = Matrix.columnVector([...w]).mul(attraction);
      ridgeSolution([task], 2 + attraction, pull).forEach((value, j) => {
        expect(method.weights()[3 * t + j]).toBeCloseTo(value, 3);
      });
    });
  });

  it("with a strong attraction is fedavg's model", async () => {
    const method = await createBaseline("ditto", tasks, { ...options, attraction: 1e6 });
    await rounds(method, 1, 300, 2);
    const { w } = method.save();
    method.weights().forEach((value, j) => {
      expect(value).toBeCloseTo(w?.[j % 3] as number, 3);
    });
  });
});

describeWithData("baselines on landmine", ["optima.json", "landmine.svm.gz"], (optima, landmine) => {
  interface Row {
    readonly data: string;
    readonly weighting: string;
    readonly loss: string;
    readonly relationship: string;
    readonly optimum?: number;
    readonly optimum_between?: readonly [number, number];
  }
  const best = (relationship: string): number => {
    const rows = JSON.parse(readFileSync(optima, "utf8")) as Row[];
    const row = rows.find((one) => {
      return (
        one.data === "landmine" &&
        one.weighting === "mean" &&
        one.loss === "hinge" &&
        one.relationship === relationship
      );
    });
    return row?.optimum ?? row?.optimum_between?.[1] ?? Number.NaN;
  };
  const lambdas = { lambda1: 0.01, lambda2: 0.001 };

  it("reach the optima of independent solvers as far as their rounds go", async () => {
    const tasks = await readTasks(landmine);
    const cases: [BaselineName, "mean" | "independent", BaselineOptions, number, number][] = [
      ["mean-mtl", "mean", lambdas, 150, 1e-3],
      ["local", "independent", { lambda: 0.011 }, 100, 1e-3],
      ["cocoa", "mean", { relationship: mean(lambdas) }, 40, 0.1],
    ];
    for (const [name, relationship, options, count, within] of cases) {
      const least = best(relationship);
      const primal = await primalAfter(name, tasks, { weighting: "mean", ...options }, count);
      expect(primal / least, name).toBeGreaterThanOrEqual(1 - 1e-7);
      expect(primal / least - 1, name).toBeLessThan(within);
    }
  });
});
