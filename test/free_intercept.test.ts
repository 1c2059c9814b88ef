// An unpenalised intercept a task: a valid certificate needs sum_i q_i alpha_i = 0, and shifting what the intercept can
// absorb must change nothing else.
import { Client, type FitOptions, fit, independent, mean, Server, TaskSet, traceNorm } from "fedmtl";
import { describe, expect, it } from "vitest";
import { generate } from "../dist/data/generate.js";
import { losses } from "../dist/options.js";

const relationships = [
  independent({ lambda1: 0.05 }),
  mean({ lambda1: 0.05, lambda2: 0.02 }),
  traceNorm({ lambda1: 0.05 }),
];
const isRegression = (loss: string): boolean => ["squared", "epsilon-insensitive", "huber"].includes(loss);

/** Labels (and features, by a constant a column) shifted by given amounts. */
function problem(kind: "classification" | "regression", shift = { label: 0, feature: 0 }): TaskSet {
  const data = generate({ profile: "custom", tasks: 4, cols: 5, rows: [15, 30], clusters: 2, kind, seed: 8 });
  return TaskSet.fromDense({
    features: data.features.map((x, i) => x + shift.feature * ((i % 5) + 1)),
    cols: 5,
    labels: data.labels.map((y) => y + shift.label),
    tasks: Array.from(data.taskOfRow, (t) => data.ids[t] as string),
  });
}

const options = (loss: (typeof losses)[number]): FitOptions => ({
  loss,
  intercept: "free",
  weighting: "mean",
  stop: { gap: 1e-7, rounds: 40_000 },
  omegaSteps: 5,
});

describe.each(losses)("%s", (loss) => {
  const kind = isRegression(loss) ? "regression" : "classification";

  it.each(relationships)("certifies, below the penalised optimum: $family", async (relationship) => {
    const free = await fit(problem(kind), { ...options(loss), relationship }).result;
    const { primal, dual, gap, relativeGap } = free.certificate;
    expect(gap).toBeGreaterThanOrEqual(-1e-12 * Math.abs(primal));
    expect(relativeGap).toBeLessThanOrEqual(1e-7);
    if (relationship.family === "trace-norm") {
      return; // another Sigma is learned with another intercept
    }
    // A penalty that vanishes: b enters as 1000 times a weight. Its optimum is above the free one by at most the penalty.
    const penalized = await fit(problem(kind), {
      ...options(loss),
      relationship,
      intercept: "penalized",
      interceptScaling: 1000,
      stop: { gap: 1e-6, rounds: 40_000 },
    }).result;
    expect(penalized.certificate.primal).toBeGreaterThanOrEqual(dual);
    expect(penalized.certificate.dual).toBeLessThanOrEqual(primal * (1 + 1e-4));
  });

  it("is not moved by a shift of the features", async () => {
    const relationship = independent({ lambda1: 0.05 });
    const here = await fit(problem(kind), { ...options(loss), relationship }).result;
    const there = await fit(problem(kind, { label: 0, feature: 0.5 }), { ...options(loss), relationship })
      .result;
    expect(there.certificate.dual).toBeLessThanOrEqual(here.certificate.primal);
    expect(here.certificate.dual).toBeLessThanOrEqual(there.certificate.primal);
  });

  const shiftIsAbsorbed = async (): Promise<void> => {
    const relationship = mean({ lambda1: 0.05, lambda2: 0.02 });
    const here = await fit(problem(kind), { ...options(loss), relationship }).result;
    const there = await fit(problem(kind, { label: 100, feature: 0 }), { ...options(loss), relationship })
      .result;
    expect(there.certificate.primal).toBeCloseTo(here.certificate.primal, 4);
    for (const task of here.model.names) {
      const [before, after] = [here.model, there.model].map(
        (model) => model.decision(task, [1, 2, 3, 4, 5])[0] ?? 0,
      );
      expect(after).toBeCloseTo((before ?? 0) + 100, 1);
    }
  };
  if (isRegression(loss)) {
    it("takes up a shift of the labels", shiftIsAbsorbed);
  }

  it("keeps the dual variables balanced through rounds with drop-outs", async () => {
    const tasks = problem(kind);
    const clients = tasks.names.map(
      (name) => new Client(tasks.select([name]), { loss, intercept: "free", seed: 3 }),
    );
    const server = new Server({
      tasks: tasks.names,
      cols: 5,
      relationship: mean({ lambda1: 1, lambda2: 0.5 }),
    });
    for (let round = 1; round <= 30; round++) {
      for (const [t, client] of clients.entries()) {
        if ((round + t) % 3 !== 0) {
          const request = server.request(client.name, { round, steps: client.rowCount });
          server.receive(client.name, await client.propose(request));
        }
      }
      await server.close();
    }
    for (const client of clients) {
      client.evaluate(server.evaluation(client.name));
      const alpha = client.alpha();
      const scale = alpha.reduce((sum, a) => sum + Math.abs(a), 0);
      expect(Math.abs(alpha.reduce((sum, a) => sum + a, 0))).toBeLessThanOrEqual(1e-12 * (1 + scale));
    }
  });
});

describe("tasks of one class", () => {
  it("are legal: their own intercept fits them exactly", async () => {
    const tasks = TaskSet.fromArrays([
      { id: "positive", X: [[1], [2], [3]], y: [1, 1, 1] },
      { id: "mixed", X: [[1], [-1]], y: [1, -1] },
      { id: "single", X: [[4]], y: [-1] },
    ]);
    for (const loss of ["hinge", "smoothed-hinge", "logistic"] as const) {
      const { model, certificate, status } = await fit(tasks, {
        ...options(loss),
        relationship: independent(),
      }).result;
      expect(status).toBe("converged");
      expect(Number.isFinite(certificate.primal)).toBe(true);
      expect(model.evaluate(tasks).micro.error).toBe(0);
    }
  });
});
