// Small seeded problems with known structure, and plain linear algebra, for the laws of the reference
// implementation.

import {
  RandomStream,
  type ReferenceLossName,
  type ReferenceOptions,
  type ReferencePolicy,
  type ReferenceRelationship,
  type ReferenceTask,
  referenceLoss,
  type SigmaPrimeRule,
  streamKey,
} from "fedmtl/reference";
import { Matrix } from "ml-matrix";

export const lossNames: ReferenceLossName[] = [
  "hinge",
  "smoothed-hinge",
  "logistic",
  "squared",
  "epsilon-insensitive",
  "huber",
];
export const sigmaPrimeRules: SigmaPrimeRule[] = ["paper", "row", "spectral"];
export const policies: ReferencePolicy[] = [...sigmaPrimeRules, "adaptive", "accelerated"];
/** Other than the defaults. */
export const lossShape = { smoothing: 0.5, lossEpsilon: 0.2, huberDelta: 0.7 };

export function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function dot(x: number[], y: number[]): number {
  return sum(x.map((value, j) => value * (y[j] as number)));
}

export function largestEntry(A: Matrix): number {
  return A.clone().abs().max();
}

/** Standard normal entries. */
export function randomMatrix(stream: RandomStream, rows: number, columns: number): Matrix {
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - stream.uniform())) * Math.cos(2 * Math.PI * stream.uniform());
  return new Matrix(Array.from({ length: rows }, () => Array.from({ length: columns }, normal)));
}

/** A A' / rank: positive semidefinite, m × m. */
export function randomSemidefinite(stream: RandomStream, m: number, rank: number): Matrix {
  const A = randomMatrix(stream, m, rank);
  return A.mmul(A.transpose()).div(rank);
}

/** Whether labels are -1 and +1. */
export function isClassification(loss: ReferenceLossName): boolean {
  return referenceLoss(loss).classification;
}

/** Related tasks of uneven size, with sample weights; a row of zeros, and a task of one row. */
export function randomTasks(
  seed: number,
  loss: ReferenceLossName,
  sizes = [9, 1, 14, 6],
  d = 3,
): ReferenceTask[] {
  const stream = new RandomStream(streamKey(seed, "problem", 0));
  const common = randomMatrix(stream, d, 1);
  return sizes.map((n, t) => {
    const X = randomMatrix(stream, n, d);
    const w = Matrix.add(common, randomMatrix(stream, d, 1).mul(0.5));
    const scores = X.mmul(w)
      .add(randomMatrix(stream, n, 1).mul(0.3))
      .to1DArray();
    if (t === 0) {
      X.setRow(0, new Array<number>(d).fill(0));
    }
    return {
      id: `task-${t}`,
      X: X.to2DArray(),
      y: isClassification(loss) ? scores.map((score) => (score > 0 ? 1 : -1)) : scores,
      sampleWeights: scores.map(() => 0.25 + stream.uniform()),
    };
  });
}

/** A path through all tasks but the last, one of its edges of weight 0, and one chord. */
export function randomEdges(m: number): [number, number, number][] {
  const stream = new RandomStream(streamKey(1, "edges", 0));
  const path = Array.from({ length: Math.max(0, m - 2) }, (_, t): [number, number, number] => [
    ...([t + 1, t] as const),
    t === 1 ? 0 : 0.2 + 3 * stream.uniform(),
  ]);
  return m > 3 ? [...path, [0, 2, 0.7]] : path;
}

/** One of each family; m tasks. */
export function relationships(m: number): ReferenceRelationship[] {
  const stream = new RandomStream(streamKey(1, "relationship", 0));
  const lambdas = { lambda1: 0.3, lambda2: 0.1 };
  return [
    { family: "independent", ...lambdas },
    { family: "global", ...lambdas },
    { family: "mean", ...lambdas },
    { family: "fixed", ...lambdas, omega: randomSemidefinite(stream, m, m) },
    { family: "fixed", lambda1: 0.3, lambda2: 0, sigma: randomSemidefinite(stream, m, 2) },
    { family: "trace-norm", lambda1: 0.3, lambda2: 0, epsilon: 1e-3 },
    { family: "trace-norm", ...lambdas },
    { family: "clustered", lambda1: 0.3, lambda2: 0, k: 1, eta: 0.2 },
    { family: "clustered", ...lambdas, k: 2, eta: 0.5 },
    { family: "sparse-precision", lambda1: 0.3, lambda2: 0, rho: 0.5 },
    { family: "sparse-precision", ...lambdas, rho: 2 },
    { family: "graph", ...lambdas, edges: randomEdges(m) },
  ];
}

/** What a relationship is, for the title of a test. */
export function title({
  family,
  lambda1: _,
  omega,
  sigma,
  edges: __,
  ...numbers
}: ReferenceRelationship): string {
  const given = omega ? " Omega" : sigma ? " Sigma" : "";
  const named = Object.entries(numbers).map(([name, value]) => `, ${name} ${value}`);
  return `${family}${given}${named.join("")}`;
}

export function fitOptions(changes: Partial<ReferenceOptions>): ReferenceOptions {
  return {
    loss: "squared",
    ...lossShape,
    relationship: { family: "independent", lambda1: 0.3, lambda2: 0.1 },
    weighting: "sum",
    policy: "row",
    localEpochs: 1,
    seed: 7,
    rounds: 3000,
    gap: 1e-12,
    ...changes,
  };
}

/** q_ti of the tasks, for weighting sum. */
export function weightsOf(task: ReferenceTask): number[] {
  return task.sampleWeights ?? task.y.map(() => 1);
}
