/**
 * Writes a TaskSet as svmlight, CSV or TSV text, gzipped where the file name ends in `.gz`.
 *
 * Numbers are written with the fewest digits that read back as the same double, so that reading the file gives the same
 * bits. Rows come task by task, as the set holds them.
 */
import { FedmtlError } from "../errors.js";
import { csvText } from "./csv_text.js";
import type { DataFormat } from "./read_tasks.js";
import type { TaskSet } from "./task_set.js";
import { chunkLength, writeText } from "./write_text.js";

/** More columns make lines that no program reads, and files of zeros. */
const mostCsvColumns = 1_000_000;

/** Rows taken out of native memory together, by the number of values that they may have. */
const valuesAtOnce = 1 << 20;

/** The header of a CSV file written from a set: these, then a name for every feature. */
const columnNames = { task: "task", label: "label", weight: "weight" };

/**
 * @param path the file
 * @throws FedmtlError BAD_INPUT where the set holds what the format cannot: weights or certain task names in svmlight, very
 *   many features in CSV; IO. No file is left behind then.
 */
export async function writeTasks(path: string, tasks: TaskSet, format: DataFormat): Promise<void> {
  if (format === "svmlight") {
    checkSvmlight(path, tasks);
    await writeText(path, svmlightChunks(tasks));
  } else {
    checkCsv(path, tasks, format);
    await writeText(path, csvChunks(tasks, format === "csv" ? "," : "\t"));
  }
}

function checkSvmlight(path: string, tasks: TaskSet): void {
  if (tasks.sampleWeights() !== undefined) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${path}: svmlight text has no place for the sample weights of the data; write .csv, or read without weights`,
    );
  }
  // Spaces would end a name, and the parser refuses control characters in one.
  const odd = tasks.names.find((name) => [...name].some((letter) => letter <= " " || letter === "\x7f"));
  if (odd !== undefined) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${path}: svmlight text cannot hold the task name ${JSON.stringify(odd)}; ` +
        "write .csv, or give tasks names without spaces and control characters",
    );
  }
}

function checkCsv(path: string, tasks: TaskSet, format: DataFormat): void {
  if (tasks.cols > mostCsvColumns) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${path}: ${format} has a cell for each of the ${tasks.cols} features in every row, too many beyond ` +
        `${mostCsvColumns}; keep svmlight for sparse data`,
    );
  }
}

/** One row: all its features, or those stored and their columns. */
interface Row {
  readonly task: string;
  readonly label: number;
  readonly weight: number | undefined;
  readonly values: Float64Array;
  /** 0-based columns of the values of a sparse row. */
  readonly indices: Int32Array | undefined;
}

/** The rows of the set in its order. */
function* rowsOf(tasks: TaskSet): Generator<Row> {
  const labels = tasks.labels();
  const weights = tasks.sampleWeights();
  const offsets = tasks.offsets();
  const { rowCount, cols, nnz } = tasks;
  const blockRows = Math.max(1, Math.floor(valuesAtOnce / Math.max(1, nnz / rowCount)));
  let t = 0;
  for (let first = 0; first < rowCount; first += blockRows) {
    const count = Math.min(blockRows, rowCount - first);
    const block = tasks.native.rows(first, count);
    for (let i = 0; i < count; i++) {
      const row = first + i;
      while (row >= (offsets[t + 1] ?? rowCount)) {
        t++;
      }
      const begin = block.indptr?.[i] ?? i * cols;
      const end = block.indptr?.[i + 1] ?? (i + 1) * cols;
      yield {
        task: tasks.names[t] ?? "",
        label: labels[row] ?? 0,
        weight: weights?.[row],
        values: block.values.subarray(begin, end),
        indices: block.indices?.subarray(begin, end),
      };
    }
  }
}

/** The shortest decimal that reads back as the same bits; String drops the sign of -0. */
function decimal(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function* inChunks(lines: Iterable<string>): Generator<string> {
  let chunk = "";
  for (const line of lines) {
    chunk += line;
    if (chunk.length >= chunkLength) {
      yield chunk;
      chunk = "";
    }
  }
  yield chunk;
}

function svmlightChunks(tasks: TaskSet): Generator<string> {
  const last = tasks.cols - 1;
  return inChunks(lines());

  function* lines(): Generator<string> {
    let isFirst = true;
    for (const { task, label, values, indices } of rowsOf(tasks)) {
      let line = `${decimal(label)} qid:${task}`;
      for (let p = 0; p < values.length; p++) {
        const column = indices?.[p] ?? p;
        const text = decimal(values[p] ?? 0);
        // Zeros of a dense row go without saying; the last column is said once, so that its index is in the file.
        if (text !== "0" || indices !== undefined || (isFirst && column === last)) {
          line += ` ${column + 1}:${text}`;
        }
      }
      if (isFirst && indices !== undefined && indices.at(-1) !== last) {
        line += ` ${last + 1}:0`;
      }
      isFirst = false;
      yield `${line}\n`;
    }
  }
}

function csvChunks(tasks: TaskSet, delimiter: string): Generator<string> {
  const { cols } = tasks;
  const weighted = tasks.sampleWeights() !== undefined;
  return inChunks(lines());

  function* lines(): Generator<string> {
    const names = Array.from({ length: cols }, (_, j) => `x${j + 1}`);
    const { task, label, weight } = columnNames;
    yield `${[task, label, ...(weighted ? [weight] : []), ...names].join(delimiter)}\n`;
    const cells = new Array<string>(cols);
    for (const row of rowsOf(tasks)) {
      const start = [csvText(row.task, delimiter), decimal(row.label)];
      if (row.weight !== undefined) {
        start.push(decimal(row.weight));
      }
      cells.fill("0");
      row.values.forEach((value, p) => {
        cells[row.indices?.[p] ?? p] = decimal(value);
      });
      yield `${start.join(delimiter)}${delimiter}${cells.join(delimiter)}\n`;
    }
  }
}
