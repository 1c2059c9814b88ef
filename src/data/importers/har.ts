/**
 * UCI "Human Activity Recognition Using Smartphones" as it is published: train/X_train.txt, y_train.txt, subject_train.txt and the
 * same for test, numbers separated by blanks, a line a row. A task is a subject; a label is an activity, 1 to 6.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { FedmtlError } from "../../errors.js";
import { readWholeFile } from "../../files.js";
import { type Precision, type TaskSet, TaskSetBuilder } from "../task_set.js";

const parts = ["train", "test"] as const;
type Part = (typeof parts)[number];

const newline = 10;

/** A file's rows of numbers, all of the same length, one after the other. */
interface NumberTable {
  readonly path: string;
  readonly values: Float64Array;
  readonly rows: number;
  readonly cols: number;
}

function lineNumbers(path: string, line: string, number: number, cols: number | undefined): number[] {
  const cells = line.trim().split(/\s+/);
  const values = cells.map((cell) => (cell === "" ? Number.NaN : Number(cell)));
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    const found = cells[wrong] === "" ? "an empty line" : JSON.stringify(cells[wrong]?.slice(0, 40));
    throw new FedmtlError("BAD_INPUT", `${path}: line ${number}: found ${found}, expected finite numbers`);
  }
  if (cols !== undefined && values.length !== cols) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${path}: line ${number}: found ${values.length} numbers, expected ${cols} as in line 1`,
    );
  }
  return values;
}

/** @throws FedmtlError BAD_INPUT, IO */
async function readTable(path: string): Promise<NumberTable> {
  const bytes = Buffer.from((await readWholeFile(path)) as Uint8Array<ArrayBuffer>);
  const rows: Float64Array[] = [];
  for (let begin = 0; begin < bytes.length; ) {
    const found = bytes.indexOf(newline, begin);
    const end = found < 0 ? bytes.length : found;
    const line = bytes.toString("latin1", begin, end);
    rows.push(Float64Array.from(lineNumbers(path, line, rows.length + 1, rows[0]?.length)));
    begin = end + 1;
  }
  const cols = rows[0]?.length ?? 0;
  const values = new Float64Array(rows.length * cols);
  rows.forEach((row, i) => {
    values.set(row, i * cols);
  });
  return { path, values, rows: rows.length, cols };
}

/** Where the files of a part lie, in a folder of their own or all in one; undefined: nowhere. */
async function folderOf(folder: string, part: Part): Promise<string | undefined> {
  for (const place of [join(folder, part), folder]) {
    const found = await stat(join(place, `X_${part}.txt`)).catch(() => undefined);
    if (found !== undefined) {
      return place;
    }
  }
  return undefined;
}

interface LabelledTable {
  readonly features: NumberTable;
  readonly labels: NumberTable;
  readonly subjects: NumberTable;
}

async function readPart(folder: string, part: Part): Promise<LabelledTable> {
  const [features, labels, subjects] = await Promise.all([
    readTable(join(folder, `X_${part}.txt`)),
    readTable(join(folder, `y_${part}.txt`)),
    readTable(join(folder, `subject_${part}.txt`)),
  ]);
  for (const column of [labels, subjects]) {
    if (column.rows !== features.rows || column.cols !== 1) {
      throw new FedmtlError(
        "BAD_INPUT",
        `${column.path}: found ${column.rows} lines of ${column.cols}, expected ${features.rows} lines of 1, as many as ${features.path} has`,
      );
    }
  }
  return { features, labels, subjects };
}

/** Positions of the rows of each subject, subjects in order of first appearance. */
function rowsOfSubjects({ values }: NumberTable): Map<number, number[]> {
  const found = new Map<number, number[]>();
  values.forEach((subject, i) => {
    const rows = found.get(subject);
    if (rows === undefined) {
      found.set(subject, [i]);
    } else {
      rows.push(i);
    }
  });
  return found;
}

/**
 * Reads the folder, both parts or the one that is there; rows of the training part come first.
 *
 * @throws FedmtlError BAD_INPUT with file and line; IO
 */
export async function readHar(folder: string, precision: Precision): Promise<TaskSet> {
  let builder: TaskSetBuilder | undefined;
  let first: NumberTable | undefined;
  for (const part of parts) {
    const place = await folderOf(folder, part);
    if (place === undefined) {
      continue;
    }
    const { features, labels, subjects } = await readPart(place, part);
    if (first !== undefined && first.cols !== features.cols) {
      throw new FedmtlError(
        "BAD_INPUT",
        `${features.path}: found ${features.cols} features, expected ${first.cols} as in ${first.path}`,
      );
    }
    first ??= features;
    builder ??= new TaskSetBuilder({ cols: features.cols, precision });
    for (const [subject, rows] of rowsOfSubjects(subjects)) {
      const data = new Float64Array(rows.length * features.cols);
      rows.forEach((row, i) => {
        data.set(features.values.subarray(row * features.cols, (row + 1) * features.cols), i * features.cols);
      });
      builder.append(
        String(subject),
        { data, cols: features.cols },
        Float64Array.from(rows, (row) => labels.values[row] as number),
      );
    }
  }
  if (builder === undefined) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${folder}: found neither X_train.txt nor X_test.txt, expected the folder of UCI HAR with its train and test folders`,
    );
  }
  return builder.finish();
}
