// Problems of the reference implementation handed to the package: the same rows in each of its storages, and the
// hard cases (zero rows, weights of 0, tasks of one row, tasks of one class) in one small problem.

import { TaskSet } from "fedmtl";
import { RandomStream, type ReferenceLossName, type ReferenceTask, streamKey } from "fedmtl/reference";
import { isClassification, randomTasks } from "./reference_problems.js";

export const storages = ["dense", "dense float32", "csr", "csr float32"] as const;
export type Storage = (typeof storages)[number];

/** Number of rows of each task, and of features: fewer tasks than features, and more. */
export const shapes = [
  { sizes: [9, 1, 14, 6], d: 7 },
  { sizes: [8, 5, 1, 11, 3, 7], d: 3 },
] as const;

/**
 * Tasks whose entries fit the storage exactly (float32 numbers, half of them zero in CSR). Task 0 starts with a row
 * of zeros and has a row of weight 0; task 3 has one class.
 */
export function hardTasks(
  seed: number,
  loss: ReferenceLossName,
  { sizes, d }: { readonly sizes: readonly number[]; readonly d: number },
  storage: Storage,
): ReferenceTask[] {
  const stream = new RandomStream(streamKey(seed, "storage", 0));
  const entry = (value: number) => {
    const kept = storage.startsWith("csr") && stream.uniform() < 0.5 ? 0 : value;
    return storage.endsWith("float32") ? Math.fround(kept) : kept;
  };
  return randomTasks(seed, loss, [...sizes], d).map((task, t) => ({
    ...task,
    X: task.X.map((row) => row.map(entry)),
    y: t === 3 && isClassification(loss) ? task.y.map(() => 1) : task.y,
    sampleWeights: (task.sampleWeights as number[]).map((weight, i) => (t === 0 && i === 3 ? 0 : weight)),
  }));
}

/** The same rows, in the same order, in native memory. */
export function toTaskSet(tasks: readonly ReferenceTask[], storage: Storage = "dense"): TaskSet {
  const rows = tasks.flatMap(({ X }) => X);
  const cols = (rows[0] as number[]).length;
  const rest = {
    cols,
    labels: tasks.flatMap(({ y }) => y),
    tasks: tasks.flatMap(({ id, y }) => y.map(() => id)),
    ...(tasks.some(({ sampleWeights }) => sampleWeights !== undefined)
      ? { sampleWeights: tasks.flatMap(({ y, sampleWeights }) => sampleWeights ?? y.map(() => 1)) }
      : {}),
  };
  const pack = (values: number[]) =>
    storage.endsWith("float32") ? Float32Array.from(values) : Float64Array.from(values);
  if (storage.startsWith("dense")) {
    return TaskSet.fromDense({ ...rest, features: pack(rows.flat()) });
  }
  const kept = rows.map((row) => row.flatMap((value, index) => (value === 0 ? [] : [{ index, value }])));
  const indptr = new Int32Array(rows.length + 1);
  kept.forEach((row, i) => {
    indptr[i + 1] = (indptr[i] as number) + row.length;
  });
  return TaskSet.fromCSR({
    ...rest,
    indptr,
    indices: Int32Array.from(kept.flat(), ({ index }) => index),
    values: pack(kept.flat().map(({ value }) => value)),
  });
}
