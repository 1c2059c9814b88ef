/**
 * TaskSet: the data of all tasks, copied once into native memory and validated there; and its builder for data that
 * arrive in chunks.
 */
import type { Matrix } from "ml-matrix";
import { FedmtlError, invalidChoice, shown } from "../errors.js";
import { type NativeTaskSet, type NativeTaskSetBuilder, type NativeTaskSetShape, native } from "../native.js";
import { isMatrix } from "../on_demand.js";
import { inRange, inWords } from "../ranges.js";
import { requireNames, requireObject, requireTaskName, toFloat64 } from "./arguments.js";
import { RandomStream } from "./random.js";
import { type CsrRows, denseRowCount, type RowsLike, toRows } from "./rows.js";

/** Task of each row: its name, or a number that is used as its name. */
export type TaskColumn = readonly string[] | Int32Array;

interface RowLabels {
  /** n labels: two distinct values for classification, any finite numbers for regression. */
  readonly labels: Float64Array | readonly number[];
  /** n tasks; rows of a task may be anywhere. */
  readonly tasks: TaskColumn;
  /** n weights >= 0; 1 by default. */
  readonly sampleWeights?: Float64Array | readonly number[];
}

/** Dense data: n × cols features, row-major. */
export interface DenseData extends RowLabels {
  readonly features: Float64Array | Float32Array;
  readonly cols: number;
}

/** Sparse data in compressed rows, indices 0-based and ascending within a row. */
export interface CsrData extends RowLabels, Required<CsrRows> {}

/** One task as plain arrays. */
export interface TaskArrays {
  readonly id: string;
  /** n_t rows. */
  readonly X: readonly (readonly number[])[] | Matrix;
  /** n_t labels. */
  readonly y: readonly number[] | Float64Array;
}

/** How feature values are stored; arithmetic is in float64 either way. */
export type Precision = "float64" | "float32";

/** Options of {@link TaskSet.split}. */
export interface SplitOptions {
  /** Fraction of each task's rows that goes to the test part, in (0, 1). */
  readonly test: number;
  /** Seed of the shuffle, by default 0. */
  readonly seed?: number;
}

/**
 * Names in order of first appearance, and each row's position among them.
 *
 * @throws FedmtlError INVALID_ARGUMENT
 */
function codeTasks(tasks: TaskColumn): { names: string[]; taskOfRow: Int32Array } {
  if (!Array.isArray(tasks) && !(tasks instanceof Int32Array)) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `tasks is ${shown(tasks)}; give the task of every row, as an array of names or an Int32Array`,
    );
  }
  const positions = new Map<string | number, number>();
  const taskOfRow = new Int32Array(tasks.length);
  for (let i = 0; i < tasks.length; i++) {
    const task = tasks[i] as string | number;
    let position = positions.get(task);
    if (position === undefined) {
      position = positions.size;
      positions.set(task, position);
    }
    taskOfRow[i] = position;
  }
  const names = tasks instanceof Int32Array ? Array.from(positions.keys(), String) : [...positions.keys()];
  names.forEach(requireTaskName);
  return { names: names as string[], taskOfRow };
}

/** The labels, tasks and weights of all rows. @throws FedmtlError INVALID_ARGUMENT */
function checkedRows(data: RowLabels): {
  names: string[];
  taskOfRow: Int32Array;
  labels: Float64Array;
  weights: Float64Array | undefined;
} {
  requireObject(
    "the data",
    data,
    "{ features, cols, labels, tasks } or { indptr, indices, values, cols, labels, tasks }",
  );
  const { sampleWeights } = data;
  return {
    ...codeTasks(data.tasks),
    labels: toFloat64("labels", data.labels),
    weights: sampleWeights === undefined ? undefined : toFloat64("sampleWeights", sampleWeights),
  };
}

/** d by the first row. @throws FedmtlError INVALID_ARGUMENT where there is none */
function columnsOf({ id, X }: TaskArrays): number {
  const columns = isMatrix(X) ? X.columns : Array.isArray(X) && Array.isArray(X[0]) ? X[0].length : 0;
  if (columns === 0) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `X of task ${shown(id)} has no row with a feature; give an array of rows of numbers, or a Matrix`,
    );
  }
  return columns;
}

/** @throws FedmtlError INVALID_OPTION */
function splitOptions(given: SplitOptions): Required<SplitOptions> {
  requireObject("the argument of split", given, "{ test: 0.25, seed: 1 }");
  const allowed = ["test", "seed"];
  const stray = Object.keys(given).find((name) => !allowed.includes(name));
  if (stray !== undefined) {
    throw invalidChoice("option of split", stray, allowed);
  }
  const { test, seed = 0 } = given;
  if (!inRange(test, { above: 0, most: 1 }) || test === 1) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `test is ${shown(test)}; give a fraction between 0 and 1, such as 0.25`,
    );
  }
  const seeds = { least: 0, most: Number.MAX_SAFE_INTEGER, whole: true };
  if (!inRange(seed, seeds)) {
    throw new FedmtlError("INVALID_OPTION", `seed is ${shown(seed)}; give ${inWords(seeds)}`);
  }
  return { test, seed };
}

/**
 * An immutable set of tasks in native memory. The memory is freed when the object is collected, or at once by
 * {@link TaskSet.dispose}; a running fit keeps what it uses.
 */
export class TaskSet {
  /** @internal */
  readonly native: NativeTaskSet;
  readonly #shape: NativeTaskSetShape;
  #names: readonly string[] | undefined;
  #disposed = false;

  /** @internal Use the static factories, readTasks or a TaskSetBuilder. */
  constructor(nativeSet: NativeTaskSet) {
    this.native = nativeSet;
    this.#shape = nativeSet.describe();
  }

  /**
   * @throws TypeError, RangeError with code INVALID_ARGUMENT: wrong array types, lengths that do not agree, values that
   *   are not finite
   */
  static fromDense(data: DenseData): TaskSet {
    const { names, taskOfRow, labels, weights } = checkedRows(data);
    return new TaskSet(native.TaskSet.fromDense(data.cols, data.features, labels, taskOfRow, names, weights));
  }

  /** @throws as {@link TaskSet.fromDense}; also for pointers that fall and indices out of order or range */
  static fromCSR(data: CsrData): TaskSet {
    const { names, taskOfRow, labels, weights } = checkedRows(data);
    const { cols, indptr, indices, values } = data;
    return new TaskSet(
      native.TaskSet.fromCsr(cols, indptr, indices, values, labels, taskOfRow, names, weights),
    );
  }

  /** @throws FedmtlError INVALID_ARGUMENT for ragged rows; otherwise as {@link TaskSet.fromDense} */
  static fromArrays(tasks: readonly TaskArrays[]): TaskSet {
    if (!Array.isArray(tasks) || tasks.length === 0) {
      const given = Array.isArray(tasks) ? "no task" : shown(tasks);
      throw new FedmtlError(
        "INVALID_ARGUMENT",
        `fromArrays was given ${given}; give an array of at least one { id, X, y }`,
      );
    }
    for (const [i, task] of tasks.entries()) {
      requireObject(`task ${i} of fromArrays`, task, "{ id, X, y }");
    }
    const builder = new TaskSetBuilder({ cols: columnsOf(tasks[0] as TaskArrays), precision: "float64" });
    for (const { id, X, y } of tasks) {
      builder.append(id, X, y);
    }
    return builder.finish();
  }

  /** Names of the tasks, in order. */
  get names(): readonly string[] {
    this.#requireUsable();
    this.#names ??= this.native.names();
    return this.#names;
  }
  /** m, the number of tasks. */
  get taskCount(): number {
    return this.#usable.taskCount;
  }
  /** n, the number of rows of all tasks. */
  get rowCount(): number {
    return this.#usable.rowCount;
  }
  /** d, the number of features. */
  get cols(): number {
    return this.#usable.cols;
  }
  /** Stored feature values. */
  get nnz(): number {
    return this.#usable.nnz;
  }
  /** Whether rows are stored as CSR. */
  get sparse(): boolean {
    return this.#usable.sparse;
  }
  get precision(): Precision {
    return this.#usable.precision;
  }
  /** Native memory held, in bytes. */
  get bytes(): number {
    return this.#usable.bytes;
  }

  /** n labels, in the order of the packed rows: task by task. */
  labels(): Float64Array {
    return this.native.labels();
  }

  /** n sample weights in the same order; undefined where every row weighs 1. */
  sampleWeights(): Float64Array | undefined {
    return this.native.sampleWeights();
  }

  /** m + 1 positions: the rows of task t are offsets[t] .. offsets[t + 1] - 1. */
  offsets(): Float64Array {
    return this.native.offsets();
  }

  /** The task's position among {@link TaskSet.names}, or -1. */
  indexOf(task: string): number {
    return this.native.find(task);
  }

  /**
   * Splits every task's rows at random, keyed by (seed, task name): a task's split does not depend on the other tasks.
   * Each task keeps at least one training row; a task too small to spare a row is absent from the test part.
   *
   * @throws FedmtlError INVALID_OPTION; INVALID_ARGUMENT if no task has a row to spare
   */
  split(options: SplitOptions): { train: TaskSet; test: TaskSet } {
    const { test, seed } = splitOptions(options);
    const offsets = this.offsets();
    const inTest = new Uint8Array(this.rowCount);
    let testCount = 0;
    this.names.forEach((name, t) => {
      const begin = offsets[t] ?? 0;
      const count = (offsets[t + 1] ?? 0) - begin;
      const wanted = Math.min(Math.round(test * count), count - 1);
      const order = Uint32Array.from({ length: count }, (_, i) => i);
      new RandomStream(seed, name).shuffle(order, wanted);
      for (let i = 0; i < wanted; i++) {
        inTest[begin + (order[i] ?? 0)] = 1;
      }
      testCount += wanted;
    });
    if (testCount === 0) {
      throw new FedmtlError(
        "INVALID_ARGUMENT",
        "no task has a row to spare for testing; give more rows or a larger test",
      );
    }
    const rows = { train: new Float64Array(this.rowCount - testCount), test: new Float64Array(testCount) };
    const filled = { train: 0, test: 0 };
    inTest.forEach((isTest, row) => {
      const part = isTest === 1 ? "test" : "train";
      rows[part][filled[part]++] = row;
    });
    return {
      train: new TaskSet(this.native.selectRows(rows.train)),
      test: new TaskSet(this.native.selectRows(rows.test)),
    };
  }

  /**
   * The set of the named tasks, in the order given.
   *
   * @throws FedmtlError UNKNOWN_TASK; INVALID_ARGUMENT for anything but an array of names
   */
  select(ids: readonly string[]): TaskSet {
    requireNames("ids", ids);
    const positions = Float64Array.from(ids, (id) => {
      const position = this.indexOf(id);
      if (position < 0) {
        throw new FedmtlError(
          "UNKNOWN_TASK",
          `there is no task ${JSON.stringify(id)} among the ${this.taskCount} tasks`,
        );
      }
      return position;
    });
    return new TaskSet(this.native.selectTasks(positions));
  }

  /** Frees the native memory now; any use afterwards is an error with code DISPOSED. */
  dispose(): void {
    this.#disposed = true;
    this.native.dispose();
  }

  get #usable(): NativeTaskSetShape {
    this.#requireUsable();
    return this.#shape;
  }

  #requireUsable(): void {
    if (this.#disposed) {
      throw new FedmtlError("DISPOSED", "this TaskSet was disposed; make a new one");
    }
  }
}

/** Builds a TaskSet from chunks of rows, for data larger than one array. */
export class TaskSetBuilder {
  readonly #native: NativeTaskSetBuilder;
  readonly #cols: number;
  #finished = false;

  /**
   * @param options `cols`: d; `precision`: how values are stored, by default float64
   */
  constructor(options: { readonly cols: number; readonly precision?: Precision }) {
    requireObject("the argument of TaskSetBuilder", options, "{ cols }");
    this.#cols = options.cols;
    this.#native = new native.TaskSetBuilder(options.cols, options.precision ?? "float64");
  }

  /**
   * Appends rows to a task; a task may be appended to many times, which costs least when its chunks follow each other.
   * The first append decides whether the set is dense or sparse.
   *
   * @param X rows as for prediction: dense, CSR, arrays or a Matrix
   * @param y one label a row
   * @throws RangeError INVALID_ARGUMENT; the builder is then unchanged
   */
  append(
    id: string,
    X: RowsLike,
    y: readonly number[] | Float64Array,
    sampleWeights?: readonly number[] | Float64Array,
  ): this {
    this.#requireOpen();
    requireTaskName(id);
    const rows = toRows(X);
    const labels = toFloat64(`y of task ${shown(id)}`, y);
    const weights =
      sampleWeights === undefined
        ? undefined
        : toFloat64(`sampleWeights of task ${shown(id)}`, sampleWeights);
    if ("data" in rows) {
      if (rows.cols !== this.#cols) {
        throw new FedmtlError(
          "INVALID_ARGUMENT",
          `rows of task ${JSON.stringify(id)} have ${rows.cols} features, the builder was made for ${this.#cols}`,
        );
      }
      denseRowCount(rows);
      this.#native.append(id, rows.data, labels, weights);
    } else {
      this.#native.append(id, rows.values, labels, weights, rows.indptr, rows.indices);
    }
    return this;
  }

  /** The set, which ends the builder. @throws RangeError INVALID_ARGUMENT for no rows; FedmtlError DISPOSED the second time */
  finish(): TaskSet {
    this.#requireOpen();
    const set = new TaskSet(this.#native.finish());
    this.#finished = true;
    return set;
  }

  #requireOpen(): void {
    if (this.#finished) {
      throw new FedmtlError(
        "DISPOSED",
        "the builder has given its set already; make a new one for more rows",
      );
    }
  }
}
