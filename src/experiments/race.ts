/**
 * Races: methods that minimise the same P(W), and the time each takes until P is within a thousandth of its least value, on
 * several devices and networks at once. Each method comes with several amounts of local work, of which the best one counts for
 * each of them, as the paper tunes what each method has.
 */
import type { TaskSet } from "../data/task_set.js";
import { simulate } from "../systems/simulate.js";
import type { SimulateOptions } from "../systems/simulation_options.js";
import type { LoadedData, Job, JobResult } from "./experiment.js";
import { NetworkClocks, raceClockNames } from "./network_clocks.js";
import { raceProblem } from "./race_problem.js";
import { finite } from "./statistics.js";

/** Relative: (P - least) / |least|. */
export const target = 1e-3;
/** A method that is not there by then is said not to arrive: as many as the released code gives the mini-batch methods. */
export const mostRounds = 5000;
/** Points of a curve that are kept, evenly spaced on a logarithmic axis. */
const pointsKept = 60;

/** The methods of the paper's figures, ours first: MOCHA with this package's default policy, then as in the paper. */
export const raceMethods = ["mocha", "mocha-paper", "cocoa", "minibatch-sdca", "minibatch-sgd"] as const;
/** The methods that race. */
export type RaceMethod = (typeof raceMethods)[number];

/** An amount of local work, which may depend on the data. */
type Work = SimulateOptions | ((tasks: TaskSet) => SimulateOptions);

const epochs = (counts: readonly number[]): Record<string, SimulateOptions> =>
  Object.fromEntries(counts.map((count) => [`${count} epochs`, { localEpochs: count }]));

/** Mini-batch methods search for their scaling with the batches that they will have. */
const batches = (shares: readonly number[]): Record<string, SimulateOptions> =>
  Object.fromEntries(
    shares.map((share) => [
      `batch ${share}`,
      { localEpochs: share, baseline: { tuning: { localEpochs: share, rounds: 300 } } },
    ]),
  );

/** Of the most work that MOCHA may have, in passes over its rows. */
const mostEpochs = 16;
/** Where a random share of a smallest task's passes is made: on average the same steps as `mostEpochs` of an average task. */
const mostEpochsOfShares = 32;

/**
 * The release stops a task after 1000 steps whatever its theta; with as many as MOCHA's most work is on average CoCoA, too, comes
 * to few rounds.
 */
const thetas: Record<string, Work> = {
  "theta 0.9": { baseline: { theta: 0.9 } },
  "theta 0.5": { baseline: { theta: 0.5 } },
  [`theta 0.5 in ${mostEpochs} epochs`]: ({ rowCount, taskCount }) => ({
    baseline: { theta: 0.5, maxSteps: Math.round((mostEpochs * rowCount) / taskCount) },
  }),
};

/** What each method may do in a round, by name. */
const works: Readonly<Record<RaceMethod, Readonly<Record<string, Work>>>> = {
  mocha: epochs([0.25, 1, 4, mostEpochs, mostEpochsOfShares]),
  "mocha-paper": epochs([0.25, 1, 4, mostEpochs, mostEpochsOfShares]),
  cocoa: thetas,
  "minibatch-sdca": batches([0.25, 1]),
  "minibatch-sgd": batches([0.25, 1]),
};

/** The names of a method's works. @param inShares whether budgets cut them to a random share */
export function worksOf(method: RaceMethod, inShares = false): readonly string[] {
  const ofShares = Object.keys(epochs([mostEpochsOfShares]));
  return Object.keys(works[method]).filter((work) => inShares || !ofShares.includes(work));
}

/** The method of `simulate` and its policy. */
function methodOptions(method: RaceMethod): SimulateOptions {
  switch (method) {
    case "mocha":
      return { method: "mocha" };
    case "mocha-paper":
      return { method: "mocha", policy: "paper" };
    default:
      return { method };
  }
}

/** How a race differs from one in which every device has all of its clock. */
export interface RaceConditions {
  readonly budget?: NonNullable<SimulateOptions["budget"]>;
  /** The share of its clock that each device has in a round, m. */
  readonly shares?: (round: number) => Float64Array;
}

/** Positions 0 … length - 1, at most `pointsKept`, evenly on a logarithmic axis, the first and the last among them. */
export function thinned(length: number): number[] {
  const last = Math.log(length);
  const positions = Array.from(
    { length: pointsKept },
    (_, i) => Math.round(Math.exp((last * i) / (pointsKept - 1))) - 1,
  );
  return [...new Set(positions)].filter((position) => position < length);
}

/** Runs one method with one of its works to the target. */
export async function race(
  { method, seed }: Job,
  work: string,
  data: LoadedData,
  { budget, shares }: RaceConditions = {},
): Promise<JobResult> {
  const { tasks, options, optimum } = await raceProblem(data);
  const own = methodOptions(method as RaceMethod);
  const chosen = works[method as RaceMethod][work];
  const clocks = new NetworkClocks(String(own.method), tasks.names, seed);
  const times = raceClockNames.map((): number[] => []);
  const { history, status, scaling } = await simulate(tasks, {
    ...options,
    ...own,
    ...(typeof chosen === "function" ? chosen(tasks) : chosen),
    ...(budget === undefined ? {} : { budget }),
    seed,
    stop: { rounds: mostRounds, suboptimality: { optimum, epsilon: target } },
    onRound: ({ round }, costs) => {
      clocks.add(costs, shares?.(round));
      for (const [i, clock] of raceClockNames.entries()) {
        times[i]?.push(clocks.time(clock));
      }
    },
  }).result;
  const reached = status === "converged";
  const primal = history.column("primal");
  const kept = thinned(history.length);
  const bytes = runningSum(history.column("bytesUp"), history.column("bytesDown"));
  const at = (values: ArrayLike<number>): (number | null)[] => kept.map((i) => finite(values[i]));
  return {
    values: {
      reached: reached ? 1 : 0,
      rounds: history.length,
      suboptimality: finite(((primal.at(-1) ?? Number.NaN) - optimum) / Math.abs(optimum)),
      optimum,
      flops: history.total("flops"),
      bytes: bytes.at(-1) ?? 0,
      ...(scaling === undefined ? {} : { scaling }),
      ...Object.fromEntries(raceClockNames.map((clock) => [clock, clocks.time(clock)])),
    },
    series: {
      round: kept.map((i) => i + 1),
      primal: at(primal),
      bytes: at(bytes),
      ...Object.fromEntries(raceClockNames.map((clock, i) => [clock, at(times[i] ?? [])])),
    },
  };
}

/** Of several columns together: what there is of them since the start, an entry a round. */
export function runningSum(...columns: readonly Float64Array[]): Float64Array {
  let sum = 0;
  return Float64Array.from(columns[0] ?? [], (_, i) => {
    sum += columns.reduce((total, column) => total + (column[i] ?? 0), 0);
    return sum;
  });
}
