/**
 * The problems that benchmarks run on: generated, seeded, the same on every machine.
 */
import { TaskSet } from "fedmtl";
import { generate } from "../dist/data/generate.js";
import { RandomStream } from "../dist/data/random.js";

/** A problem's shape. */
export interface Shape {
  readonly tasks: number;
  /** Rows of every task. */
  readonly rows: number;
  readonly cols: number;
}

/** Compressed sparse rows with labels. */
export interface SparseRows {
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float64Array;
  readonly labels: Float64Array;
}

function taskNames({ tasks, rows }: Shape): string[] {
  return Array.from({ length: tasks * rows }, (_, row) => `task ${Math.floor(row / rows)}`);
}

/** A dense classification problem. */
export function denseProblem(shape: Shape): TaskSet {
  const { tasks, rows, cols } = shape;
  const data = generate({
    profile: "custom",
    tasks,
    cols,
    rows: [rows, rows],
    clusters: Math.min(3, tasks),
    seed: 1,
  });
  return TaskSet.fromDense({ features: data.features, cols, labels: data.labels, tasks: taskNames(shape) });
}

/**
 * A sparse row: `nnz` different columns, ascending. They are uniform on a logarithmic scale, so that column k occurs
 * about as often as 1/k: a few columns in nearly every row, most of them hardly ever, as words in texts.
 */
export function drawColumns(stream: RandomStream, cols: number, nnz: number): number[] {
  const columns = new Set<number>();
  while (columns.size < nnz) {
    columns.add(Math.floor((cols + 1) ** stream.uniform()) - 1);
  }
  return [...columns].sort((a, b) => a - b);
}

/** `rows` sparse rows of `nnz` normal values, labelled by a random linear model with a tenth of the labels flipped. */
export function sparseRows(rows: number, cols: number, nnz: number): SparseRows {
  const stream = new RandomStream(1, "sparse rows");
  const model = Float64Array.from({ length: cols }, () => stream.gaussian());
  const indices = new Int32Array(rows * nnz);
  const values = new Float64Array(rows * nnz);
  const labels = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let score = 0;
    for (const [i, column] of drawColumns(stream, cols, nnz).entries()) {
      const value = stream.gaussian() / Math.sqrt(nnz);
      indices[row * nnz + i] = column;
      values[row * nnz + i] = value;
      score += value * (model[column] ?? 0);
    }
    labels[row] = score > 0 === stream.uniform() > 0.1 ? 1 : -1;
  }
  return { indptr: Int32Array.from({ length: rows + 1 }, (_, i) => i * nnz), indices, values, labels };
}

/** A sparse classification problem. */
export function sparseProblem(shape: Shape, nnz: number): TaskSet {
  const data = sparseRows(shape.tasks * shape.rows, shape.cols, nnz);
  return TaskSet.fromCSR({ ...data, cols: shape.cols, tasks: taskNames(shape) });
}

/** `rows` dense rows of normal values squeezed into (-1, 1), as sensors give them; labels -1 and +1. */
export function denseRows(rows: number, cols: number): SparseRows {
  const stream = new RandomStream(1, "dense rows");
  return {
    indptr: Int32Array.from({ length: rows + 1 }, (_, i) => i * cols),
    indices: Int32Array.from({ length: rows * cols }, (_, i) => i % cols),
    values: Float64Array.from({ length: rows * cols }, () => Math.tanh(stream.gaussian())),
    labels: Float64Array.from({ length: rows }, () => (stream.uniform() > 0.5 ? 1 : -1)),
  };
}

/** A number as `%.6g` prints it, but for the form of an exponent. */
export function shortNumber(value: number, digits: number): string {
  return digits >= 17 ? String(value) : String(Number(value.toPrecision(digits)));
}

/** The rows as svmlight text, without tasks. */
export function svmlightText({ indptr, indices, values, labels }: SparseRows, digits: number): string {
  let text = "";
  for (const [row, label] of labels.entries()) {
    text += label;
    for (let i = indptr[row] ?? 0; i < (indptr[row + 1] ?? 0); i++) {
      text += ` ${(indices[i] ?? 0) + 1}:${shortNumber(values[i] ?? 0, digits)}`;
    }
    text += "\n";
  }
  return text;
}

/** Dense rows as CSV text with a header; every 300 rows are one task. */
export function csvText({ indptr, values, labels }: SparseRows, digits: number): string {
  const cols = indptr[1] ?? 0;
  let text = `task,label,${Array.from({ length: cols }, (_, j) => `x${j}`).join(",")}\n`;
  for (const [row, label] of labels.entries()) {
    const features = values.subarray(row * cols, (row + 1) * cols);
    text += `${Math.floor(row / 300)},${label},`;
    text += `${Array.from(features, (value) => shortNumber(value, digits)).join(",")}\n`;
  }
  return text;
}
