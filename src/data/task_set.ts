/**
 * TaskSet: the data of all tasks, copied once into native memory and validated there; and its builder for data that
 * arrive in chunks.
 */
import type { Matrix } from "ml-matrix";
import { FedmtlError } from "../errors.js";
import { type NativeTaskSet, type NativeTaskSetBuilder, type NativeTaskSetShape, native } from "../native.js";
import { isMatrix } from "../on_demand.js";
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

const toFloat64 = (values: Float64Array | readonly number[]): Float64Array =>
  values instanceof Float64Array ? values : Float64Array.from(values);

/** Names in order of first appearance, and each row's position among them. */
function codeTasks(tasks: TaskColumn): { names: string[]; taskOfRow: Int32Array } {
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
  return { names: Array.from(positions.keys(), String), taskOfRow };
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
    const { names, taskOfRow } = codeTasks(data.tasks);
    const weights = data.sampleWeights === undefined ? undefined : toFloat64(data.sampleWeights);
    return new TaskSet(
      native.TaskSet.fromDense(data.cols, data.features, toFloat64(data.labels), taskOfRow, names, weights),
    );
  }

  /** @throws as {@link TaskSet.fromDense}; also for pointers that fall and indices out of order or range */
  static fromCSR(data: CsrData): TaskSet {
    const { names, taskOfRow } = codeTasks(data.tasks);
    const weights = data.sampleWeights === undefined ? undefined : toFloat64(data.sampleWeights);
    return new TaskSet(
      native.TaskSet.fromCsr(
        data.cols,
        data.indptr,
        data.indices,
        data.values,
        toFloat64(data.labels),
        taskOfRow,
        names,
        weights,
      ),
    );
  }

  /** @throws FedmtlError INVALID_ARGUMENT for ragged rows; otherwise as {@link TaskSet.fromDense} */
  static fromArrays(tasks: readonly TaskArrays[]): TaskSet {
    const first = tasks[0];
    if (first === undefined) {
      throw new FedmtlError(
        "INVALID_ARGUMENT",
        "fromArrays was given no task; give at least one { id, X, y }",
      );
    }
    const columns = isMatrix(first.X) ? first.X.columns : (first.X[0]?.length ?? 0);
    const builder = new TaskSetBuilder({ cols: columns, precision: "float64" });
    for (const task of tasks) {
      builder.append(task.id, task.X, task.y);
    }
    return builder.finish();
  }

  /** Names of the tasks, in order. */
  get names(): readonly string[] {
    this.#names ??= this.native.names();
    return this.#names;
  }
  /** m, the number of tasks. */
  get taskCount(): number {
    return this.#shape.taskCount;
  }
  /** n, the number of rows of all tasks. */
  get rowCount(): number {
    return this.#shape.rowCount;
  }
  /** d, the number of features. */
  get cols(): number {
    return this.#shape.cols;
  }
  /** Stored feature values. */
  get nnz(): number {
    return this.#shape.nnz;
  }
  /** Whether rows are stored as CSR. */
  get sparse(): boolean {
    return this.#shape.sparse;
  }
  get precision(): Precision {
    return this.#shape.precision;
  }
  /** Native memory held, in bytes. */
  get bytes(): number {
    return this.#shape.bytes;
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
   * @throws FedmtlError INVALID_ARGUMENT if no task has a row to spare
   */
  split(options: SplitOptions): { train: TaskSet; test: TaskSet } {
    if (!(options.test > 0 && options.test < 1)) {
      throw new FedmtlError(
        "INVALID_OPTION",
        `test is ${options.test}; give a fraction between 0 and 1, such as 0.25`,
      );
    }
    const offsets = this.offsets();
    const inTest = new Uint8Array(this.rowCount);
    let testCount = 0;
    this.names.forEach((name, t) => {
      const begin = offsets[t] ?? 0;
      const count = (offsets[t + 1] ?? 0) - begin;
      const wanted = Math.min(Math.round(options.test * count), count - 1);
      const order = Uint32Array.from({ length: count }, (_, i) => i);
      new RandomStream(options.seed ?? 0, name).shuffle(order, wanted);
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
   * @throws FedmtlError UNKNOWN_TASK
   */
  select(ids: readonly string[]): TaskSet {
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

  /** Frees the native memory now. The set must not be used afterwards. */
  dispose(): void {
    this.native.dispose();
  }
}

/** Builds a TaskSet from chunks of rows, for data larger than one array. */
export class TaskSetBuilder {
  readonly #native: NativeTaskSetBuilder;
  readonly #cols: number;

  /**
   * @param options `cols`: d; `precision`: how values are stored, by default float64
   */
  constructor(options: { readonly cols: number; readonly precision?: Precision }) {
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
    const rows = toRows(X);
    const weights = sampleWeights === undefined ? undefined : toFloat64(sampleWeights);
    if ("data" in rows) {
      if (rows.cols !== this.#cols) {
        throw new FedmtlError(
          "INVALID_ARGUMENT",
          `rows of task ${JSON.stringify(id)} have ${rows.cols} features, the builder was made for ${this.#cols}`,
        );
      }
      denseRowCount(rows);
      this.#native.append(id, rows.data, toFloat64(y), weights);
    } else {
      this.#native.append(id, rows.values, toFloat64(y), weights, rows.indptr, rows.indices);
    }
    return this;
  }

  /** The set; the builder is empty afterwards. */
  finish(): TaskSet {
    return new TaskSet(this.#native.finish());
  }
}
