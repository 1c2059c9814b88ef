/**
 * Correlations between tasks from the kernel over tasks.
 */
import type { Matrix } from "ml-matrix";
import type { NativeKernel } from "../native.js";
import { mlMatrix } from "../on_demand.js";

/** K_st of the kernel, without forming it. */
function entryOf(kernel: NativeKernel, tasks: number): (s: number, t: number) => number {
  if (kernel.matrix !== undefined) {
    const { matrix } = kernel;
    return (s, t) => matrix[s * tasks + t] ?? 0;
  }
  const { basis, r, delta } = kernel;
  const rank = r.length;
  return (s, t) => {
    let sum = s === t ? delta : 0;
    for (let j = 0; j < rank; j++) {
      sum += (basis[s * rank + j] ?? 0) * (r[j] ?? 0) * (basis[t * rank + j] ?? 0);
    }
    return sum;
  };
}

/** K, m × m. */
export function writtenOut(kernel: NativeKernel, tasks: number): Float64Array {
  const entry = entryOf(kernel, tasks);
  return Float64Array.from({ length: tasks * tasks }, (_, i) => entry(Math.floor(i / tasks), i % tasks));
}

/**
 * @param tasks m
 * @param positions the tasks wanted, in 0 .. m-1
 * @returns K_st / sqrt(K_ss K_tt); a task whose K_tt is 0 (no model of its own) correlates with nothing but itself
 */
export function correlationOf(kernel: NativeKernel, tasks: number, positions: readonly number[]): Matrix {
  const entry = entryOf(kernel, tasks);
  const roots = positions.map((t) => Math.sqrt(entry(t, t)));
  const result = mlMatrix().Matrix.eye(positions.length, positions.length);
  for (let i = 0; i < positions.length; i++) {
    for (let j = 0; j < i; j++) {
      const scale = (roots[i] ?? 0) * (roots[j] ?? 0);
      const value = scale > 0 ? entry(positions[i] ?? 0, positions[j] ?? 0) / scale : 0;
      result.set(i, j, value);
      result.set(j, i, value);
    }
  }
  return result;
}
