// Task relationships: the kernel K each family starts from, and the minimising Omega step of the learned one
// (math.md 5); the steps a training takes are in trace_norm.ts.
//
// trace-norm: Omega = Sigma^-1, Sigma >= 0, tr Sigma = 1, g(Omega) = lambda1 epsilon / 2 tr(Sigma^-1); at
// fixed W the joint objective is least at Sigma = (W'W + epsilon I)^1/2 / trace. References: Smith et al.,
// "Federated Multi-Task Learning", NIPS 2017; Zhang & Yeung, "A convex formulation for learning task
// relationships", UAI 2010. `mean`: Evgeniou & Pontil, "Regularized multi-task learning", KDD 2004.

import { inverse, Matrix } from "ml-matrix";
import { clusteredRelation } from "./clustered.js";
import { graphRelation } from "./graph.js";
import { sparsePrecisionStart } from "./sparse_precision.js";
import { lowRankPlusIdentity, mapSpectrum, rightSingularPairs, spectrum } from "./kernel.js";

export interface ReferenceRelationship {
  family:
    | "independent"
    | "global"
    | "mean"
    | "fixed"
    | "trace-norm"
    | "clustered"
    | "sparse-precision"
    | "graph";
  /** >= 0, > 0 for learned families and for a fixed Sigma. The paper's lambda is half of it. */
  lambda1: number;
  /** >= 0, > 0 for mean and graph; lambda1 + lambda2 > 0. */
  lambda2: number;
  /** trace-norm: > 0; default (0.1 ||W||_* / m)^2 after the first W step. */
  epsilon?: number;
  /** clustered: the number of clusters, 1 .. m. */
  k?: number;
  /** clustered: > 0. */
  eta?: number;
  /** sparse-precision: > 0. */
  rho?: number;
  /** graph: undirected edges between the tasks of two positions, each pair once, with weights >= 0. */
  edges?: readonly (readonly [number, number, number])[];
  /** fixed: an m × m symmetric positive semidefinite Omega; give it or sigma. */
  omega?: number[][] | Matrix;
  /** fixed: an m × m symmetric positive semidefinite Sigma, which may be singular. */
  sigma?: number[][] | Matrix;
}

/** The relationship in force. */
export interface TaskRelation {
  /** m × m. */
  K: Matrix;
  /** m × m; undefined where the family has no Sigma, or Omega was given instead. */
  sigma: Matrix | undefined;
  /** tr(Sigma^-1) of trace-norm; 0 for families without g. */
  inverseTrace: number;
  /** sparse-precision: g(Omega) / d. */
  penaltyPerFeature?: number;
}

// An eigenvalue within this fraction of the largest is a rounded zero, and a difference of two entries within
// this fraction of the largest entry is a rounded symmetry.
const roundingTolerance = 1e-10;

/** Whether the family has an Omega step. */
export function isLearned(relationship: ReferenceRelationship): boolean {
  return ["trace-norm", "clustered", "sparse-precision"].includes(relationship.family);
}

/** The relation before the first round, for m tasks. Throws a RangeError where K does not exist. */
export function initialRelation(relationship: ReferenceRelationship, m: number): TaskRelation {
  const { family, lambda1, lambda2 } = relationship;
  if (!(lambda1 >= 0 && lambda2 >= 0 && lambda1 + lambda2 > 0)) {
    throw new RangeError(`lambda1 = ${lambda1}, lambda2 = ${lambda2}: both must be >= 0 and their sum > 0`);
  }
  switch (family) {
    case "independent":
      return fixedRelation(Matrix.eye(m, m, 1 / (lambda1 + lambda2)));
    case "global":
      return fixedRelation(Matrix.ones(m, m).div(lambda1 + lambda2));
    case "mean":
      return fixedRelation(meanKernel(lambda1, lambda2, m));
    case "graph":
      return graphRelation(relationship, m);
    case "fixed":
      return givenRelation(relationship, m);
    case "trace-norm":
      return traceNormRelation(relationship, new Matrix(m, 0), [], 1 / m);
    case "clustered":
      return clusteredRelation(relationship, Matrix.zeros(1, m));
    case "sparse-precision":
      return sparsePrecisionStart(relationship, m);
  }
}

/**
 * The relation that minimises the joint objective at W (d × m) held, for a floor > 0 in place of epsilon:
 * Sigma = (W'W + floor I)^1/2 / trace, its smallest eigenvalues evened out as far as `cutTolerance` allows.
 */
export function omegaStep(
  relationship: ReferenceRelationship,
  W: Matrix,
  floor: number,
  cutTolerance = 0,
): TaskRelation {
  const { values, U } = rightSingularPairs(W);
  const { roots, rest, trace } = cutRoots(values, W.columns, floor, cutTolerance);
  return traceNormRelation(
    relationship,
    U.subMatrixColumn([...roots.keys()]),
    roots.map((root) => root / trace),
    rest / trace,
  );
}

/**
 * The roots sqrt(s_j^2 + floor) of the fewest directions that must be told apart, one root for each of the other m - k, and
 * the sum of all m. Q is least at the squared sum of the roots; with the root of a mean square for the others the sum can
 * only be larger, and its square may grow by `cutTolerance`.
 */
function cutRoots(
  values: number[],
  m: number,
  floor: number,
  cutTolerance: number,
): { roots: number[]; rest: number; trace: number } {
  const roots = values.map((s) => Math.sqrt(s ** 2 + floor));
  const least = sum(roots) + (m - roots.length) * Math.sqrt(floor);
  const cuts = roots.map((_, k) => {
    const count = m - k;
    const rest = Math.sqrt(floor + sum(values.slice(k).map((s) => s ** 2)) / count);
    return { roots: roots.slice(0, k), rest, trace: sum(roots.slice(0, k)) + count * rest };
  });
  const allowed = cuts.find(({ trace }) => trace ** 2 - least ** 2 <= cutTolerance * least ** 2);
  return allowed ?? { roots, rest: Math.sqrt(floor), trace: least };
}

/** g(Omega) of the relation, for d features; NaN while trace-norm's epsilon is not chosen. */
export function penalty(
  { family, lambda1 }: ReferenceRelationship,
  { inverseTrace, penaltyPerFeature = Number.NaN }: TaskRelation,
  epsilon = Number.NaN,
  d = Number.NaN,
): number {
  switch (family) {
    case "trace-norm":
      return ((lambda1 * epsilon) / 2) * inverseTrace;
    case "sparse-precision":
      return d * penaltyPerFeature;
    default:
      return 0;
  }
}

/** The regulariser 1/2 tr(W M W') + g(Omega) at W (d × m), with M = K^-1; the relation's K must not be singular. */
export function regulariserAt(
  relationship: ReferenceRelationship,
  relation: TaskRelation,
  W: Matrix,
  epsilon?: number,
): number {
  const quadratic = Matrix.mul(W, W.mmul(inverse(relation.K))).sum();
  return quadratic / 2 + penalty(relationship, relation, epsilon, W.rows);
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function fixedRelation(K: Matrix, sigma?: Matrix): TaskRelation {
  return { K, sigma, inverseTrace: 0 };
}

/** Omega = I - 11'/m: eigenvalue 0 on the constant vector, 1 off it. */
function meanKernel(lambda1: number, lambda2: number, m: number): Matrix {
  if (!(lambda2 > 0)) {
    throw new RangeError(`lambda2 = ${lambda2}: family mean needs lambda2 > 0, its Omega is singular`);
  }
  const rest = 1 / (lambda1 + lambda2);
  return Matrix.eye(m, m, rest).add(Matrix.ones(m, m).mul((1 / lambda2 - rest) / m));
}

/** K of a given Omega or Sigma, by its eigendecomposition. */
function givenRelation(relationship: ReferenceRelationship, m: number): TaskRelation {
  const { lambda1, lambda2, omega, sigma } = relationship;
  if ((omega === undefined) === (sigma === undefined)) {
    throw new RangeError("family fixed needs exactly one of omega and sigma");
  }
  const given = Matrix.checkMatrix(omega ?? sigma);
  const zero = checkSemidefinite(given, m);
  const rounded = (eigenvalue: number) => (eigenvalue > zero ? eigenvalue : 0);
  if (sigma !== undefined) {
    if (!(lambda1 > 0)) {
      throw new RangeError(`lambda1 = ${lambda1}: a fixed Sigma needs lambda1 > 0`);
    }
    return fixedRelation(
      mapSpectrum(given, (s) => kappa(rounded(s), lambda1, lambda2)),
      given,
    );
  }
  const K = mapSpectrum(given, (eigenvalue) => {
    const mu = lambda1 * rounded(eigenvalue) + lambda2;
    if (mu === 0) {
      throw new RangeError("lambda1 Omega + lambda2 I is singular; take lambda2 > 0, or give Sigma instead");
    }
    return 1 / mu;
  });
  return fixedRelation(K);
}

/** Returns the size below which an eigenvalue counts as 0. */
function checkSemidefinite(given: Matrix, m: number): number {
  if (given.rows !== m || given.columns !== m) {
    throw new RangeError(`the fixed matrix is ${given.rows} × ${given.columns}; it must be ${m} × ${m}`);
  }
  const scale = given.clone().abs().max();
  if (
    !given.to1DArray().every(Number.isFinite) ||
    !(Matrix.sub(given, given.transpose()).abs().max() <= roundingTolerance * scale)
  ) {
    throw new RangeError("the fixed matrix is not symmetric, or not finite");
  }
  const eigenvalues = spectrum(given);
  const zero = roundingTolerance * Math.max(...eigenvalues.map(Math.abs));
  if (Math.min(...eigenvalues) < -zero) {
    throw new RangeError("the fixed matrix has a negative eigenvalue; it must be positive semidefinite");
  }
  return zero;
}

/** The eigenvalue of K that belongs to the eigenvalue s of Sigma. */
function kappa(s: number, lambda1: number, lambda2: number): number {
  return s / (lambda1 + lambda2 * s);
}

/** Sigma with eigenvalues `values` on the columns of U (m × k) and `rest` on the other m - k directions. */
function traceNormRelation(
  relationship: ReferenceRelationship,
  U: Matrix,
  values: number[],
  rest: number,
): TaskRelation {
  const { lambda1, lambda2, epsilon } = relationship;
  if (!(lambda1 > 0) || (epsilon !== undefined && !(epsilon > 0))) {
    throw new RangeError(`lambda1 = ${lambda1}, epsilon = ${epsilon}: trace-norm needs both > 0`);
  }
  const restCount = U.rows - values.length;
  return {
    K: lowRankPlusIdentity(
      U,
      values.map((s) => kappa(s, lambda1, lambda2)),
      kappa(rest, lambda1, lambda2),
    ),
    sigma: lowRankPlusIdentity(U, values, rest),
    inverseTrace: sum(values.map((s) => 1 / s)) + restCount / rest,
  };
}
