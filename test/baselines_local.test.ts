// The baselines that learn a model a device or one for all, by steps of SGD or in closed form, each against an independent optimum,
// a closed form, or what its paper says of it.
import { readFileSync } from "node:fs";
import { type BaselineName, type BaselineOptions, createBaseline, mean, readTasks } from "fedmtl";
import { Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { rounds, primalAfter, optimum, pooled, ridgeSolution } from "./support/baseline_problems.js";
import { toTaskSet } from "./support/native_problems.js";
import { randomTasks, sum } from "./support/reference_problems.js";
import { describeWithData } from "./support/shared_data.js";

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
