/**
 * Writes a data set as svmlight text, `qid:` holding the task's name, gzipped where the file name ends in
 * `.gz`.
 *
 * Numbers are written with the fewest digits that read back as the same double, so that reading the file
 * gives the same bits. Lines are made and written in chunks; the file appears under its name only when
 * complete.
 */
import { FedmtlError } from "../errors.js";
import { chunkLength, writeText } from "./write_text.js";

/** A dense data set to write. */
export interface DenseRows {
  /** m task names; not empty, without white space or `#`. */
  readonly ids: readonly string[];
  /** Number of features d. */
  readonly cols: number;
  /** n x d, row-major; zeros are left out. */
  readonly features: Float64Array;
  /** n labels. */
  readonly labels: Float64Array;
  /** n task numbers, 0 .. m-1. */
  readonly taskOfRow: Int32Array;
}

/**
 * Writes the rows in their order, one line each: `label qid:task index:value ...`, indices from 1.
 *
 * @param path the file; gzipped where it ends in `.gz`
 * @param rows the data set
 * @throws FedmtlError INVALID_ARGUMENT where the arrays do not fit together, a number is not finite or a
 *   task's name cannot stand in the format; IO where the file cannot be written. No file is left behind then.
 */
export async function writeSvmlight(path: string, rows: DenseRows): Promise<void> {
  checkRows(rows);
  await writeText(path, chunks(rows));
}

function* chunks({ ids, cols, features, labels, taskOfRow }: DenseRows): Generator<string> {
  let chunk = "";
  for (const [row, task] of taskOfRow.entries()) {
    chunk += `${finite(labels[row], row)} qid:${ids[task]}`;
    for (let j = 0; j < cols; j++) {
      const value = features[row * cols + j];
      if (value !== 0) {
        chunk += ` ${j + 1}:${finite(value, row)}`;
      }
    }
    chunk += "\n";
    if (chunk.length >= chunkLength) {
      yield chunk;
      chunk = "";
    }
  }
  yield chunk;
}

function finite(value: number | undefined, row: number): number {
  if (!Number.isFinite(value)) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `labels and features must be finite, got ${value} in row ${row}`,
    );
  }
  return value as number;
}

function checkRows({ ids, cols, features, labels, taskOfRow }: DenseRows): void {
  const rows = labels.length;
  if (taskOfRow.length !== rows || features.length !== rows * cols) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `${rows} labels need ${rows} task numbers and ${rows} x ${cols} features, ` +
        `got ${taskOfRow.length} and ${features.length}`,
    );
  }
  const odd = ids.find((id) => id === "" || /[\s#]/u.test(id));
  if (odd !== undefined) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `a task's name must not be empty or hold white space or "#" in svmlight text, got ${JSON.stringify(odd)}`,
    );
  }
  const stray = taskOfRow.find((task) => task < 0 || task >= ids.length);
  if (stray !== undefined) {
    throw new FedmtlError("INVALID_ARGUMENT", `task numbers must be in 0 .. ${ids.length - 1}, got ${stray}`);
  }
}
