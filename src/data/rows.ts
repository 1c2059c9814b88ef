/**
 * Rows of features in the forms that users have them, brought to one of two: dense row-major or CSR.
 */
import type { Matrix } from "ml-matrix";
import { FedmtlError, shown } from "../errors.js";
import { isMatrix } from "../on_demand.js";

/** Dense rows in one array, row-major. */
export interface DenseRows {
  readonly data: Float64Array | Float32Array;
  /** d, the length of a row. */
  readonly cols: number;
}

/** Compressed sparse rows; `indices` are 0-based and ascending within a row. */
export interface CsrRows {
  /** n + 1 positions. */
  readonly indptr: Int32Array | Float64Array | BigInt64Array;
  readonly indices: Int32Array;
  readonly values: Float64Array | Float32Array;
  /** d; by default as many as the largest index needs. */
  readonly cols?: number;
}

/** Rows to predict for: one row, dense rows, CSR rows, an array of rows, or a Matrix of ml-matrix. */
export type RowsLike =
  | readonly number[]
  | Float64Array
  | Float32Array
  | DenseRows
  | CsrRows
  | readonly (readonly number[])[]
  | Matrix;

function fromArrays(rows: readonly (readonly number[])[]): DenseRows {
  const cols = rows[0]?.length ?? 0;
  const data = new Float64Array(rows.length * cols);
  rows.forEach((row, i) => {
    if (row.length !== cols) {
      throw new FedmtlError(
        "INVALID_ARGUMENT",
        `row ${i} of X has ${row.length} numbers, row 0 has ${cols}; give rows of equal length`,
      );
    }
    const stray = row.findIndex((value) => typeof value !== "number");
    if (stray >= 0) {
      throw new FedmtlError("INVALID_ARGUMENT", `X[${i}][${stray}] is ${shown(row[stray])}; give numbers`);
    }
    data.set(row, i * cols);
  });
  return { data, cols };
}

function fromMatrix(matrix: Matrix): DenseRows {
  const data = new Float64Array(matrix.rows * matrix.columns);
  for (let i = 0; i < matrix.rows; i++) {
    for (let j = 0; j < matrix.columns; j++) {
      data[i * matrix.columns + j] = matrix.get(i, j);
    }
  }
  return { data, cols: matrix.columns };
}

/**
 * @returns the rows in dense or CSR form, without a copy where they have it already
 * @throws FedmtlError INVALID_ARGUMENT for anything that is none of the forms
 */
export function toRows(X: RowsLike): DenseRows | CsrRows {
  if (X instanceof Float64Array || X instanceof Float32Array) {
    return { data: X, cols: X.length };
  }
  if (isMatrix(X)) {
    return fromMatrix(X);
  }
  if (Array.isArray(X)) {
    if (X.length > 0 && X.every((row) => Array.isArray(row))) {
      return fromArrays(X as readonly (readonly number[])[]);
    }
    if (X.every((value) => typeof value === "number")) {
      return { data: Float64Array.from(X as readonly number[]), cols: X.length };
    }
  } else if (typeof X === "object" && X !== null && ("data" in X || "indptr" in X)) {
    return X as DenseRows | CsrRows;
  }
  throw new FedmtlError(
    "INVALID_ARGUMENT",
    "X must be one row (number[] or typed array), { data, cols }, { indptr, indices, values }, number[][] or a Matrix",
  );
}

/** Calls `visit(i, value, j)` for every stored feature j of every row i; returns the number of rows. */
export function forEachFeature(
  rows: DenseRows | CsrRows,
  visit: (row: number, value: number, column: number) => void,
): number {
  if ("data" in rows) {
    const count = denseRowCount(rows);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < rows.cols; j++) {
        visit(i, rows.data[i * rows.cols + j] ?? 0, j);
      }
    }
    return count;
  }
  const count = csrRowCount(rows);
  for (let i = 0; i < count; i++) {
    const end = Number(rows.indptr[i + 1]);
    for (let p = Number(rows.indptr[i]); p < end; p++) {
      visit(i, rows.values[p] ?? 0, rows.indices[p] ?? 0);
    }
  }
  return count;
}

/** @throws FedmtlError INVALID_ARGUMENT if pointers fall or do not fit the values, or an index is no column number */
function csrRowCount({ indptr, indices, values }: CsrRows): number {
  const fail = (reason: string): never => {
    throw new FedmtlError("INVALID_ARGUMENT", `X is not in CSR form: ${reason}`);
  };
  const count = indptr.length - 1;
  if (indices.length !== values.length) {
    fail(`it has ${indices.length} indices and ${values.length} values, expected as many of both`);
  }
  if (count < 0 || Number(indptr[0]) !== 0 || Number(indptr[count]) !== values.length) {
    fail(`indptr must begin with 0 and end with ${values.length}, the number of values`);
  }
  const broken = indptr.findIndex((position: number | bigint) => !Number.isInteger(Number(position)));
  if (broken >= 0) {
    fail(`indptr[${broken}] is ${indptr[broken]}, expected whole numbers`);
  }
  for (let i = 0; i < count; i++) {
    if (!(Number(indptr[i]) <= Number(indptr[i + 1]))) {
      fail(`indptr falls from ${indptr[i]} to ${indptr[i + 1]} at row ${i}, but it must never fall`);
    }
  }
  const stray = indices.find((index) => !(Number.isInteger(index) && index >= 0));
  if (stray !== undefined) {
    fail(`it has the index ${stray}, expected whole numbers from 0`);
  }
  return count;
}

/** @throws FedmtlError INVALID_ARGUMENT if the array does not hold whole rows */
export function denseRowCount(rows: DenseRows): number {
  const count = Number.isInteger(rows.cols) && rows.cols > 0 ? rows.data.length / rows.cols : Number.NaN;
  if (!Number.isInteger(count)) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `X holds ${rows.data.length} numbers, which is not a whole number of rows of ${rows.cols}`,
    );
  }
  return count;
}
