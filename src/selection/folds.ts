/**
 * Folds for cross-validation: every task's rows in k parts, so that every fold tests the models of (nearly) all tasks on
 * rows that they were not trained on.
 */
import { RandomStream } from "../data/random.js";
import { TaskSet } from "../data/task_set.js";
import { FedmtlError } from "../errors.js";

/** The part of a row that is never tested: the only one of its task. */
const alwaysTrained = -1;
/** Of a task's stream; `TaskSet.split` uses round 0. */
const roundOfStream = 1;

/** Rows dealt to the parts of a cross-validation. */
export interface Folds {
  /** k, the number of parts. */
  readonly count: number;
  /** n entries in the order of the packed rows: the part that a row is tested in, in 0 .. k-1, or -1: never. */
  readonly partOfRow: Int32Array;
}

/** How rows are dealt. */
export interface FoldOptions {
  /** k, a whole number from 2. */
  readonly count: number;
  readonly seed: number;
  /** Deals the rows of each label in turn, so that every part has its share of every class. */
  readonly stratified: boolean;
}

/**
 * Deals every task's rows to k parts: in random order, and within that by label if stratified, to one part after another,
 * beginning with a random one. So the parts of a task differ by at most one row, in each class too, and do not depend on
 * the other tasks: the stream is keyed by (seed, task name).
 *
 * A task with fewer rows than parts is tested in as many folds as it has rows and trained on all of them in the others;
 * the only row of a task is always trained on.
 *
 * @throws FedmtlError INVALID_ARGUMENT if a part gets no row at all
 */
export function dealFolds(tasks: TaskSet, { count, seed, stratified }: FoldOptions): Folds {
  const offsets = tasks.offsets();
  const labels = tasks.labels();
  const partOfRow = new Int32Array(tasks.rowCount).fill(alwaysTrained);
  const sizes = new Float64Array(count);
  tasks.names.forEach((name, t) => {
    const begin = offsets[t] ?? 0;
    const rows = (offsets[t + 1] ?? 0) - begin;
    if (rows < 2) {
      return;
    }
    const order = Uint32Array.from({ length: rows }, (_, i) => begin + i);
    const stream = new RandomStream(seed, name, roundOfStream);
    stream.shuffle(order);
    if (stratified) {
      order.sort((a, b) => (labels[a] ?? 0) - (labels[b] ?? 0));
    }
    const first = stream.below(count);
    order.forEach((row, i) => {
      const part = (first + i) % count;
      partOfRow[row] = part;
      sizes[part] = (sizes[part] ?? 0) + 1;
    });
  });
  const empty = sizes.indexOf(0);
  if (empty >= 0) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `fold ${empty + 1} of ${count} would have no row to test; give fewer folds, or tasks with more rows`,
    );
  }
  return { count, partOfRow };
}

/** The two sets of one fold. Every task is in the training set; a task without a row in the part is not in the test set. */
export function takeFold(
  tasks: TaskSet,
  { partOfRow }: Folds,
  fold: number,
): { train: TaskSet; test: TaskSet } {
  const rows: { train: number[]; test: number[] } = { train: [], test: [] };
  partOfRow.forEach((part, row) => {
    rows[part === fold ? "test" : "train"].push(row);
  });
  return {
    train: new TaskSet(tasks.native.selectRows(Float64Array.from(rows.train))),
    test: new TaskSet(tasks.native.selectRows(Float64Array.from(rows.test))),
  };
}
