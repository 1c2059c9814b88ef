/**
 * Groups of tasks from how they relate: the average-linkage tree of their correlations, cut.
 */
import { FedmtlError } from "../errors.js";
import { averageLinkage, type SquareMatrix } from "./average_linkage.js";

/**
 * The distances at which the tree joins, rising; average linkage has no inversions but for rounding, which is taken out: a
 * join is no nearer than those that made its clusters.
 */
function joinsByDistance(correlation: SquareMatrix): { kept: number; absorbed: number; distance: number }[] {
  const heights = new Float64Array(correlation.rows);
  const joins = averageLinkage(correlation).map(({ kept, absorbed, similarity }) => {
    const distance = Math.max(1 - similarity, heights[kept] ?? 0, heights[absorbed] ?? 0);
    heights[kept] = distance;
    return { kept, absorbed, distance };
  });
  // A stable sort: of equal distances the earlier join comes first, so that none precedes those it is made of.
  return joins.sort((a, b) => a.distance - b.distance);
}

/**
 * Where the distances make their largest step, counted from 0 (the same task) to 1 (tasks that do not inform each other); of
 * equal steps the one that leaves more clusters.
 */
function joinsBeforeLargestStep(distances: readonly number[]): number {
  const ends = [0, ...distances.map((distance) => Math.min(distance, 1)), 1];
  const steps = ends.slice(1).map((distance, i) => distance - (ends[i] ?? 0));
  return steps.reduce((largest, step, i) => (step > (steps[largest] ?? 0) ? i : largest), 0);
}

/**
 * Clusters of tasks.
 *
 * @param correlation m × m
 * @param k how many, 1 .. m; absent: where the distances of the tree make their largest step
 * @returns positions, ascending in each cluster, the clusters by their lowest
 * @throws FedmtlError INVALID_ARGUMENT for another k
 */
export function clustersOf(correlation: SquareMatrix, k: number | undefined): number[][] {
  const m = correlation.rows;
  if (k !== undefined && !(Number.isInteger(k) && k >= 1 && k <= m)) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `${k} clusters of ${m} tasks cannot be; give a whole number from 1 to ${m}`,
    );
  }
  const joins = joinsByDistance(correlation);
  const taken = k === undefined ? joinsBeforeLargestStep(joins.map(({ distance }) => distance)) : m - k;
  const members = Array.from({ length: m }, (_, task) => [task]);
  for (const { kept, absorbed } of joins.slice(0, taken)) {
    members[kept]?.push(...(members[absorbed] ?? []));
    members[absorbed] = [];
  }
  return members.filter((cluster) => cluster.length > 0).map((cluster) => cluster.sort((a, b) => a - b));
}
