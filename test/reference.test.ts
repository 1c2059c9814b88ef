// Laws of whole runs of the reference implementation, the oracle of the native core.

import {
  initialRelation,
  isLearned,
  omegaStep,
  ReferenceClient,
  type ReferenceRecord,
  type ReferenceRelationship,
  type ReferenceResult,
  ReferenceServer,
  type ReferenceState,
  type ReferenceTask,
  referenceFit,
  referenceLoss,
  rightSingularPairs,
} from "fedmtl/reference";
import { Matrix, solve } from "ml-matrix";
import { describe, expect, it } from "vitest";
import {
  dot,
  fitOptions,
  largestEntry,
  lossNames,
  lossShape,
  policies,
  randomTasks,
  relationships,
  sum,
  title,
  weightsOf,
} from "./support/reference_problems.js";

describe.each(relationships(4).map((relationship) => [title(relationship), relationship] as const))(
  "a run with relationship %s",
  (_, relationship) => {
    const cases = lossNames.flatMap((loss) => policies.map((policy) => [loss, policy] as const));

    it.each(cases)("certifies every round: %s, %s", (loss, policy) => {
      const tasks = randomTasks(11, loss);
      const value = referenceLoss(loss, lossShape);
      // Uneven budgets, a round every task sits out, and tasks that drop out.
      const budgets = (round: number, t: number) =>
        (round === 4 ? 0 : [14, 1, 3, round % 2][t % 4]) as number;
      const states: ReferenceState[] = [];
      const onState = (state: ReferenceState) => states.push(state);
      const run = { loss, policy, relationship, rounds: 40, gap: 0, omegaEvery: 6, omegaSteps: 3, budgets };
      referenceFit(tasks, fitOptions({ ...run, onRound: onState, onOmegaStep: onState }));
      states.forEach((state, index) => {
        const { W, V, alpha, K, primal, dual, gap } = state;
        const scale = Math.max(1e-300, Math.abs(primal));
        expect(gap).toBeGreaterThanOrEqual(-1e-12 * scale);
        const before = states[index - 1];
        if (before !== undefined && before.omegaStep === state.omegaStep) {
          expect(dual).toBeGreaterThanOrEqual(before.dual - 1e-12 * scale);
        }
        const terms = tasks.flatMap((task, t) =>
          task.X.map((x, i) => {
            const [a, y] = [alpha[t]?.[i] as number, task.y[i] as number];
            const z = dot(x, W.getColumn(t));
            return (
              (weightsOf(task)[i] as number) * (value.value(z, y) - value.negativeConjugate(a, y) + a * z)
            );
          }),
        );
        expect(Math.abs(sum(terms) - gap)).toBeLessThan(1e-12 * scale);
        expect(largestEntry(Matrix.sub(W, V.mmul(K)))).toBeLessThan(1e-14);
        expect(largestEntry(Matrix.sub(V, dualColumns(tasks, alpha)))).toBeLessThan(1e-12 * largestEntry(V));
      });
    });
  },
);

/** v_t = sum_i q_i alpha_i x_i, from the definition. */
function dualColumns(tasks: ReferenceTask[], alpha: number[][]): Matrix {
  return new Matrix(
    tasks.map((task, t) => {
      const weighted = (alpha[t] as number[]).map((a, i) => a * (weightsOf(task)[i] as number));
      return new Matrix([weighted]).mmul(new Matrix(task.X)).getRow(0);
    }),
  ).transpose();
}

describe("a round", () => {
  it.each(lossNames)("raises the dual by what the messages say, %s", (loss) => {
    const tasks = randomTasks(5, loss);
    const clients = tasks.map((task) => new ReferenceClient(task, referenceLoss(loss, lossShape), "mean", 3));
    const relation = initialRelation({ family: "mean", lambda1: 0.3, lambda2: 0.1 }, tasks.length);
    const server = new ReferenceServer(3, relation, "row");
    const shares = () => clients.map((client, t) => client.objective(server.w(t)));
    const dual = () => -sum(shares().map(({ conjugateSum }) => conjugateSum)) - server.regulariser();
    for (let round = 1; round <= 5; round++) {
      const [dualBefore, V, W] = [dual(), server.V.clone(), server.W.clone()];
      const proposals = clients.map((client, t) => client.solve({ round, steps: 4, ...server.request(t) }));
      server.close(proposals);
      for (const client of clients) {
        client.accept(1);
      }
      const change = Matrix.sub(server.V, V);
      const linear = sum(proposals.map(({ e }) => e)) - Matrix.mul(W, change).sum();
      const quadratic = Matrix.mul(change, change.mmul(relation.K)).sum();
      expect(dual() - dualBefore).toBeCloseTo(linear - quadratic / 2, 12);
    }
    const gap = sum(shares().map((share) => share.gap));
    const primal = sum(shares().map(({ lossSum }) => lossSum)) + server.regulariser();
    expect(gap).toBeCloseTo(primal - dual(), 12);
  });

  it.each(lossNames)("of one step leaves its coordinate no gap where a task is alone, %s", (name) => {
    const loss = referenceLoss(name, lossShape);
    const task = randomTasks(6, name)[2] as ReferenceTask;
    let alphaBefore = task.y.map(() => 0);
    const onRound = ({ W, alpha: [alpha = []] }: ReferenceState) => {
      const changed = alpha.flatMap((value, i) => (value === alphaBefore[i] ? [] : [i]));
      expect(changed.length).toBeLessThanOrEqual(1);
      for (const i of changed) {
        const [a, y] = [alpha[i] as number, task.y[i] as number];
        const z = dot(task.X[i] as number[], W.getColumn(0));
        expect(Math.abs(loss.value(z, y) - loss.negativeConjugate(a, y) + a * z)).toBeLessThan(1e-12);
      }
      alphaBefore = alpha;
    };
    referenceFit([task], fitOptions({ loss: name, rounds: 100, gap: 0, budgets: () => 1, onRound }));
    expect(alphaBefore.some((alpha) => alpha !== 0)).toBe(true);
  });

  it("does not depend on the order of the tasks", () => {
    const tasks = randomTasks(8, "logistic");
    const options = fitOptions({
      loss: "logistic",
      relationship: { family: "trace-norm", lambda1: 0.3, lambda2: 0.1 },
      rounds: 30,
      gap: 0,
      omegaEvery: 5,
    });
    const order = [2, 0, 3, 1];
    const W = referenceFit(tasks, options).W.subMatrixColumn(order);
    const permuted = referenceFit(
      order.map((t) => tasks[t] as ReferenceTask),
      options,
    ).W;
    expect(largestEntry(permuted.sub(W))).toBeLessThan(1e-12);
  });

  it("without anyone taking part changes nothing", () => {
    const { W, history } = referenceFit(
      randomTasks(8, "hinge"),
      fitOptions({ loss: "hinge", rounds: 3, budgets: () => 0 }),
    );
    expect(largestEntry(W)).toBe(0);
    expect(history.every(({ dual }) => dual === 0)).toBe(true);
  });
});

describe("the optimum", () => {
  it.each(relationships(4).filter((relationship) => !isLearned(relationship)))(
    "of the squared loss solves the normal equations, $family",
    (relationship) => {
      const tasks = randomTasks(21, "squared");
      const { W, K, history } = referenceFit(tasks, fitOptions({ relationship }));
      expect(history.at(-1)?.relativeGap).toBeLessThan(1e-12);
      expect(largestEntry(Matrix.sub(W, ridge(tasks, K)))).toBeLessThan(1e-5);
    },
  );

  it.each(lossNames)("of the global family is that of the pooled rows, %s", (loss) => {
    const tasks = randomTasks(22, loss);
    const pooled: ReferenceTask = {
      id: "all",
      X: tasks.flatMap(({ X }) => X),
      y: tasks.flatMap(({ y }) => y),
      sampleWeights: tasks.flatMap(weightsOf),
    };
    const [lambda1, lambda2] = [0.3, 0.1];
    const options = { loss, policy: "spectral", gap: 1e-7 } as const;
    const global = referenceFit(
      tasks,
      fitOptions({ ...options, relationship: { family: "global", lambda1, lambda2 } }),
    );
    const alone = referenceFit(
      [pooled],
      fitOptions({ ...options, relationship: { family: "independent", lambda1, lambda2 } }),
    );
    const w = alone.W.getColumn(0);
    const bound = sum([global, alone].map((run) => distanceToOptimum(run, lambda1 + lambda2)));
    expect(bound).toBeLessThan(0.1);
    for (let t = 0; t < tasks.length; t++) {
      const difference = global.W.getColumn(t).map((value, j) => value - (w[j] as number));
      expect(Math.sqrt(dot(difference, difference))).toBeLessThanOrEqual(bound + 1e-9);
    }
  });

  it.each(lossNames)("is unmoved by doubled rows of half the weight and by rows of weight 0, %s", (loss) => {
    const tasks = randomTasks(23, loss);
    const doubled = tasks.map((task) => {
      const half = weightsOf(task).map((weight) => weight / 2);
      const double = <T>(values: T[], extra: T) => [...values, extra, ...values];
      const [X, y] = [double(task.X, [9, 9, 9]), double(task.y, 1)];
      return { id: task.id, X, y, sampleWeights: [...half, 0, ...half] };
    });
    const options = fitOptions({
      loss,
      relationship: { family: "mean", lambda1: 0.3, lambda2: 0.1 },
      weighting: "mean",
      gap: 1e-10,
    });
    const [one, other] = [tasks, doubled].map((list) => referenceFit(list, options).history.at(-1));
    expect(one?.relativeGap).toBeLessThanOrEqual(1e-10);
    expect(other?.relativeGap).toBeLessThanOrEqual(1e-10);
    expect(other?.dual).toBeCloseTo(one?.dual as number, 9);
  });

  it("exists where a task has no prior variance: its w stays 0", () => {
    const relationship: ReferenceRelationship = {
      family: "fixed",
      lambda1: 0.3,
      lambda2: 0,
      sigma: Matrix.diag([1, 0, 2, 1]),
    };
    for (const loss of lossNames) {
      const tasks = randomTasks(24, loss);
      const { W, V, alpha, history } = referenceFit(
        tasks,
        fitOptions({ loss, relationship, policy: "accelerated", gap: 1e-6 }),
      );
      expect(history.at(-1)?.relativeGap).toBeLessThanOrEqual(1e-6);
      expect(largestEntry(Matrix.sub(V, dualColumns(tasks, alpha)))).toBeLessThan(1e-12 * largestEntry(V));
      expect(W.getColumn(1)).toEqual([0, 0, 0]);
    }
  });
});

/** A bound on ||w - w*||: the primal is lambda-strongly convex, so lambda / 2 ||w - w*||^2 <= gap. */
function distanceToOptimum(run: ReferenceResult, lambda: number): number {
  return Math.sqrt((2 * Math.max(0, run.history.at(-1)?.gap as number)) / lambda);
}

/** The ridge solution vec(W) = (A + K^-1 ⊗ I)^-1 b, free of K^-1: (I + (K ⊗ I) A) vec(W) = (K ⊗ I) b. */
function ridge(tasks: ReferenceTask[], K: Matrix): Matrix {
  const [m, d] = [tasks.length, tasks[0]?.X[0]?.length as number];
  const A = Matrix.zeros(m * d, m * d);
  const b = Matrix.zeros(m * d, 1);
  tasks.forEach((task, t) => {
    const X = new Matrix(task.X);
    const weighted = X.transpose().mulRowVector(weightsOf(task));
    A.setSubMatrix(weighted.mmul(X), t * d, t * d);
    b.setSubMatrix(weighted.mmul(Matrix.columnVector(task.y)), t * d, 0);
  });
  const kronecker = K.kroneckerProduct(Matrix.eye(d, d));
  const vec = solve(kronecker.mmul(A).add(Matrix.eye(m * d, m * d)), kronecker.mmul(b));
  return new Matrix(
    Array.from({ length: m }, (_, t) => vec.subMatrix(t * d, t * d + d - 1, 0, 0).to1DArray()),
  ).transpose();
}

describe("alternation with Omega steps", () => {
  const tasks = randomTasks(31, "logistic");

  it.each([0, 0.1])("ends a W step at the gap or as soon as it may, lambda2 = %d", (lambda2) => {
    const [gap, omegaEvery, omegaSteps] = [1e-3, 3, 12];
    const { history } = referenceFit(
      tasks,
      fitOptions({
        loss: "logistic",
        policy: "paper",
        localEpochs: 0.1,
        relationship: { family: "trace-norm", lambda1: 0.3, lambda2, epsilon: 1e-3 },
        gap,
        omegaEvery,
        omegaSteps,
      }),
    );
    let before = Number.POSITIVE_INFINITY;
    let prolonged = 0;
    for (let step = 0; step <= omegaSteps; step++) {
      const records = history.filter(({ omegaStep }) => omegaStep === step);
      const mayEnd = records.map(({ relativeGap, jointObjective }, index) => {
        const longEnough = step < omegaSteps && index + 1 >= omegaEvery;
        return relativeGap <= gap || (longEnough && jointObjective <= before);
      });
      expect(mayEnd.indexOf(true)).toBe(records.length - 1);
      const last = records.at(-1) as ReferenceRecord;
      expect(last.jointObjective).toBeLessThanOrEqual(before + last.gap);
      prolonged += step < omegaSteps && records.length > omegaEvery ? 1 : 0;
      before = last.jointObjective;
    }
    expect(prolonged).toBeGreaterThan(0);
  });

  it("reaches a W whose own best Sigma is the one in force", () => {
    const relationship: ReferenceRelationship = {
      family: "trace-norm",
      lambda1: 0.3,
      lambda2: 0,
      epsilon: 0.01,
    };
    const run = { loss: "logistic", relationship, gap: 1e-12, rounds: 20000, omegaSteps: 400 } as const;
    const { W, sigma } = referenceFit(tasks, fitOptions(run));
    const next = omegaStep(relationship, W, 0.01).sigma as Matrix;
    expect(largestEntry(next.sub(sigma as Matrix))).toBeLessThan(1e-5);
  });

  it("settles the default epsilon after the first W step, from that W", () => {
    const relationship: ReferenceRelationship = { family: "trace-norm", lambda1: 0.3, lambda2: 0 };
    const states: ReferenceState[] = [];
    const onRound = (state: ReferenceState) => states.push(state);
    const run = { loss: "logistic", relationship, rounds: 12, omegaEvery: 4, onRound } as const;
    const { epsilon } = referenceFit(tasks, fitOptions(run));
    const last = states.filter(({ omegaStep: done }) => done === 0).at(-1) as ReferenceState;
    const nuclear = sum(rightSingularPairs(last.W).values);
    expect(last.epsilon).toBeUndefined();
    expect(epsilon).toBeCloseTo(((0.1 * nuclear) / tasks.length) ** 2, 14);
  });
});
