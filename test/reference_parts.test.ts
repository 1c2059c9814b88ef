// Laws of the parts of the reference implementation: streams, losses, kernels over tasks, the Omega step.

import {
  defaultEpsilon,
  hashName,
  initialRelation,
  laplacian,
  mix64,
  omegaStep,
  penalty,
  RandomStream,
  type ReferenceRelationship,
  referenceLoss,
  regulariserAt,
  sigmaPrime,
  spectrum,
  streamKey,
  TraceNormSteps,
  visits,
} from "fedmtl/reference";
import fc from "fast-check";
import { inverse, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import {
  largestEntry,
  lossNames,
  lossShape,
  randomEdges,
  randomMatrix,
  randomSemidefinite,
  sigmaPrimeRules,
  sum,
} from "./support/reference_problems.js";

// A fixed seed makes every run check the same cases.
const checks = { seed: 20170525, numRuns: 300 };

describe("random streams", () => {
  it("give the published words of SplitMix64 and FNV-1a", () => {
    const stream = new RandomStream(1234567n);
    expect([stream.word(), stream.word(), stream.word()]).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
    ]);
    expect(hashName("")).toBe(0xcbf29ce484222325n);
    expect(hashName("foobar")).toBe(0x85944171f73967e8n);
    expect(mix64(0n)).toBe(0n);
  });

  it("differ in seed, name and round", () => {
    const keys = [
      [1, "a", 1],
      [2, "a", 1],
      [1, "b", 1],
      [1, "a", 2],
    ].map(([seed, name, round]) => streamKey(Number(seed), String(name), Number(round)));
    expect(new Set(keys).size).toBe(4);
  });

  it("visit every row once an epoch, and a short budget visits the start of a long one", () => {
    const cases = fc.tuple(fc.bigInt(0n, 2n ** 64n - 1n), fc.integer({ min: 1, max: 30 }), fc.nat(100));
    fc.assert(
      fc.property(cases, ([key, n, steps]) => {
        const rows = [...visits(new RandomStream(key), n, steps)];
        const longer = [...visits(new RandomStream(key), n, steps + 7)];
        expect(rows).toEqual(longer.slice(0, steps));
        for (let start = 0; start < steps; start += n) {
          const epoch = rows.slice(start, start + n);
          expect(new Set(epoch).size).toBe(Math.min(n, steps - start));
          expect(epoch.every((row) => row >= 0 && row < n)).toBe(true);
        }
      }),
      checks,
    );
  });
});

describe("the order of an epoch", () => {
  it("is each of the 24 permutations of 4 rows equally often", () => {
    const [keys, permutations] = [4800, 24];
    const counts = new Map<string, number>();
    for (let round = 1; round <= keys; round++) {
      const order = [...visits(new RandomStream(streamKey(1, "task", round)), 4, 4)].join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(permutations);
    const expected = keys / permutations;
    const chiSquared = sum([...counts.values()].map((count) => (count - expected) ** 2 / expected));
    expect(chiSquared).toBeLessThan(49.7); // 23 degrees of freedom: exceeded once in 1,000
  });
});

describe.each(lossNames)("loss %s", (name) => {
  const loss = referenceLoss(name, lossShape);
  const score = fc.double({ min: -30, max: 30, noNaN: true });
  const label = loss.classification ? fc.constantFrom(-1, 1) : score;
  const anywhere = fc.oneof(fc.constantFrom(-1, 0, 1), fc.double({ min: -20, max: 20, noNaN: true }));
  const curvature = fc.oneof(fc.constant(0), fc.double({ min: 1e-8, max: 1e4, noNaN: true }));
  const points = fc.record({ z: score, y: label, anywhere, a: curvature }).map(({ z, y, anywhere, a }) => ({
    // There is no curvature only where x = 0 or the task's w must be 0: the score is 0 there.
    z: a === 0 ? 0 : z,
    y,
    a,
    alpha: loss.clip(anywhere, y),
  }));

  it("takes the step that maximises the coordinate's subproblem", () => {
    fc.assert(
      fc.property(points, ({ z, y, alpha, a }) => {
        const side = loss.classification ? y : 1;
        const rise = (b: number) => {
          const change = side * b - alpha;
          return loss.negativeConjugate(side * b, y) - change * z - (a / 2) * change ** 2;
        };
        const [low, high] = [side * loss.clip(-200 * side, y), side * loss.clip(200 * side, y)];
        const b = side * loss.step(alpha, z, y, a);
        expect(b).toBeGreaterThanOrEqual(low);
        expect(b).toBeLessThanOrEqual(high);
        const best = rise(goldenSection(rise, low, high));
        expect(rise(b)).toBeGreaterThanOrEqual(best - 1e-12 * Math.max(1, Math.abs(best)));
      }),
      checks,
    );
  });

  it("obeys Fenchel's inequality, with equality at the score the step leads to", () => {
    fc.assert(
      fc.property(points, ({ z, y, alpha, a }) => {
        const slack = (dual: number, at: number) => {
          return loss.value(at, y) - loss.negativeConjugate(dual, y) + dual * at;
        };
        const next = loss.step(alpha, z, y, a);
        const change = a * (next - alpha);
        const scale = Math.max(1, a, Math.abs(change), loss.value(z, y));
        expect(slack(alpha, z)).toBeGreaterThanOrEqual(-1e-12 * scale);
        expect(Math.abs(slack(next, z + change))).toBeLessThanOrEqual(1e-12 * scale);
      }),
      checks,
    );
  });
});

describe("the logistic step", () => {
  it("solves log((1 - b+) / b+) = y z + a (b+ - b) to rounding, and overflows nowhere", () => {
    const loss = referenceLoss("logistic");
    const range = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true });
    const scores = fc.oneof(range(3), range(600));
    const points = fc.tuple(scores, fc.double({ min: 0, max: 1, noNaN: true }), range(6));
    fc.assert(
      fc.property(points, ([z, b, logCurvature]) => {
        const a = 10 ** logCurvature;
        const next = loss.step(b, z, 1, a);
        const logit = -z - a * (next - b);
        const error = next - 1 / (1 + Math.exp(-logit));
        // The slope of the right-hand side, next (1 - next) a, magnifies the rounding of next.
        const rounding = 1e-15 * (1 + next * (1 - next) * (a + Math.abs(z)) * 4);
        expect(Math.abs(error)).toBeLessThanOrEqual(rounding);
        expect(Number.isFinite(loss.value(z, 1) + loss.value(-z, 1))).toBe(true);
      }),
      { ...checks, numRuns: 3000 },
    );
  });
});

/** The maximiser of a concave function on [low, high], to about the square root of the machine precision. */
function goldenSection(f: (x: number) => number, low: number, high: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [left, right] = [low, high];
  for (let iteration = 0; iteration < 200; iteration++) {
    const [x1, x2] = [right - ratio * (right - left), left + ratio * (right - left)];
    if (f(x1) < f(x2)) {
      left = x1;
    } else {
      right = x2;
    }
  }
  return [low, high, (left + right) / 2].reduce((best, x) => (f(x) > f(best) ? x : best));
}

describe("the kernel over tasks", () => {
  const m = 5;
  const stream = new RandomStream(streamKey(3, "kernel", 0));
  const [lambda1, lambda2] = [0.7, 0.2];
  const identity = Matrix.eye(m, m);
  const omega = randomSemidefinite(stream, m, m);

  it.each<[string, ReferenceRelationship, Matrix]>([
    ["independent", { family: "independent", lambda1, lambda2 }, identity],
    ["mean", { family: "mean", lambda1, lambda2 }, Matrix.sub(identity, Matrix.ones(m, m).div(m))],
    ["fixed Omega", { family: "fixed", lambda1, lambda2, omega }, omega],
    ["fixed Sigma", { family: "fixed", lambda1, lambda2, sigma: omega }, inverse(omega)],
    ["trace-norm at its start", { family: "trace-norm", lambda1, lambda2 }, identity.clone().mul(m)],
    [
      "clustered at its start",
      { family: "clustered", lambda1, lambda2, k: 2, eta: 0.3 },
      identity.clone().mul((0.3 * 1.3) / (0.3 + 2 / m)),
    ],
  ])("is the inverse of M = lambda1 Omega + lambda2 I: %s", (_, relationship, Omega) => {
    const M = Matrix.mul(Omega, lambda1).add(Matrix.mul(identity, lambda2));
    const product = initialRelation(relationship, m).K.mmul(M);
    expect(largestEntry(product.sub(identity))).toBeLessThan(1e-12);
  });

  it("is the inverse of M for a graph, without negative entries, its rows summing to 1 / lambda2", () => {
    const relationship: ReferenceRelationship = { family: "graph", lambda1, lambda2, edges: randomEdges(m) };
    const { K } = initialRelation(relationship, m);
    const M = laplacian(randomEdges(m), m).mul(lambda1).add(Matrix.mul(identity, lambda2));
    expect(largestEntry(K.mmul(M).sub(identity))).toBeLessThan(1e-12);
    expect(K.min()).toBeGreaterThanOrEqual(-1e-15);
    for (const rowSum of K.sum("row")) {
      expect(rowSum).toBeCloseTo(1 / lambda2, 12);
    }
  });

  it.each([2, 5, 9])("is the inverse of M after an Omega step, d = %i", (d) => {
    const relationship: ReferenceRelationship = { family: "trace-norm", lambda1, lambda2 };
    const { K, sigma } = omegaStep(relationship, randomMatrix(stream, d, m), 0.01);
    const M = inverse(sigma as Matrix)
      .mul(lambda1)
      .add(Matrix.mul(identity, lambda2));
    expect(largestEntry(K.mmul(M).sub(identity))).toBeLessThan(1e-12);
  });

  it("is refused where it does not exist", () => {
    const singular = randomSemidefinite(stream, m, 2);
    const indefinite = Matrix.sub(singular, identity);
    const fixed = { family: "fixed", lambda1, lambda2 } as const;
    const refused: ReferenceRelationship[] = [
      { ...fixed, lambda2: 0, omega: singular },
      { ...fixed, omega: indefinite },
      { ...fixed, sigma: indefinite },
      { ...fixed, lambda1: 0, sigma: singular },
      { ...fixed, omega: Matrix.eye(m, m + 1) },
      fixed,
      { family: "mean", lambda1, lambda2: 0 },
      { family: "trace-norm", lambda1: 0, lambda2 },
      { family: "clustered", lambda1, lambda2, k: m + 1, eta: 1 },
      { family: "clustered", lambda1, lambda2, k: 1, eta: 0 },
      { family: "clustered", lambda1, lambda2 },
      { family: "graph", lambda1, lambda2: 0, edges: [] },
      { family: "graph", lambda1, lambda2 },
      { family: "graph", lambda1, lambda2, edges: [[0, m, 1]] },
      { family: "graph", lambda1, lambda2, edges: [[1, 1, 1]] },
      { family: "graph", lambda1, lambda2, edges: [[0, 1, -1]] },
      { family: "independent", lambda1: 0, lambda2: 0 },
    ];
    for (const relationship of refused) {
      expect(() => initialRelation(relationship, m)).toThrow(RangeError);
    }
  });

  it.each(sigmaPrimeRules)("is bounded by diag(S) under rule %s", (rule) => {
    for (const rank of [1, 2, m]) {
      const K = randomSemidefinite(stream, m, rank);
      K.setRow(2, new Array<number>(m).fill(0)).setColumn(2, new Array<number>(m).fill(0));
      const S = sigmaPrime(K, rule).map((value, t) => value * K.get(t, t));
      const slack = Matrix.sub(Matrix.diag(S), K);
      expect(Math.min(...spectrum(slack))).toBeGreaterThan(-1e-12 * Math.max(...S));
    }
  });
});

describe("the trace-norm Omega step", () => {
  const m = 6;
  const epsilon = 0.02;
  const relationship: ReferenceRelationship = { family: "trace-norm", lambda1: 0.4, lambda2: 0.1, epsilon };

  it.each([2, 6, 11])("puts Sigma at (W'W + epsilon I)^1/2 over its trace, d = %i", (d) => {
    const W = randomMatrix(new RandomStream(BigInt(d)), d, m);
    const sigma = omegaStep(relationship, W, epsilon).sigma as Matrix;
    const trace = sum(spectrum(W.transpose().mmul(W)).map((s2) => Math.sqrt(Math.max(0, s2) + epsilon)));
    const root = Matrix.mul(sigma, trace);
    const square = W.transpose()
      .mmul(W)
      .add(Matrix.eye(m, m, epsilon));
    expect(sigma.trace()).toBeCloseTo(1, 13);
    expect(largestEntry(root.mmul(root).sub(square))).toBeLessThan(1e-11);
  });

  it.each([2, 11])("minimises the joint objective at W held, d = %i", (d) => {
    const stream = new RandomStream(BigInt(d));
    const W = randomMatrix(stream, d, m);
    const gram = W.transpose()
      .mmul(W)
      .add(Matrix.eye(m, m, epsilon));
    // The part of P + g that depends on Sigma: lambda1 / 2 tr((W'W + epsilon I) Sigma^-1).
    const objective = (sigma: Matrix) => (relationship.lambda1 / 2) * gram.mmul(inverse(sigma)).trace();
    const relation = omegaStep(relationship, W, epsilon);
    const best = objective(relation.sigma as Matrix);
    for (let trial = 0; trial < 50; trial++) {
      const other = randomSemidefinite(stream, m, m).add(Matrix.eye(m, m, 1e-3));
      other.div(other.trace());
      const share = 10 ** (-4 * stream.uniform());
      const mixed = Matrix.mul(relation.sigma as Matrix, 1 - share).add(other.mul(share));
      expect(objective(mixed)).toBeGreaterThanOrEqual(best * (1 - 1e-12));
    }
    const g = (relationship.lambda1 * epsilon * inverse(relation.sigma as Matrix).trace()) / 2;
    expect(penalty(relationship, relation, epsilon)).toBeCloseTo(g, 11);
  });

  it("keeps all tasks alike where W is 0", () => {
    const { K, sigma } = omegaStep(relationship, Matrix.zeros(2, m), epsilon);
    expect(largestEntry(Matrix.sub(sigma as Matrix, Matrix.eye(m, m, 1 / m)))).toBeLessThan(1e-15);
    expect(largestEntry(K.sub(initialRelation(relationship, m).K))).toBeLessThan(1e-15);
  });
});

describe("the Omega steps of a training", () => {
  const [m, d] = [6, 4];
  const relationship: ReferenceRelationship = { family: "trace-norm", lambda1: 0.4, lambda2: 0.1 };
  const weights = (drift: number) => {
    const stream = new RandomStream(11n);
    return randomMatrix(stream, d, m).add(randomMatrix(stream, d, m).mul(drift));
  };

  it.each([1e-4, 1e-2, 10])(
    "never raise the regulariser, and end at its minimiser, epsilon %d",
    (epsilon) => {
      const sinkingSteps = 5;
      const steps = new TraceNormSteps(relationship, sinkingSteps);
      let relation = initialRelation(relationship, m);
      for (let step = 1; step <= 40; step++) {
        const W = weights(0.5 ** step);
        const before = regulariserAt(relationship, relation, W, epsilon);
        relation = steps.step(relation, W, epsilon);
        const after = regulariserAt(relationship, relation, W, epsilon);
        expect(after).toBeLessThanOrEqual(before);
        expect(relation.sigma?.trace()).toBeCloseTo(1, 12);
      }
      const minimiser = omegaStep(relationship, weights(0), epsilon).sigma as Matrix;
      expect(largestEntry(Matrix.sub(relation.sigma as Matrix, minimiser))).toBeLessThan(1e-7);
    },
  );

  it("are the plain minimiser where the floor is at epsilon and W has not moved", () => {
    const epsilon = 0.01;
    const steps = new TraceNormSteps(relationship, 1);
    const W = weights(0);
    const plain = omegaStep(relationship, W, epsilon).sigma as Matrix;
    steps.step(initialRelation(relationship, m), W, epsilon); // the first step still has the high floor
    const { sigma } = steps.step(initialRelation(relationship, m), W, epsilon);
    expect(largestEntry(Matrix.sub(sigma as Matrix, plain))).toBe(0);
  });

  it("choose a positive epsilon even where W is 0", () => {
    expect(defaultEpsilon(Matrix.zeros(d, m))).toBe(1);
    expect(defaultEpsilon(Matrix.eye(d, m))).toBeCloseTo(((0.1 * d) / m) ** 2, 15);
  });
});
