/**
 * How much of a set each task has: rows, stored values, bytes.
 */
import type { TaskSet } from "./task_set.js";

/** n_t of every task, m. */
export function rowCountsOf(tasks: TaskSet): Float64Array {
  const offsets = tasks.offsets();
  return Float64Array.from({ length: tasks.taskCount }, (_, t) => (offsets[t + 1] ?? 0) - (offsets[t] ?? 0));
}

/** Stored feature values of a row of task t on average, m; d for dense rows. */
export function rowSizesOf(tasks: TaskSet): Float64Array {
  if (!tasks.sparse) {
    return new Float64Array(tasks.taskCount).fill(tasks.cols);
  }
  const offsets = tasks.offsets();
  return rowCountsOf(tasks).map((count, t) => {
    const { values } = tasks.native.rows(offsets[t] ?? 0, count);
    return values.length / count;
  });
}

const bytesPerIndex = 4;
/** A label and a dual variable. */
const bytesBesideFeatures = 16;

/** Bytes of a task's rows and what a client keeps beside each, m. */
export function dataBytesOf(tasks: TaskSet): Float64Array {
  const perValue = (tasks.precision === "float32" ? 4 : 8) + (tasks.sparse ? bytesPerIndex : 0);
  const sizes = rowSizesOf(tasks);
  return rowCountsOf(tasks).map((count, t) => count * ((sizes[t] ?? 0) * perValue + bytesBesideFeatures));
}
