/**
 * Tasks in a MATLAB file as multi-task data are published (School of MALSAR, Landmine, GLEAM, Vehicle): two cell arrays of m
 * cells, X{t} with the rows of task t and Y{t} with their labels, at the top or as fields of one struct. Names: X, x, feature or
 * features; Y, y, label or labels. Where every X{t} has as many columns as Y{t} has labels, and not as many rows, its columns are
 * the rows. Tasks are named 1, 2, …
 */
import { FedmtlError } from "../../errors.js";
import { readWholeFile } from "../../files.js";
import { type Precision, type TaskSet, TaskSetBuilder } from "../task_set.js";
import { type MatCells, type MatNumbers, type MatSparse, type MatValue, parseMat } from "./mat5.js";

const featureNames = ["X", "x", "feature", "features"];
const labelNames = ["Y", "y", "label", "labels"];

interface Pair {
  readonly X: MatCells;
  readonly Y: MatCells;
}

/** The two cell arrays among some variables or fields. */
function pairIn(variables: ReadonlyMap<string, MatValue>): Pair | undefined {
  const find = (names: readonly string[]): MatCells | undefined => {
    const values = names.map((name) => variables.get(name));
    return values.find((value): value is MatCells => value?.kind === "cells");
  };
  const [X, Y] = [find(featureNames), find(labelNames)];
  return X === undefined || Y === undefined ? undefined : { X, Y };
}

/** @throws FedmtlError BAD_INPUT naming the variables there are */
function findPair(path: string, variables: ReadonlyMap<string, MatValue>): Pair {
  const structs = [...variables.values()].flatMap((value) => (value.kind === "struct" ? value.records : []));
  const pair = pairIn(variables) ?? structs.map(pairIn).find((found) => found !== undefined);
  if (pair === undefined) {
    const listed = [...variables].map(([name, { kind, dims }]) => `${name} (${kind}, ${dims.join(" × ")})`);
    const found = listed.length === 0 ? "no variables" : listed.slice(0, 12).join(", ");
    throw new FedmtlError(
      "BAD_INPUT",
      `${path}: found ${found}, expected cell arrays X and Y with the rows and labels of a task in each cell`,
    );
  }
  if (pair.X.cells.length !== pair.Y.cells.length) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${path}: found ${pair.X.cells.length} cells of rows and ${pair.Y.cells.length} of labels, expected one of each a task`,
    );
  }
  return pair;
}

interface Rows {
  readonly X: MatNumbers | MatSparse;
  readonly y: Float64Array;
}

function rowsOf(path: string, { X, Y }: Pair, t: number): Rows {
  const [features, labels] = [X.cells[t] as MatValue, Y.cells[t] as MatValue];
  if ((features.kind !== "numbers" && features.kind !== "sparse") || features.dims.length !== 2) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${path}: task ${t + 1}: found ${features.kind} of size ${features.dims.join(" × ")} for its rows, expected a matrix`,
    );
  }
  if (labels.kind !== "numbers" || labels.dims.length !== 2 || Math.min(...labels.dims) > 1) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${path}: task ${t + 1}: found ${labels.kind} of size ${labels.dims.join(" × ")} for its labels, expected a vector`,
    );
  }
  return { X: features, y: labels.values };
}

/** Whether columns are rows. @throws FedmtlError BAD_INPUT naming a task whose rows and labels do not agree */
function isTurned(path: string, tasks: readonly Rows[]): boolean {
  const odd = tasks.findIndex(({ X, y }) => X.dims[0] !== y.length);
  if (odd < 0) {
    return false;
  }
  if (tasks.every(({ X, y }) => X.dims[1] === y.length)) {
    return true;
  }
  const { X, y } = tasks[odd] as Rows;
  throw new FedmtlError(
    "BAD_INPUT",
    `${path}: task ${odd + 1}: found rows of size ${X.dims.join(" × ")} and ${y.length} labels, expected one label a row`,
  );
}

/** Row-major, from the column-major values. */
function denseRows({ dims, values }: MatNumbers, turned: boolean): Float64Array {
  if (turned) {
    return values;
  }
  const [rows = 0, cols = 0] = dims;
  const result = new Float64Array(values.length);
  for (let j = 0; j < cols; j++) {
    for (let i = 0; i < rows; i++) {
      result[i * cols + j] = values[j * rows + i] as number;
    }
  }
  return result;
}

/** Compressed rows from compressed columns. */
function sparseRows({ dims, rows, starts, values }: MatSparse, turned: boolean) {
  if (turned) {
    return { indptr: starts, indices: rows, values, cols: dims[0] as number };
  }
  const [height = 0, width = 0] = dims;
  const indptr = new Int32Array(height + 1);
  for (const row of rows) {
    indptr[row + 1] = (indptr[row + 1] as number) + 1;
  }
  for (let i = 0; i < height; i++) {
    indptr[i + 1] = (indptr[i + 1] as number) + (indptr[i] as number);
  }
  const next = indptr.slice();
  const turnedValues = new Float64Array(values.length);
  const indices = new Int32Array(values.length);
  for (let j = 0; j < width; j++) {
    for (let at = starts[j] as number; at < (starts[j + 1] as number); at++) {
      const row = rows[at] as number;
      const place = next[row] as number;
      indices[place] = j;
      turnedValues[place] = values[at] as number;
      next[row] = place + 1;
    }
  }
  return { indptr, indices, values: turnedValues, cols: width };
}

/** @throws FedmtlError BAD_INPUT with file and task; IO */
export async function readMat(path: string, precision: Precision): Promise<TaskSet> {
  const pair = findPair(path, parseMat(path, await readWholeFile(path)));
  const tasks = pair.X.cells.map((_, t) => rowsOf(path, pair, t));
  const turned = isTurned(path, tasks);
  const cols = tasks[0]?.X.dims[turned ? 0 : 1] ?? 0;
  const builder = new TaskSetBuilder({ cols, precision });
  const allSparse = tasks.every(({ X }) => X.kind === "sparse");
  tasks.forEach(({ X, y }, t) => {
    const width = X.dims[turned ? 0 : 1];
    if (width !== cols || (X.kind === "sparse" && !allSparse)) {
      const found =
        width === cols ? "a sparse matrix among full ones" : `${width} features, task 1 has ${cols}`;
      throw new FedmtlError(
        "BAD_INPUT",
        `${path}: task ${t + 1}: found ${found}; give all tasks the same form`,
      );
    }
    if (y.length > 0) {
      const rows = X.kind === "sparse" ? sparseRows(X, turned) : { data: denseRows(X, turned), cols };
      appendTask(builder, path, t, rows, y);
    }
  });
  return builder.finish();
}

/** @throws FedmtlError BAD_INPUT: what the set says of numbers that are not finite, with the file */
function appendTask(
  builder: TaskSetBuilder,
  path: string,
  t: number,
  rows: Parameters<TaskSetBuilder["append"]>[1],
  y: Float64Array,
): void {
  try {
    builder.append(String(t + 1), rows, y);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FedmtlError("BAD_INPUT", `${path}: task ${t + 1}: ${reason}`, { cause });
  }
}
