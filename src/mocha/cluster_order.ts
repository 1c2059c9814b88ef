/**
 * Orders tasks so that related ones stand side by side: the leaves of an average-linkage clustering of a
 * correlation matrix, with distance 1 - correlation.
 */
import { averageLinkage, similarityIn, type SquareMatrix } from "./average_linkage.js";

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
  const between = similarityIn(correlation);
  const members = Array.from({ length: correlation.rows }, (_, task) => [task]);
  for (const { kept, absorbed } of averageLinkage(correlation)) {
    members[kept] = joinEnds(members[kept] ?? [], members[absorbed] ?? [], between);
  }
  return members[0] ?? [];
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
