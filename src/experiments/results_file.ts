/**
 * The folder of an experiment: options.json says what it is of, results.jsonl has a line for every job done.
 *
 * A line is written and synced as soon as its job is done, and is never changed. A process that was killed while it wrote
 * leaves half a line at the end: it is cut off, and its job done again.
 */
import { type FileHandle, open, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { FedmtlError } from "../errors.js";
import { ioError, makeFolder, writeFileAtomic } from "../files.js";
import type { Job, Row } from "./experiment.js";

/** What the results of a folder depend on: plain values. */
export type ExperimentIdentity = Readonly<Record<string, unknown>>;

/** The name of a job among those of its experiment. */
export function jobKey({ data, method, setting, seed }: Job): string {
  return JSON.stringify([data, method, setting, seed]);
}

function isRow(value: unknown): value is Row {
  const row = value as Row | null;
  const words = [row?.data, row?.method, row?.setting];
  return (
    words.every((word) => typeof word === "string") &&
    typeof row?.seed === "number" &&
    typeof row.values === "object" &&
    row.values !== null
  );
}

function parsedLine(path: string, line: string, number: number): Row {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  if (!isRow(value)) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${path}: line ${number} is no result of an experiment; remove the line to have its job done again`,
    );
  }
  return value;
}

/** Where two sets of options differ, as `--lambda1 is 0.1 there and 0.01 here`. */
function differences(there: ExperimentIdentity, here: ExperimentIdentity): string[] {
  const shown = (value: unknown): string => (value === undefined ? "not given" : JSON.stringify(value));
  return [...new Set([...Object.keys(there), ...Object.keys(here)])]
    .filter((name) => JSON.stringify(there[name]) !== JSON.stringify(here[name]))
    .map((name) => `${name} is ${shown(there[name])} there and ${shown(here[name])} here`);
}

/** Nested objects with dots in their names, so that differences are about single values. */
function flat(value: ExperimentIdentity, prefix = ""): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, entry]) =>
      typeof entry === "object" && entry !== null
        ? Object.entries(flat(entry as ExperimentIdentity, `${prefix}${name}.`))
        : [[`${prefix}${name}`, entry]],
    ),
  );
}

/** Results of one experiment with one set of options. */
export class ResultsFolder {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #rows: Map<string, Row>;
  /** The last write; the next waits for it, so that lines do not mix. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle, rows: Map<string, Row>) {
    this.path = path;
    this.#file = file;
    this.#rows = rows;
  }

  /**
   * Opens a folder, which is made if need be. Nothing in it is touched if it belongs to something else.
   *
   * @throws FedmtlError INVALID_OPTION naming what differs; BAD_INPUT for a damaged line; IO
   */
  static async open(path: string, identity: ExperimentIdentity): Promise<ResultsFolder> {
    const plain = JSON.parse(JSON.stringify(identity)) as ExperimentIdentity;
    try {
      await makeFolder(path);
      await requireSame(path, plain);
      const results = join(path, "results.jsonl");
      const file = await open(results, "a+");
      try {
        const rows = await readRows(file, results);
        return new ResultsFolder(path, file, rows);
      } catch (error) {
        await file.close();
        throw error;
      }
    } catch (cause) {
      throw ioError("write", path, cause);
    }
  }

  /** The result of a job, if it is done. */
  find(job: Job): Row | undefined {
    return this.#rows.get(jobKey(job));
  }

  /** Writes a result; resolves when it is on the disk. */
  append(row: Row): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      try {
        await this.#file.appendFile(`${JSON.stringify(row)}\n`);
        await this.#file.datasync();
      } catch (cause) {
        throw ioError("write", join(this.path, "results.jsonl"), cause);
      }
      this.#rows.set(jobKey(row), row);
    });
    return this.#writing;
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#file.close();
  }
}

/** @throws FedmtlError INVALID_OPTION if the folder is of other options or has files of something else */
async function requireSame(path: string, identity: ExperimentIdentity): Promise<void> {
  const file = join(path, "options.json");
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") {
      return undefined;
    }
    throw cause;
  });
  if (text === undefined) {
    if ((await readdir(path)).some((name) => name === "results.jsonl")) {
      throw new FedmtlError(
        "INVALID_OPTION",
        `${path} has results.jsonl but no options.json, so nothing says what it is of; give another folder`,
      );
    }
    await writeFileAtomic(file, `${JSON.stringify(identity, undefined, 2)}\n`);
    return;
  }
  let there: unknown;
  try {
    there = JSON.parse(text);
  } catch (cause) {
    throw new FedmtlError("BAD_INPUT", `${file} is not JSON; give another folder`, { cause });
  }
  const different = differences(flat(there as ExperimentIdentity), flat(identity));
  if (different.length > 0) {
    const listed = different.slice(0, 5).join("; ");
    const more = different.length > 5 ? `; and ${different.length - 5} more` : "";
    throw new FedmtlError(
      "INVALID_OPTION",
      `${path} belongs to other options: ${listed}${more}; give another folder, nothing was changed in this one`,
    );
  }
}

/** All whole lines; what follows the last of them is cut off. The first line of a job counts. */
async function readRows(file: FileHandle, path: string): Promise<Map<string, Row>> {
  const text = await file.readFile("utf8");
  const end = text.lastIndexOf("\n") + 1;
  const rows = new Map<string, Row>();
  text
    .slice(0, end)
    .split("\n")
    .forEach((line, i) => {
      if (line !== "") {
        const row = parsedLine(path, line, i + 1);
        const key = jobKey(row);
        rows.set(key, rows.get(key) ?? row);
      }
    });
  if (end < text.length) {
    await file.truncate(Buffer.byteLength(text.slice(0, end)));
    await file.datasync();
  }
  return rows;
}
