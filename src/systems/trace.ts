/**
 * Availability from a trace: a CSV file with the header `device,start,end`, a line an interval [start, end) of virtual
 * seconds in which a device is there. Lines may be in any order, intervals of a device may touch or overlap, the file may be
 * `.gz`. A device is the one of the task with its name; one without a line is never there.
 *
 * The file is read in pieces; what stays are three numbers an interval.
 */
import { fileChunks, readError } from "../data/read_tasks.js";
import { FedmtlError, shown } from "../errors.js";
import { crypto } from "../on_demand.js";
import { rejectUnknownNames, requireOptions } from "../options.js";
import { inRange, inWords, mostSeconds } from "../ranges.js";
import type { Availability } from "./availability.js";
import { ColumnTable } from "../column_table.js";

/** Options of {@link readTrace}. */
export interface TraceOptions {
  /** Seconds after which the trace begins anew, from 0.001, at least its last end; by default never: at its end all devices are gone. */
  readonly repeat?: number;
}

const header = "device,start,end";
const secondsRange = { least: 0, most: mostSeconds };
/** Of `repeat`, in seconds; the command line uses it too. */
export const traceRepeatRange = { least: 1e-3, most: mostSeconds };

/** Intervals as they were read: positions among the names, and seconds. */
type Intervals = ColumnTable<"device" | "start" | "end">;

/** A trace as it was read. */
interface TraceFile {
  readonly path: string;
  /** Of devices, in the order of their first lines. */
  readonly names: readonly string[];
  /** Of each name. */
  readonly firstLines: readonly number[];
  readonly intervals: Intervals;
  readonly digest: string;
}

/** Reads lines one after the other. */
class TraceReader {
  readonly names: string[] = [];
  readonly firstLines: number[] = [];
  readonly intervals: Intervals = new ColumnTable(["device", "start", "end"]);
  readonly #path: string;
  readonly #positions = new Map<string, number>();
  #line = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws FedmtlError BAD_INPUT naming file, line, column, what was found and what was expected */
  read(text: string): void {
    this.#line++;
    const line = text.endsWith("\r") ? text.slice(0, -1) : text;
    if (this.#line === 1) {
      const found = line.replace(/^\uFEFF/, "");
      if (found.replaceAll(" ", "") !== header) {
        this.#fail(1, shown(found), `the header ${header}`);
      }
      return;
    }
    if (line.trim() !== "") {
      this.#readInterval(line);
    }
  }

  /** @throws FedmtlError BAD_INPUT for a file without an interval */
  finish(): void {
    if (this.intervals.length === 0) {
      this.#line++;
      this.#fail(
        1,
        "the end of the file",
        this.#line === 1 ? `the header ${header}` : "a line device,start,end",
      );
    }
  }

  #readInterval(line: string): void {
    // Names may hold commas: the two numbers are what stands behind the last two.
    const second = line.lastIndexOf(",");
    const first = second < 0 ? -1 : line.lastIndexOf(",", second - 1);
    if (first < 0) {
      this.#fail(1, shown(line), "three cells device,start,end");
    }
    const device = unquoted(line.slice(0, first));
    if (device === "") {
      this.#fail(1, "no name", "the name of a device");
    }
    const start = this.#seconds(line, first + 1, second);
    const end = this.#seconds(line, second + 1, line.length);
    if (end <= start) {
      this.#fail(second + 2, `the end ${end}`, `a number above the start ${start}`);
    }
    this.intervals.append({ device: this.#position(device), start, end });
  }

  #seconds(line: string, from: number, to: number): number {
    const text = line.slice(from, to).trim();
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (!inRange(value, secondsRange)) {
      this.#fail(from + 1, shown(text), `seconds, ${inWords(secondsRange)}`);
    }
    return value;
  }

  #position(device: string): number {
    const known = this.#positions.get(device);
    if (known !== undefined) {
      return known;
    }
    this.#positions.set(device, this.names.length);
    this.firstLines.push(this.#line);
    return this.names.push(device) - 1;
  }

  #fail(column: number, found: string, expected: string): never {
    throw new FedmtlError(
      "BAD_INPUT",
      `${this.#path}, line ${this.#line}, column ${column}: found ${found}, expected ${expected}`,
    );
  }
}

function unquoted(cell: string): string {
  const text = cell.trim();
  return /^".*"$/.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text;
}

async function readFile(path: string): Promise<TraceFile> {
  const reader = new TraceReader(path);
  const decoder = new TextDecoder();
  const hash = crypto().createHash("sha256");
  let rest = "";
  const take = (text: string): void => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      reader.read(line);
    }
  };
  try {
    for await (const chunk of fileChunks(path)) {
      hash.update(chunk);
      take(decoder.decode(chunk, { stream: true }));
    }
  } catch (cause) {
    throw readError(path, cause);
  }
  take(`${decoder.decode()}`);
  if (rest !== "") {
    reader.read(rest);
  }
  reader.finish();
  const { names, firstLines, intervals } = reader;
  return { path, names, firstLines, intervals, digest: hash.digest("hex").slice(0, 16) };
}

/** Merged intervals, task by task: those of t are offsets[t] .. offsets[t + 1] - 1, ascending and apart. */
interface Schedule {
  readonly offsets: Int32Array;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
}

/** @param taskOf the task of each device of the file */
function scheduleOf({ intervals }: TraceFile, taskOf: Int32Array, tasks: number): Schedule {
  const [device, start, end] = [
    intervals.column("device"),
    intervals.column("start"),
    intervals.column("end"),
  ];
  const task = Int32Array.from(device, (position) => taskOf[position] as number);
  const order = Uint32Array.from(task.keys()).sort((a, b) => {
    return (task[a] as number) - (task[b] as number) || (start[a] as number) - (start[b] as number);
  });
  const offsets = new Int32Array(tasks + 1);
  const starts = new Float64Array(order.length);
  const ends = new Float64Array(order.length);
  let count = 0;
  let owner = -1;
  for (const i of order) {
    const [t, from, to] = [task[i] as number, start[i] as number, end[i] as number];
    if (t === owner && from <= (ends[count - 1] as number)) {
      ends[count - 1] = Math.max(ends[count - 1] as number, to);
      continue;
    }
    offsets.fill(count, owner + 1, t + 1);
    owner = t;
    starts[count] = from;
    ends[count++] = to;
  }
  offsets.fill(count, owner + 1);
  return { offsets, starts: starts.slice(0, count), ends: ends.slice(0, count) };
}

/** The first interval of task t that ends after `time`, or offsets[t + 1] if there is none. */
function nextInterval({ offsets, ends }: Schedule, t: number, time: number): number {
  let low = offsets[t] as number;
  let high = offsets[t + 1] as number;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle] as number) > time) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/** Second of the trace until which task t stays that is there in interval i: across the end of a turn if the next begins with it. */
function stayOf({ offsets, starts, ends }: Schedule, t: number, i: number, period: number): number {
  const end = ends[i] as number;
  const first = offsets[t] as number;
  if (end < period || (starts[first] as number) > 0) {
    return end;
  }
  return i === first ? Number.POSITIVE_INFINITY : period + (ends[first] as number);
}

/** @throws FedmtlError BAD_INPUT naming file and line of a device that is none of the tasks */
function tasksOfDevices(
  { path, names: devices, firstLines }: TraceFile,
  names: readonly string[],
): Int32Array {
  const positions = new Map(names.map((name, t) => [name, t]));
  return Int32Array.from(devices, (device, i) => {
    const task = positions.get(device);
    if (task === undefined) {
      throw new FedmtlError(
        "BAD_INPUT",
        `${path}, line ${firstLines[i]}, column 1: found the device ${shown(device)}, expected the name of one of the ` +
          `${names.length} tasks, such as ${shown(names[0])}`,
      );
    }
    return task;
  });
}

/**
 * Reads a trace.
 *
 * @throws FedmtlError BAD_INPUT naming file, line, column, what was found and what was expected; IO; INVALID_OPTION
 */
export async function readTrace(path: string, options: TraceOptions = {}): Promise<Availability> {
  if (typeof path !== "string") {
    throw new FedmtlError("INVALID_ARGUMENT", `the path of a trace is ${shown(path)}; give a file name`);
  }
  requireOptions("the options of readTrace are", options, "{ repeat: 86400 }");
  rejectUnknownNames("option of readTrace", options, ["repeat"]);
  const { repeat } = options;
  if (repeat !== undefined && !inRange(repeat, traceRepeatRange)) {
    throw new FedmtlError("INVALID_OPTION", `repeat is ${shown(repeat)}; give ${inWords(traceRepeatRange)}`);
  }
  const file = await readFile(path);
  const last = file.intervals.column("end").reduce((a, b) => Math.max(a, b), 0);
  if (repeat !== undefined && repeat < last) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `repeat is ${repeat}; the trace ${path} lasts until second ${last}, give at least that`,
    );
  }
  return traceAvailability(file, repeat ?? Number.POSITIVE_INFINITY);
}

function traceAvailability(file: TraceFile, period: number): Availability {
  const schedules = new WeakMap<readonly string[], Schedule>();
  const scheduleFor = (names: readonly string[]): Schedule => {
    const known = schedules.get(names) ?? scheduleOf(file, tasksOfDevices(file, names), names.length);
    schedules.set(names, known);
    return known;
  };
  const repeats = period !== Number.POSITIVE_INFINITY;
  return {
    name: "trace",
    facts: { trace: file.digest, ...(repeats ? { repeat: period } : {}) },
    check: (names) => {
      scheduleFor(names);
    },
    never(t, names) {
      const { offsets } = scheduleFor(names);
      return offsets[t] === offsets[t + 1];
    },
    at({ time, names }, until) {
      const schedule = scheduleFor(names);
      const begin = repeats ? Math.floor(time / period) * period : 0;
      for (let t = 0; t < names.length; t++) {
        const i = nextInterval(schedule, t, time - begin);
        const there =
          i < (schedule.offsets[t + 1] as number) && begin + (schedule.starts[i] as number) <= time;
        until[t] = there ? begin + stayOf(schedule, t, i, period) : Number.NEGATIVE_INFINITY;
      }
    },
    nextArrival({ time, names }) {
      const schedule = scheduleFor(names);
      const turn = repeats ? Math.floor(time / period) : 0;
      const begin = repeats ? turn * period : 0;
      let next = Number.POSITIVE_INFINITY;
      for (let t = 0; t < names.length; t++) {
        const [first, end] = [schedule.offsets[t] as number, schedule.offsets[t + 1] as number];
        let i = nextInterval(schedule, t, time - begin);
        i += i < end && begin + (schedule.starts[i] as number) <= time ? 1 : 0;
        if (i < end) {
          next = Math.min(next, begin + (schedule.starts[i] as number));
        } else if (repeats && first < end) {
          next = Math.min(next, (turn + 1) * period + (schedule.starts[first] as number));
        }
      }
      return next;
    },
  };
}
