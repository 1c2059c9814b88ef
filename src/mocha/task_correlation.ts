/**
 * Correlations between tasks from the kernel over tasks.
 */
import type { Matrix } from "ml-matrix";
import { availableParallelism } from "node:os";
import { type NativeKernel, native } from "../native.js";
import { mlMatrix } from "../on_demand.js";

/** K of the i-th and the j-th of the positions, without forming K. */
function entryOf(
  kernel: NativeKernel,
  tasks: number,
  positions: readonly number[],
): (i: number, j: number) => number {
  const at = (i: number): number => positions[i] ?? 0;
  if ("matrix" in kernel) {
    const { matrix } = kernel;
    return (i, j) => matrix[at(i) * tasks + at(j)] ?? 0;
  }
  if ("from" in kernel) {
    const p = positions.length;
    const entries = native.graphKernelEntries(
      kernel,
      tasks,
      Int32Array.from(positions),
      availableParallelism(),
    );
    return (i, j) => entries[i * p + j] ?? 0;
  }
  const { basis, r, delta } = kernel;
  const rank = r.length;
  return (i, j) => {
    const [s, t] = [at(i), at(j)];
    let sum = s === t ? delta : 0;
    for (let k = 0; k < rank; k++) {
      sum += (basis[s * rank + k] ?? 0) * (r[k] ?? 0) * (basis[t * rank + k] ?? 0);
    }
    return sum;
  };
}

/** K, m × m. */
export function writtenOut(kernel: NativeKernel, tasks: number): Float64Array {
  const all = Array.from({ length: tasks }, (_, t) => t);
  const entry = entryOf(kernel, tasks, all);
  return Float64Array.from({ length: tasks * tasks }, (_, i) => entry(Math.floor(i / tasks), i % tasks));
}

/**
 * @param tasks m
 * @param positions the tasks wanted, in 0 .. m-1
 * @returns K_st / sqrt(K_ss K_tt); a task whose K_tt is 0 (no model of its own) correlates with nothing but itself
 */
export function correlationOf(kernel: NativeKernel, tasks: number, positions: readonly number[]): Matrix {
  const entry = entryOf(kernel, tasks, positions);
  const roots = positions.map((_, i) => Math.sqrt(entry(i, i)));
  const result = mlMatrix().Matrix.eye(positions.length, positions.length);
  for (let i = 0; i < positions.length; i++) {
    for (let j = 0; j < i; j++) {
      const scale = (roots[i] ?? 0) * (roots[j] ?? 0);
      const value = scale > 0 ? entry(i, j) / scale : 0;
      result.set(i, j, value);
      result.set(j, i, value);
    }
  }
  return result;
}
