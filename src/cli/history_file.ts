/**
 * Reading the histories that `train --history` and `simulate --history` write: one JSON object a round.
 */
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { FedmtlError, shown } from "../errors.js";
import { ioError } from "../files.js";
import type { CostRow, RunPoint } from "../report/content.js";
import { type TaskArrays, taskArraysOf, TaskSums } from "./task_sums.js";
import { present } from "./present.js";

/** One run of a file. */
export interface HistoryRun {
  readonly method: string;
  readonly seed?: number;
  readonly points: readonly RunPoint[];
  readonly cost: CostRow;
  /** Whether its times are of a systems model. */
  readonly estimated: boolean;
  /** What its rounds were to every task, where the history has that. */
  readonly tasks: TaskSums;
}

/** What may stand in a line, as it was read. */
type Line = Readonly<Record<string, unknown>>;

const numbers = [
  ...(["seed", "omegaStep", "time", "seconds", "steps", "bytesUp", "bytesDown", "flops", "joules"] as const),
  ...(["primal", "dual", "gap", "jointObjective", "jointDual", "class"] as const),
] as const;

type Numbers = { readonly [Name in (typeof numbers)[number]]: number | undefined };

/** A run while its lines are read. */
class RunReader {
  readonly #method: string;
  readonly #seed: number | undefined;
  readonly #points: RunPoint[] = [];
  readonly #sums = new Map<string, number>();
  readonly #tasks = new TaskSums();
  #seconds: number | undefined;
  #estimated = false;

  constructor(method: string, seed: number | undefined) {
    this.#method = method;
    this.#seed = seed;
  }

  get lastRound(): number {
    return this.#points.at(-1)?.round ?? -1;
  }

  /** Sums go up to the end of the round; `time` is such a sum already. @returns what is wrong with its tasks, if anything is */
  add(round: number, line: Numbers, tasks: TaskArrays | undefined): string | undefined {
    for (const name of ["steps", "flops", "bytesUp", "bytesDown", "joules"] as const) {
      const value = line[name];
      if (value !== undefined) {
        this.#sums.set(name, (this.#sums.get(name) ?? 0) + value);
      }
    }
    this.#estimated ||= line.time !== undefined;
    this.#seconds = line.time ?? sum(this.#seconds, line.seconds);
    const { omegaStep, primal, dual, gap, jointObjective, jointDual } = line;
    const bytes = sum(this.#sums.get("bytesUp"), this.#sums.get("bytesDown"));
    const spent = { seconds: this.#seconds, bytes };
    const values = { omegaStep, primal, dual, gap, jointObjective, jointDual };
    this.#points.push(present({ round, ...spent, ...values }));
    return tasks === undefined ? undefined : this.#tasks.add(tasks);
  }

  end(): HistoryRun {
    const own = { method: this.#method, ...(this.#seed === undefined ? {} : { seed: this.#seed }) };
    const spent = this.#seconds === undefined ? {} : { seconds: this.#seconds };
    const cost = { ...own, rounds: this.#points.length, ...Object.fromEntries(this.#sums), ...spent };
    return { ...own, points: this.#points, cost, estimated: this.#estimated, tasks: this.#tasks };
  }
}

/** Of two numbers that may be absent. */
function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : a + (b ?? 0);
}

/**
 * Reads a history. A file may hold several runs: lines with other `method`, `seed` or `class` belong to another one.
 *
 * @param path the file; its name stands for a method that the lines do not name
 * @param name stands for it instead, and before the methods that the lines do name
 * @returns the runs in the order of their first lines
 * @throws FedmtlError IO, or BAD_INPUT naming file and line, what was found and what was expected
 */
export async function readHistory(path: string, name?: string): Promise<HistoryRun[]> {
  const runs = new Map<string, RunReader>();
  const nameOfFile = name ?? basename(path).replace(/\.jsonl?$/, "");
  let number = 0;
  for await (const text of linesOf(path)) {
    number++;
    if (text.trim() === "") {
      continue;
    }
    const refuse = (found: string, expected: string): FedmtlError =>
      new FedmtlError("BAD_INPUT", `${path}:${number}: found ${found}, expected ${expected}`);
    const line = parseLine(text, refuse);
    const values = numbersOf(line, refuse);
    const { round, method = "" } = line;
    if (typeof round !== "number" || !Number.isSafeInteger(round) || round < 0) {
      throw refuse(`round ${shown(round)}`, "a whole number of at least 0");
    }
    if (typeof method !== "string") {
      throw refuse(`method ${shown(method)}`, "a name");
    }
    const parts = method === "" ? [nameOfFile] : name === undefined ? [method] : [name, method];
    const ofClass = [...parts, ...(values.class === undefined ? [] : [`class ${values.class}`])].join(", ");
    const key = JSON.stringify([ofClass, values.seed]);
    const run = runs.get(key) ?? new RunReader(ofClass, values.seed);
    runs.set(key, run);
    if (round <= run.lastRound) {
      const who = values.seed === undefined ? ofClass : `${ofClass} with seed ${values.seed}`;
      throw refuse(
        `round ${round} of ${who} after its round ${run.lastRound}`,
        "rising rounds; give runs of one method different seeds, or files of their own",
      );
    }
    const problem = run.add(round, values, taskArraysOf(line.tasks, refuse));
    if (problem !== undefined) {
      throw refuse(problem, "the same number in every round");
    }
  }
  if (runs.size === 0) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${path}: found no rounds, expected a history with one JSON object a line`,
    );
  }
  return [...runs.values()].map((run) => run.end());
}

async function* linesOf(path: string): AsyncGenerator<string, void, void> {
  const stream = createReadStream(path);
  try {
    yield* createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (cause) {
    throw ioError("read", path, cause);
  } finally {
    stream.destroy();
  }
}

type Refuse = (found: string, expected: string) => FedmtlError;

function parseLine(text: string, refuse: Refuse): Line {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Line;
    }
  } catch {
    // Refused below, as other things that are no object are.
  }
  throw refuse(shown(text), 'an object such as {"round":1,"primal":0.5}');
}

/** The known numbers of a line; null, as JSON has it for what is not finite, counts as absent. */
function numbersOf(line: Line, refuse: Refuse): Numbers {
  const entries = numbers.map((name) => {
    const value = line[name] ?? undefined;
    if (value !== undefined && typeof value !== "number") {
      throw refuse(`${name} ${shown(value)}`, "a number");
    }
    return [name, value] as const;
  });
  return Object.fromEntries(entries) as Numbers;
}
