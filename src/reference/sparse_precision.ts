// A sparse precision over tasks (math.md 5): g(Omega) = lambda1 d/2 (rho ||Omega||_1 - log det Omega), so that at W held
// (d × m) the joint objective is least at the graphical lasso of S = W'W / d with penalty rho, the diagonal penalised too.
//
// Solved column by column for Sigma = Omega^-1: with the other columns held, that of task t is Sigma_11 beta, where beta
// minimises the lasso 1/2 beta' Sigma_11 beta - s_t' beta + rho ||beta||_1, and Sigma_tt = S_tt + rho. Reference:
// Friedman, Hastie & Tibshirani, "Sparse inverse covariance estimation with the graphical lasso", Biostatistics 2008.

import { determinant, inverse, Matrix } from "ml-matrix";
import type { ReferenceRelationship, TaskRelation } from "./relationships.js";

const mostSweeps = 10_000;
/** A sweep that changes no coefficient by more than this, relative to 1 + the largest one, is the last. */
const tolerance = 1e-15;

/** argmin over Omega of tr(S Omega) - log det Omega + rho sum_st |Omega_st|; S m × m, rho > 0. */
export function graphicalLasso(S: Matrix, rho: number): Matrix {
  const m = S.rows;
  const sigma = Matrix.add(S, Matrix.eye(m, m, rho));
  const betas = Array.from({ length: m }, () => new Array<number>(m).fill(0));
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let [moved, largest] = [0, 1];
    betas.forEach((beta, t) => {
      const before = beta.slice();
      lassoOfColumn(sigma, S.getColumn(t), rho, t, beta);
      beta.forEach((value, s) => {
        moved = Math.max(moved, Math.abs(value - (before[s] as number)));
        largest = Math.max(largest, Math.abs(value));
      });
      for (let s = 0; s < m; s++) {
        const entry = s === t ? sigma.get(t, t) : rowTimes(sigma, s, beta);
        sigma.set(s, t, entry);
        sigma.set(t, s, entry);
      }
    });
    if (moved <= tolerance * largest) {
      break;
    }
  }
  const omega = Matrix.zeros(m, m);
  betas.forEach((beta, t) => {
    const diagonal = 1 / (sigma.get(t, t) - rowTimes(sigma, t, beta));
    beta.forEach((value, s) => {
      omega.set(s, t, s === t ? diagonal : -value * diagonal);
    });
  });
  return Matrix.add(omega, omega.transpose()).div(2);
}

/** sum_k sigma_sk beta_k */
function rowTimes(sigma: Matrix, s: number, beta: number[]): number {
  return beta.reduce((total, value, k) => total + value * sigma.get(s, k), 0);
}

/** The lasso of column t by coordinate descent from where beta is; beta_t stays 0. */
function lassoOfColumn(sigma: Matrix, s: number[], rho: number, t: number, beta: number[]): void {
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let [moved, largest] = [0, 1];
    for (let j = 0; j < beta.length; j++) {
      if (j !== t) {
        const old = beta[j] as number;
        const rest = (s[j] as number) - rowTimes(sigma, j, beta) + sigma.get(j, j) * old;
        const next = (Math.sign(rest) * Math.max(0, Math.abs(rest) - rho)) / sigma.get(j, j);
        beta[j] = next;
        moved = Math.max(moved, Math.abs(next - old));
        largest = Math.max(largest, Math.abs(next));
      }
    }
    if (moved <= tolerance * largest) {
      return;
    }
  }
}

function relationOf(relationship: ReferenceRelationship, omega: Matrix): TaskRelation {
  const { lambda1, lambda2, rho = Number.NaN } = relationship;
  if (!(lambda1 > 0 && rho > 0)) {
    throw new RangeError(`lambda1 = ${lambda1}, rho = ${rho}: sparse-precision needs both > 0`);
  }
  const M = Matrix.mul(omega, lambda1).add(Matrix.eye(omega.rows, omega.rows, lambda2));
  const size = omega.clone().abs().sum();
  return {
    ...{ K: inverse(M), sigma: undefined, inverseTrace: 0 },
    penaltyPerFeature: (lambda1 / 2) * (rho * size - Math.log(determinant(omega))),
  };
}

/** The relation a training starts from: Omega = I. */
export function sparsePrecisionStart(relationship: ReferenceRelationship, m: number): TaskRelation {
  return relationOf(relationship, Matrix.eye(m, m));
}

/** The relation that minimises the regulariser at W (d × m). */
export function sparsePrecisionRelation(relationship: ReferenceRelationship, W: Matrix): TaskRelation {
  const S = W.transpose().mmul(W).div(W.rows);
  return relationOf(relationship, graphicalLasso(S, relationship.rho ?? Number.NaN));
}
