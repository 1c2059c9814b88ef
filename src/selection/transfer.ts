/**
 * Tasks and plans as messages between processes. Rows travel in chunks, so that no message is large; the hash of the content
 * shows that what arrived is what was sent.
 */
import { Matrix } from "ml-matrix";
import { TaskSet, TaskSetBuilder } from "../data/task_set.js";
import { FedmtlError } from "../errors.js";
import type { NativeTaskSet } from "../native.js";
import type { Relationship } from "../mocha/relationships.js";
import { withHyperparameters } from "../mocha/relationships.js";
import type { Plan } from "./fold_runner.js";

/** Rows of one task. */
export interface Rows extends ReturnType<NativeTaskSet["rows"]> {
  readonly task: string;
  readonly labels: Float64Array;
  readonly sampleWeights?: Float64Array;
}

/** Feature values in one message, about. */
const valuesPerChunk = 1 << 18;

/** All rows of a set, task by task. */
export function* rowsOf(tasks: TaskSet): Generator<Rows> {
  const offsets = tasks.offsets();
  const labels = tasks.labels();
  const weights = tasks.sampleWeights();
  const rowsPerChunk = Math.max(1, Math.floor((valuesPerChunk * tasks.rowCount) / Math.max(1, tasks.nnz)));
  for (const [t, task] of tasks.names.entries()) {
    const end = offsets[t + 1] ?? 0;
    for (let row = offsets[t] ?? 0; row < end; row += rowsPerChunk) {
      const count = Math.min(rowsPerChunk, end - row);
      yield {
        task,
        ...tasks.native.rows(row, count),
        labels: labels.slice(row, row + count),
        ...(weights === undefined ? {} : { sampleWeights: weights.slice(row, row + count) }),
      };
    }
  }
}

/** What a set is, apart from its rows. */
export interface SetDescription {
  readonly cols: number;
  readonly precision: "float64" | "float32";
  readonly contentHash: string;
}

/** Describes a set for {@link RowReceiver}. */
export function describeSet(tasks: TaskSet): SetDescription {
  return { cols: tasks.cols, precision: tasks.precision, contentHash: tasks.native.contentHash() };
}

/** Builds a set from its rows as they arrive. */
export class RowReceiver {
  readonly #builder: TaskSetBuilder;
  readonly #contentHash: string;
  readonly #cols: number;

  constructor({ cols, precision, contentHash }: SetDescription) {
    this.#builder = new TaskSetBuilder({ cols, precision });
    this.#cols = cols;
    this.#contentHash = contentHash;
  }

  append({ task, values, indices, indptr, labels, sampleWeights }: Rows): void {
    const X =
      indices === undefined || indptr === undefined
        ? { data: values, cols: this.#cols }
        : { values, indices, indptr };
    this.#builder.append(task, X, labels, sampleWeights);
  }

  /** @throws FedmtlError INTERNAL if it is not the set that was sent */
  finish(): TaskSet {
    const tasks = new TaskSet(this.#builder.finish().native);
    if (tasks.native.contentHash() !== this.#contentHash) {
      throw new FedmtlError("INTERNAL", "the rows arrived at the worker process with other content");
    }
    return tasks;
  }
}

/** The plan without what belongs to one process: matrices as lists of rows, and no signal. */
export function packPlan(plan: Plan): Plan {
  const { signal, relationship, ...options } = plan.options;
  if (relationship === undefined) {
    return { ...plan, options };
  }
  const entries = Object.entries(relationship).map(([name, value]) => [
    name,
    Matrix.isMatrix(value) ? value.to2DArray() : value,
  ]);
  return { ...plan, options: { ...options, relationship: Object.fromEntries(entries) as Relationship } };
}

/** The plan as it was before {@link packPlan}. */
export function unpackPlan(plan: Plan): Plan {
  const { relationship } = plan.options;
  return relationship === undefined
    ? plan
    : { ...plan, options: { ...plan.options, relationship: withHyperparameters(relationship, {}) } };
}
