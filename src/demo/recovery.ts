/**
 * How far learned relations tell who belongs together.
 */
import { clusterOrder } from "../mocha/cluster_order.js";
import type { SquareMatrix } from "../mocha/average_linkage.js";

/** What the relations say about groups that they were not told of. */
export interface Recovery {
  /** Tasks whose most correlated other task is of the same group. */
  readonly nearestInGroup: number;
  /** Runs of one group in the order of the clustering; as many as there are groups if none is torn apart. */
  readonly runs: number;
  /** Mean correlation of two tasks of one group. */
  readonly within: number;
  /** Mean correlation of two tasks of different groups. */
  readonly between: number;
}

/**
 * @param correlation m × m
 * @param groupOf the true group of each task
 */
export function measureRecovery(correlation: SquareMatrix, groupOf: ArrayLike<number>): Recovery {
  const tasks = Array.from({ length: correlation.rows }, (_, t) => t);
  const same = (s: number, t: number): boolean => groupOf[s] === groupOf[t];
  const order = clusterOrder(correlation);
  return {
    nearestInGroup: tasks.filter((t) => same(t, nearestTo(t, correlation))).length,
    runs: order.filter((task, place) => place === 0 || !same(task, order[place - 1] ?? task)).length,
    within: meanOverPairs(correlation, same),
    between: meanOverPairs(correlation, (s, t) => !same(s, t)),
  };
}

function nearestTo(task: number, correlation: SquareMatrix): number {
  let nearest = task === 0 ? 1 : 0;
  for (let other = 0; other < correlation.rows; other++) {
    if (other !== task && correlation.get(task, other) > correlation.get(task, nearest)) {
      nearest = other;
    }
  }
  return nearest;
}

function meanOverPairs(correlation: SquareMatrix, wanted: (s: number, t: number) => boolean): number {
  let [sum, count] = [0, 0];
  for (let s = 0; s < correlation.rows; s++) {
    for (let t = 0; t < s; t++) {
      if (wanted(s, t)) {
        sum += correlation.get(s, t);
        count++;
      }
    }
  }
  return count === 0 ? 0 : sum / count;
}
