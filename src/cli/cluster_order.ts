/**
 * Orders tasks so that related ones stand side by side: the leaves of an average-linkage clustering of a
 * correlation matrix, with distance 1 - correlation.
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

/**
 * The order of the tasks.
 *
 * @param correlation m x m, symmetric (the lower half is read); entries that are not finite (a task without
 *   weights) count as 0
 * @returns a permutation of 0 .. m-1: the tasks of every cluster of the tree stand side by side. Where two
 *   clusters join, each is turned so that the ends that meet are the more alike; ties go to the lower number.
 * @throws FedmtlError INVALID_ARGUMENT where the matrix is not square
 */
export function clusterOrder(correlation: SquareMatrix): number[] {
  const m = correlation.rows;
  if (correlation.columns !== m) {
    throw new FedmtlError("INVALID_ARGUMENT", `the matrix must be square, got ${m} x ${correlation.columns}`);
  }
  if (m === 0) {
    return [];
  }
  const between = (a: number, b: number) => finiteOrZero(correlation.get(Math.max(a, b), Math.min(a, b)));
  const similarity = Float64Array.from({ length: m * m }, (_, i) => between(Math.floor(i / m), i % m));
  const members: (number[] | undefined)[] = Array.from({ length: m }, (_, task) => [task]);
  for (let joins = 0; joins < m - 1; joins++) {
    const [kept, absorbed] = nextPair(similarity, members);
    const keptMembers = members[kept] ?? [];
    const absorbedMembers = members[absorbed] ?? [];
    averageRows(similarity, members, kept, absorbed);
    members[kept] = joinEnds(keptMembers, absorbedMembers, between);
    members[absorbed] = undefined;
  }
  return members.find((cluster) => cluster !== undefined) ?? [];
}

/**
 * Follows nearest neighbours until two clusters are each other's nearest; returns them, the lower number
 * first. Each step goes to a strictly more similar pair, so this ends. The chain starts afresh after every
 * join: to go on with the old one is faster by a factor of its length, but the rounding of the averages could
 * make it run in a circle.
 */
function nextPair(similarity: Float64Array, members: readonly (number[] | undefined)[]): [number, number] {
  let previous = -1;
  let current = members.findIndex((cluster) => cluster !== undefined);
  for (;;) {
    const nearest = nearestTo(current, previous, similarity, members);
    if (nearest === previous) {
      return [Math.min(current, nearest), Math.max(current, nearest)];
    }
    previous = current;
    current = nearest;
  }
}

/** The most similar cluster, of equals the previous one of the chain (-1: none), else the lowest number. */
function nearestTo(
  cluster: number,
  previous: number,
  similarity: Float64Array,
  members: readonly (number[] | undefined)[],
): number {
  const row = similarity.subarray(cluster * members.length, (cluster + 1) * members.length);
  let nearest = previous;
  let largest = row[previous] ?? Number.NEGATIVE_INFINITY;
  for (const [other, value] of row.entries()) {
    if (value > largest && other !== cluster && members[other] !== undefined) {
      nearest = other;
      largest = value;
    }
  }
  return nearest;
}

/** The similarity of a joined cluster to each other one is the mean over its members. */
function averageRows(
  similarity: Float64Array,
  members: readonly (number[] | undefined)[],
  kept: number,
  absorbed: number,
): void {
  const m = members.length;
  const keptSize = members[kept]?.length ?? 0;
  const absorbedSize = members[absorbed]?.length ?? 0;
  for (let other = 0; other < m; other++) {
    const keptSum = keptSize * (similarity[kept * m + other] ?? 0);
    const absorbedSum = absorbedSize * (similarity[absorbed * m + other] ?? 0);
    const mean = (keptSum + absorbedSum) / (keptSize + absorbedSize);
    similarity[kept * m + other] = mean;
    similarity[other * m + kept] = mean;
  }
}

/**
 * Puts two sequences one after the other, each forwards or backwards, so that the ends that meet are most
 * alike.
 */
function joinEnds(a: number[], b: number[], between: (a: number, b: number) => number): number[] {
  let best: number[] = [];
  let largest = Number.NEGATIVE_INFINITY;
  for (const first of [a, [...a].reverse()]) {
    for (const second of [b, [...b].reverse()]) {
      const value = between(first.at(-1) ?? 0, second[0] ?? 0);
      if (value > largest) {
        best = [...first, ...second];
        largest = value;
      }
    }
  }
  return best;
}

function finiteOrZero(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
