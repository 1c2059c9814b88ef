// Problems and runs that the tests of the baselines share, and their optima.
import {
  type Baseline,
  type BaselineName,
  type BaselineOptions,
  createBaseline,
  fixed,
  type Relationship,
  type TaskSet,
} from "fedmtl";
import { type ReferenceLossName, type ReferenceTask, referenceFit } from "fedmtl/reference";
import { Matrix, solve } from "ml-matrix";

export const sigma = [
  [2, 1, 0.5, 0],
  [1, 2, 1, 0.5],
  [0.5, 1, 2, 1],
  [0, 0.5, 1, 2],
];
const withRelationship: readonly BaselineName[] = ["cocoa", "minibatch-sdca", "minibatch-sgd"];

/** Options with which every method runs without a search. */
export function quickOptions(
  name: BaselineName,
  relationship: Relationship = fixed({ sigma }),
): BaselineOptions {
  const own = withRelationship.includes(name) ? { relationship } : {};
  const isTuned = !["cocoa", "global", "local", "mean-mtl"].includes(name);
  return { seed: 3, ...own, ...(isTuned ? { scaling: 0.5 } : {}) };
}

export async function rounds(method: Baseline, first: number, last: number, passes = 1): Promise<void> {
  const steps = method.rowCounts.map((count) => Math.max(1, Math.round(passes * count)));
  for (let round = first; round <= last; round++) {
    await method.round({ round, steps });
  }
}

export async function primalAfter(
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
export function optimum(
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
export function pooled(tasks: ReferenceTask[]): ReferenceTask[] {
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
export function ridgeSolution(tasks: ReferenceTask[], ridge: number, pull?: Matrix): number[] {
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
