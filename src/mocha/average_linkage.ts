/**
 * The average-linkage clustering of a similarity matrix: which clusters join, and how similar they are on average.
 *
 * The tree is built by nearest-neighbour chains, O(m^2) a chain at worst and O(m) as a rule: Murtagh, "A
 * survey of recent advances in hierarchical clustering algorithms", Computer Journal 26, 1983. Average
 * linkage is reducible, so this gives the tree of the textbook method, which merges the closest pair each
 * time.
 */
import { FedmtlError } from "../errors.js";

/** A square matrix to read from; ml-matrix's Matrix is one. */
export interface SquareMatrix {
  readonly rows: number;
  readonly columns: number;
  get(row: number, column: number): number;
}

/** Two clusters become one; each is named by its lowest member. */
export interface Join {
  /** The name of the joined cluster, the lower of the two. */
  readonly kept: number;
  readonly absorbed: number;
  /** Mean over all pairs of members of the two. */
  readonly similarity: number;
}

/** The similarity of two members; what is not finite (a task without weights) counts as 0. The lower half is read. */
export function similarityIn(matrix: SquareMatrix): (a: number, b: number) => number {
  return (a, b) => {
    const value = matrix.get(Math.max(a, b), Math.min(a, b));
    return Number.isFinite(value) ? value : 0;
  };
}

/** The clusters that have not been absorbed, with the similarity of each two. */
class Linkage {
  readonly #m: number;
  /** m × m; rows and columns of absorbed clusters are out of date. */
  readonly #similarity: Float64Array;
  /** Members of each cluster; 0: absorbed. */
  readonly #sizes: Int32Array;

  constructor(matrix: SquareMatrix) {
    const m = matrix.rows;
    const between = similarityIn(matrix);
    this.#m = m;
    this.#similarity = new Float64Array(m * m);
    for (let a = 0; a < m; a++) {
      for (let b = 0; b <= a; b++) {
        const value = between(a, b);
        this.#similarity[a * m + b] = value;
        this.#similarity[b * m + a] = value;
      }
    }
    this.#sizes = new Int32Array(m).fill(1);
  }

  /**
   * Follows nearest neighbours until two clusters are each other's nearest, and joins them. Each step goes to a strictly
   * more similar pair, so this ends. The chain starts afresh after every join: to go on with the old one is faster by a
   * factor of its length, but the rounding of the averages could make it run in a circle.
   */
  join(): Join {
    let previous = -1;
    let current = this.#sizes.findIndex((size) => size > 0);
    for (;;) {
      const nearest = this.#nearestTo(current, previous);
      if (nearest === previous) {
        const [kept, absorbed] = [Math.min(current, nearest), Math.max(current, nearest)];
        const similarity = this.#similarity[kept * this.#m + absorbed] ?? 0;
        this.#average(kept, absorbed);
        return { kept, absorbed, similarity };
      }
      previous = current;
      current = nearest;
    }
  }

  /** The most similar cluster, of equals the previous one of the chain (-1: none), else the lowest number. */
  #nearestTo(cluster: number, previous: number): number {
    const row = this.#similarity.subarray(cluster * this.#m, (cluster + 1) * this.#m);
    let nearest = previous;
    let largest = row[previous] ?? Number.NEGATIVE_INFINITY;
    for (let other = 0; other < row.length; other++) {
      const value = row[other] ?? 0;
      if (value > largest && other !== cluster && (this.#sizes[other] ?? 0) > 0) {
        nearest = other;
        largest = value;
      }
    }
    return nearest;
  }

  /** The similarity of a joined cluster to each other one is the mean over its members. */
  #average(kept: number, absorbed: number): void {
    const m = this.#m;
    const [keptSize, absorbedSize] = [this.#sizes[kept] ?? 0, this.#sizes[absorbed] ?? 0];
    for (let other = 0; other < m; other++) {
      const keptSum = keptSize * (this.#similarity[kept * m + other] ?? 0);
      const absorbedSum = absorbedSize * (this.#similarity[absorbed * m + other] ?? 0);
      const mean = (keptSum + absorbedSum) / (keptSize + absorbedSize);
      this.#similarity[kept * m + other] = mean;
      this.#similarity[other * m + kept] = mean;
    }
    this.#sizes[kept] = keptSize + absorbedSize;
    this.#sizes[absorbed] = 0;
  }
}

/**
 * The m - 1 joins of the tree, each after those that made its two clusters.
 *
 * @param matrix m × m, symmetric (the lower half is read)
 * @throws FedmtlError INVALID_ARGUMENT where the matrix is not square
 */
export function averageLinkage(matrix: SquareMatrix): Join[] {
  const m = matrix.rows;
  if (matrix.columns !== m) {
    throw new FedmtlError("INVALID_ARGUMENT", `the matrix must be square, got ${m} x ${matrix.columns}`);
  }
  const linkage = new Linkage(matrix);
  return Array.from({ length: Math.max(0, m - 1) }, () => linkage.join());
}
