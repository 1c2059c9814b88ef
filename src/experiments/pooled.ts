/**
 * All tasks as one: the global model's problem sum_t mean_i loss(w'x_ti, y_ti) + lambda/2 ||w||^2 as that of a single task, on
 * which local steps need no coordination. (Relationship `global` solves it in rounds, which takes thousands of them.)
 */
import { TaskSet } from "../data/task_set.js";

/** One task of all rows, a row weighing 1 / n_t so that tasks weigh the same, for weighting `sum`. */
export function pooled(tasks: TaskSet): TaskSet {
  const { rowCount, cols } = tasks;
  const offsets = tasks.offsets();
  const given = tasks.sampleWeights() ?? new Float64Array(rowCount).fill(1);
  const sampleWeights = given.slice();
  tasks.names.forEach((_, t) => {
    const [begin, end] = [offsets[t] ?? 0, offsets[t + 1] ?? 0];
    const total = given.subarray(begin, end).reduce((sum, weight) => sum + weight, 0);
    for (let i = begin; i < end && total > 0; i++) {
      sampleWeights[i] = (given[i] as number) / total;
    }
  });
  const labels = tasks.labels();
  const shared = { cols, labels, tasks: new Int32Array(rowCount), sampleWeights };
  const { values, indices, indptr } = tasks.native.rows(0, rowCount);
  return indices === undefined || indptr === undefined
    ? TaskSet.fromDense({ ...shared, features: values })
    : TaskSet.fromCSR({ ...shared, values, indices, indptr: Int32Array.from(indptr) });
}
