/**
 * What the rounds of a history were to every task: the arrays that `simulate --per-task` writes, added up.
 */
import { shown } from "../errors.js";
import type { DeviceWork } from "../report/content.js";

const names = ["steps", "theta", "seconds", "joules"] as const;

type Name = (typeof names)[number];

/** The arrays of a line that are known here; all of one length. */
export type TaskArrays = Partial<Readonly<Record<Name, readonly number[]>>>;

/**
 * Checks the arrays of one line.
 *
 * @param value what stands as `tasks`
 * @param refuse makes the error from what was found and what was expected
 */
export function taskArraysOf(
  value: unknown,
  refuse: (found: string, expected: string) => Error,
): TaskArrays | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== "object") {
    throw refuse(`tasks ${shown(value)}`, "an object of arrays");
  }
  const arrays = Object.entries(value).filter(([name]) => (names as readonly string[]).includes(name));
  const [firstName = "", firstArray = []] = arrays[0] ?? [];
  for (const [name, array] of arrays) {
    if (!Array.isArray(array) || array.some((one) => typeof one !== "number")) {
      throw refuse(`tasks.${name} ${shown(array)}`, "an array of numbers");
    }
    if (array.length !== firstArray.length) {
      throw refuse(`${array.length} numbers in tasks.${name}`, `as many as in tasks.${firstName}`);
    }
  }
  return Object.fromEntries(arrays) as TaskArrays;
}

/** Sums over the rounds of a run, an entry a task. */
export class TaskSums {
  readonly #sums = new Map<Name, Float64Array>();
  readonly #rounds = new Map<Name, number>();
  #taskCount = 0;
  #answered = new Float64Array();

  /** Tasks, 0 before the first round. */
  get taskCount(): number {
    return this.#taskCount;
  }

  /** @returns what is wrong with the number of tasks, if anything is */
  add(arrays: TaskArrays): string | undefined {
    const tasks = Object.values(arrays)[0]?.length ?? 0;
    if (this.#taskCount === 0) {
      this.#taskCount = tasks;
      this.#answered = new Float64Array(tasks);
    } else if (tasks !== this.#taskCount) {
      return `${tasks} tasks after ${this.#taskCount} in the rounds before`;
    }
    for (const name of names) {
      const array = arrays[name];
      if (array !== undefined) {
        const sums = this.#sums.get(name) ?? new Float64Array(tasks);
        this.#sums.set(name, sums);
        this.#rounds.set(name, (this.#rounds.get(name) ?? 0) + 1);
        array.forEach((value, t) => {
          sums[t] = (sums[t] ?? 0) + value;
        });
      }
    }
    arrays.steps?.forEach((steps, t) => {
      this.#answered[t] = (this.#answered[t] ?? 0) + (steps > 0 ? 1 : 0);
    });
    return undefined;
  }

  /**
   * What every device did; theta is the mean over rounds.
   *
   * @param nameOf the name of the task at a position
   */
  devices(method: string, nameOf: (position: number) => string): DeviceWork[] {
    const at = (name: Name, t: number): number | undefined => this.#sums.get(name)?.[t];
    return Array.from({ length: this.#taskCount }, (_, t) => {
      const [theta, seconds, joules] = [at("theta", t), at("seconds", t), at("joules", t)];
      return {
        device: nameOf(t),
        method,
        rounds: this.#answered[t] ?? 0,
        steps: at("steps", t) ?? 0,
        ...(theta === undefined ? {} : { theta: theta / (this.#rounds.get("theta") ?? 1) }),
        ...(seconds === undefined ? {} : { seconds }),
        ...(joules === undefined ? {} : { joules }),
      };
    });
  }
}
