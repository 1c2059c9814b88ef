// The kernel over tasks, K = (lambda1 Omega + lambda2 I)^-1, as a dense m × m matrix, and the sigma' rules
// that make a round of independent local solves safe (math.md 4).
//
// The server's bound needs tr(DeltaV K DeltaV') <= sum_t S_t ||Delta v_t||^2 with S_t = sigmaPrime_t K_tt,
// that is, diag(S) - K positive semidefinite. Reference: Smith et al., "Federated Multi-Task Learning", NIPS
// 2017, Lemma 9.

import { EigenvalueDecomposition, Matrix } from "ml-matrix";

export type SigmaPrimeRule = "paper" | "row" | "spectral";

/** Q diag(f(lambda)) Q' of a symmetric matrix A = Q diag(lambda) Q'. */
export function mapSpectrum(A: Matrix, f: (eigenvalue: number) => number): Matrix {
  const { realEigenvalues, eigenvectorMatrix: Q } = new EigenvalueDecomposition(A, { assumeSymmetric: true });
  return Q.clone().mulRowVector(realEigenvalues.map(f)).mmul(Q.transpose());
}

/** Eigenvalues of a symmetric matrix, ascending. */
export function spectrum(A: Matrix): number[] {
  return new EigenvalueDecomposition(A, { assumeSymmetric: true }).realEigenvalues;
}

/**
 * U diag(values - rest) U' + rest I: eigenvalues `values` on the orthonormal columns of U, `rest` off them.
 */
export function lowRankPlusIdentity(U: Matrix, values: number[], rest: number): Matrix {
  const scaled = U.clone().mulRowVector(values.map((value) => value - rest));
  return scaled.mmul(U.transpose()).add(Matrix.eye(U.rows, U.rows, rest));
}

// Singular values below this fraction of the largest are lost in the rounding of a Gram matrix: they count as
// 0.
const singularValueCutoff = 1e-6;

/**
 * Nonzero singular values of W (d × m), falling, and right singular vectors as the columns of U (m × k), from the
 * smaller Gram matrix: W W' where d <= m, with U = W'Q S^-1, else W'W.
 */
export function rightSingularPairs(W: Matrix): { values: number[]; U: Matrix } {
  const wide = W.rows <= W.columns;
  const gram = wide ? W.mmul(W.transpose()) : W.transpose().mmul(W);
  const { realEigenvalues, eigenvectorMatrix: Q } = new EigenvalueDecomposition(gram, {
    assumeSymmetric: true,
  });
  const all = realEigenvalues.map((eigenvalue) => Math.sqrt(Math.max(0, eigenvalue)));
  const cutoff = singularValueCutoff * Math.max(...all);
  const kept = all.flatMap((s, j) => (s > cutoff ? [j] : [])).sort((i, j) => at(all, j) - at(all, i));
  const values = kept.map((j) => at(all, j));
  const vectors = Q.subMatrixColumn(kept);
  return { values, U: wide ? W.transpose().mmul(vectors).divRowVector(values) : vectors };
}

/** The entry at an index known to be in range. */
function at(values: number[], i: number): number {
  return values[i] as number;
}

/** sigmaPrime_t of the m tasks; 1 where K_tt = 0, the row of K is 0 and so is S_t whatever the factor. */
export function sigmaPrime(K: Matrix, rule: SigmaPrimeRule): number[] {
  const diagonal = K.diagonal();
  const rowSums = K.clone().abs().sum("row");
  const ratios = diagonal.map((k, t) => (k > 0 ? (rowSums[t] as number) / k : 1));
  switch (rule) {
    case "paper":
      return ratios.fill(Math.max(...ratios));
    case "row":
      return ratios;
    case "spectral":
      return ratios.fill(largestCorrelationEigenvalue(K));
  }
}

/** lambda_max(diag(K)^-1/2 K diag(K)^-1/2) over the tasks with K_tt > 0. */
function largestCorrelationEigenvalue(K: Matrix): number {
  const active = K.diagonal().flatMap((k, t) => (k > 0 ? [t] : []));
  if (active.length === 0) {
    return 1;
  }
  const block = K.selection(active, active);
  const scale = block.diagonal().map(Math.sqrt);
  return Math.max(...spectrum(block.divRowVector(scale).divColumnVector(scale)));
}
