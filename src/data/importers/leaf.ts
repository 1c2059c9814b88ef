/**
 * JSON of LEAF (S. Caldas et al.: LEAF: A Benchmark for Federated Settings, 2018), a file or a folder of files:
 * {"users": [...], "num_samples": [...], "user_data": {USER: {"x": [[numbers], ...], "y": [numbers]}}}. A task is a user. Data sets
 * of text (Shakespeare, Sent140) have strings in x and must be turned into features first.
 */
import { FedmtlError } from "../../errors.js";
import { readWholeFile } from "../../files.js";
import { type Precision, type TaskSet, TaskSetBuilder } from "../task_set.js";
import { leafFilesOf } from "./archive_formats.js";

interface UserRows {
  readonly user: string;
  /** n × cols */
  readonly data: Float64Array;
  readonly cols: number;
  readonly labels: Float64Array;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function described(value: Json | undefined): string {
  if (value === undefined) {
    return "nothing";
  }
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? "an array" : "an object";
  }
  return (typeof value === "number" ? String(value) : JSON.stringify(value)).slice(0, 40);
}

function bad(place: string, value: Json | undefined, expected: string): FedmtlError {
  return new FedmtlError("BAD_INPUT", `${place}: found ${described(value)}, expected ${expected}`);
}

async function readJson(path: string): Promise<Json> {
  const bytes = await readWholeFile(path);
  try {
    return JSON.parse(Buffer.from(bytes as Uint8Array<ArrayBuffer>).toString("utf8")) as Json;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new FedmtlError("BAD_INPUT", `${path}: found no valid JSON (${reason}), expected data of LEAF`, {
      cause,
    });
  }
}

function numbersOf(place: string, value: Json | undefined): Float64Array {
  if (!Array.isArray(value)) {
    throw bad(place, value, "an array of numbers");
  }
  return Float64Array.from(value as readonly Json[], (entry, i) => {
    if (typeof entry !== "number") {
      throw bad(`${place}[${i}]`, entry, "a number; text must be turned into features first");
    }
    return finite(`${place}[${i}]`, entry);
  });
}

/** JSON may have numbers beyond those that there are, as 1e999. @throws FedmtlError BAD_INPUT */
function finite(place: string, value: number): number {
  if (!Number.isFinite(value)) {
    throw bad(place, value, "a finite number");
  }
  return value;
}

function rowsOf(path: string, user: string, entry: Json | undefined): UserRows {
  const place = `${path}: user_data[${JSON.stringify(user)}]`;
  if (!isObject(entry) || !Array.isArray(entry.x)) {
    throw bad(place, isObject(entry) ? entry.x : entry, 'an object with arrays "x" and "y"');
  }
  const labels = numbersOf(`${place}.y`, entry.y);
  const rows = (entry.x as readonly Json[]).map((row, i) =>
    typeof row === "number"
      ? Float64Array.of(finite(`${place}.x[${i}]`, row))
      : numbersOf(`${place}.x[${i}]`, row),
  );
  const cols = rows[0]?.length ?? 0;
  if (rows.length !== labels.length) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${place}: found ${rows.length} rows in x and ${labels.length} labels in y`,
    );
  }
  const data = new Float64Array(rows.length * cols);
  rows.forEach((row, i) => {
    if (row.length !== cols) {
      throw new FedmtlError(
        "BAD_INPUT",
        `${place}.x[${i}]: found ${row.length} numbers, expected ${cols} as in x[0]`,
      );
    }
    data.set(row, i * cols);
  });
  return { user, data, cols, labels };
}

function* usersOf(path: string, content: Json): Generator<UserRows> {
  if (!isObject(content) || !isObject(content.user_data)) {
    throw bad(path, isObject(content) ? content.user_data : content, 'an object with an object "user_data"');
  }
  for (const [user, entry] of Object.entries(content.user_data)) {
    const rows = rowsOf(path, user, entry);
    if (rows.labels.length > 0) {
      yield rows;
    }
  }
}

/**
 * Reads the file, or all .json files of the folder, or else of its train and then its test folder, in the order of their names; a
 * user's rows may be in several. Users without rows are left out.
 *
 * @throws FedmtlError BAD_INPUT with file and place; IO
 */
export async function readLeaf(path: string, precision: Precision): Promise<TaskSet> {
  let builder: TaskSetBuilder | undefined;
  let cols = 0;
  for (const file of await leafFilesOf(path)) {
    for (const rows of usersOf(file, await readJson(file))) {
      if (builder === undefined) {
        cols = rows.cols;
        builder = new TaskSetBuilder({ cols, precision });
      }
      if (rows.cols !== cols) {
        throw new FedmtlError(
          "BAD_INPUT",
          `${file}: user_data[${JSON.stringify(rows.user)}].x: found rows of ${rows.cols} numbers, expected ${cols} as before`,
        );
      }
      builder.append(rows.user, { data: rows.data, cols }, rows.labels);
    }
  }
  if (builder === undefined) {
    throw new FedmtlError("BAD_INPUT", `${path}: found no user with rows, expected data of LEAF`);
  }
  return builder.finish();
}
