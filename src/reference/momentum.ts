// Nesterov's momentum over Omega steps, as native/omega/momentum.hpp has it: a step is taken from W ahead of
// itself in the direction it came from, and drawn back as far as it must be.

import { Matrix } from "ml-matrix";

export class Momentum {
  private previousW: Matrix | undefined;
  private tau = 1;

  /** The share of the way to go ahead at the next step: (tau - 1) / tau+ = 0, 0.28, 0.43, 0.53, … */
  next(): number {
    const next = (1 + Math.sqrt(1 + 4 * this.tau ** 2)) / 2;
    const share = (this.tau - 1) / next;
    this.tau = next;
    return share;
  }

  /** A smaller share, 0 in the end. */
  static drawnBack(share: number): number {
    return share > 0.05 ? 0.6 * share : 0;
  }

  /** W + share (W - W at the Omega step before). */
  ahead(W: Matrix, share: number): Matrix {
    const change = Matrix.sub(W, this.previousW ?? W);
    return Matrix.add(W, change.mul(share));
  }

  /** The Omega step from this W is done. */
  keep(W: Matrix): void {
    this.previousW = W.clone();
  }
}
