/**
 * Reading data files: TypeScript opens, gunzips and feeds chunks; the native parser does the rest on its own thread.
 */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { FedmtlError, invalidChoice } from "../errors.js";
import { ioError } from "../files.js";
import { archiveFormatOf, archiveFormats, type ArchiveFormat } from "./importers/archive_formats.js";
import { readArchive } from "./importers/read_archive.js";
import { type NativeCsvOptions, type NativeTextReader, native } from "../native.js";
import { zlib } from "../on_demand.js";
import { type Precision, TaskSet } from "./task_set.js";

/** The text formats of data. */
export const dataFormats = ["svmlight", "csv", "tsv"] as const;
/** One of them. */
export type DataFormat = (typeof dataFormats)[number];

/** Options of {@link readTasks}. */
export interface ReadOptions {
  /** How feature values are stored, by default float64. */
  readonly precision?: Precision;
  /**
   * By default what the name ends in, `.gz` apart: `.csv`, `.tsv`; `.mat`, `.json` (leaf), or for a folder what is in it (har,
   * leaf); anything else is svmlight.
   */
  readonly format?: DataFormat | ArchiveFormat;
  /** CSV, TSV: the column of the tasks' names, by default "task"; without a column "task" all rows are one task. */
  readonly taskColumn?: string;
  /** CSV, TSV: the column of the labels, by default "label". */
  readonly labelColumn?: string;
  /** CSV, TSV: the column of the sample weights, by default none. */
  readonly weightColumn?: string;
}

const precisions: readonly Precision[] = ["float64", "float32"];
const optionNames = ["precision", "format", "taskColumn", "labelColumn", "weightColumn"];
/** So large that what passes between two chunks does not count. */
const chunkBytes = 1 << 21;
const compressedChunkBytes = 1 << 20;

/** The format of a text file of data by its name. */
export function formatOf(path: string): DataFormat {
  const ending = /\.(csv|tsv)(\.gz)?$/i.exec(path)?.[1]?.toLowerCase();
  return ending === "csv" || ending === "tsv" ? ending : "svmlight";
}

/** Whether a format is one of those that are only read. */
function isArchive(format: DataFormat | ArchiveFormat): format is ArchiveFormat {
  return (archiveFormats as readonly string[]).includes(format);
}

/** Whether a file of this name is gzipped. */
function isGzipped(path: string): boolean {
  return /\.gz$/i.test(path);
}

/** @throws FedmtlError INVALID_OPTION */
function checkOptions(options: ReadOptions): void {
  const stray = Object.keys(options).find((name) => !optionNames.includes(name));
  if (stray !== undefined) {
    throw invalidChoice("option of readTasks", stray, optionNames);
  }
  const { precision = "float64", format = "svmlight" } = options;
  if (!precisions.includes(precision)) {
    throw invalidChoice("precision", precision, precisions);
  }
  const formats: readonly string[] = [...dataFormats, ...archiveFormats];
  if (!formats.includes(format)) {
    throw invalidChoice("format", format, formats);
  }
}

/** @throws FedmtlError INVALID_OPTION if one column is to be two things */
function csvOptions(options: ReadOptions, delimiter: string): NativeCsvOptions {
  const { taskColumn: task = "task", labelColumn: label = "label", weightColumn: weight } = options;
  const taken = [task, label, weight].filter((name) => name !== undefined);
  const twice = taken.find((name, i) => taken.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `the column ${JSON.stringify(twice)} cannot be two of task, label and weight; give each a column of its own`,
    );
  }
  return { delimiter, task, taskRequired: options.taskColumn !== undefined, label, weight };
}

/** Gunzip's own words for a file that is cut short or not gzip, in ours. */
export function readError(path: string, cause: unknown): Error {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (cause instanceof FedmtlError) {
    return cause;
  }
  if (code === "Z_BUF_ERROR") {
    return new FedmtlError("BAD_INPUT", `${path}: the gzip data end too early; the file is cut short`, {
      cause,
    });
  }
  if (code?.startsWith("Z_")) {
    return new FedmtlError(
      "BAD_INPUT",
      `${path}: the gzip data are damaged, or not gzip although the name ends in .gz`,
      { cause },
    );
  }
  return code === undefined ? (cause as Error) : ioError("read", path, cause);
}

/** The bytes of a file in chunks, all in one buffer: a chunk holds until the next one is asked for. */
async function* plainChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafeSlow(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, null);
      if (bytesRead === 0) {
        return;
      }
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** The bytes in a gzipped file. */
async function* gunzippedChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: compressedChunkBytes });
  const gunzip = zlib().createGunzip({ chunkSize: chunkBytes });
  file.on("error", (error) => gunzip.destroy(error));
  try {
    yield* file.pipe(gunzip);
  } finally {
    file.destroy();
  }
}

/** The bytes of a file, gunzipped where its name ends in .gz; a chunk holds until the next one is asked for. */
export function fileChunks(path: string): AsyncGenerator<Uint8Array> {
  return isGzipped(path) ? gunzippedChunks(path) : plainChunks(path);
}

/** Feeds the parser; while it works on one chunk, the next is read. */
async function parse(chunks: AsyncIterable<Uint8Array>, reader: NativeTextReader): Promise<void> {
  let parsing = Promise.resolve();
  try {
    for await (const chunk of chunks) {
      await parsing;
      parsing = reader.push(chunk);
      // It is awaited below whatever happens; until then its failure is nobody's.
      parsing.catch(() => undefined);
    }
  } finally {
    // What is wrong with an earlier chunk is said rather than what is wrong with a later one.
    await parsing;
  }
}

/**
 * Reads a data file, plain or `.gz`. The rows of a task may be anywhere in it.
 *
 * - svmlight (LIBSVM) text, with `qid:TASK` as the task of a row; a file without any qid is one task named "all". The set
 *   is dense where that takes no more memory than CSR.
 * - CSV or TSV with a header: a column of labels, optionally one of tasks and one of sample weights (finite, at least 0);
 *   all others are features, in the order of the header, every cell a finite number. The set is dense.
 * - The archives of docs/data-formats.md: the folder of UCI HAR, JSON of LEAF, MATLAB files with a cell a task.
 *
 * @throws FedmtlError BAD_INPUT with file, line, column, what was found and what was expected; IO; INVALID_OPTION
 */
export async function readTasks(path: string, options: ReadOptions = {}): Promise<TaskSet> {
  checkOptions(options);
  const { precision = "float64" } = options;
  const format = options.format ?? (await archiveFormatOf(path)) ?? formatOf(path);
  if (isArchive(format)) {
    return readArchive(path, format, precision);
  }
  const csv = format === "svmlight" ? undefined : csvOptions(options, format === "csv" ? "," : "\t");
  const reader = new native.TextReader(path, precision, csv);
  try {
    await parse(fileChunks(path), reader);
    return new TaskSet(await reader.finish());
  } catch (cause) {
    throw readError(path, cause);
  }
}
