/**
 * How far methods are above the least value of their objective, and what several seeds have in common.
 */
import type { Comparison, RunPoint, RunTrace } from "./content.js";
import { logSpaced } from "./axes.js";

/** What values are compared with. */
export interface Reference {
  readonly value: number;
  /**
   * `optimum`: given; `dual`: the best lower bound of the runs; `primal`: the least value that a run reached, which proves
   * nothing about the optimum.
   */
  readonly kind: "optimum" | "dual" | "primal";
  /** Whether the joint objective over W and Omega is compared, because Omega changed. */
  readonly joint: boolean;
}

/** Whether Omega changed during a run: its primal values are then of different problems. */
export function changesOmega({ points }: RunTrace): boolean {
  const steps = new Set(points.flatMap(({ omegaStep }) => (omegaStep === undefined ? [] : [omegaStep])));
  return steps.size > 1;
}

/** The value of the objective that a point has, if any. */
export function objectiveAt(point: RunPoint, joint: boolean): number | undefined {
  return joint ? point.jointObjective : point.primal;
}

function extreme(values: readonly number[], better: (a: number, b: number) => boolean): number | undefined {
  return values.reduce<number | undefined>(
    (best, value) => (best === undefined || better(value, best) ? value : best),
    undefined,
  );
}

/** What to compare with; undefined where no point has a value. */
export function referenceOf({ runs, optimum }: Comparison): Reference | undefined {
  const joint = runs.some(changesOmega);
  const of = (pick: (point: RunPoint) => number | undefined): number[] =>
    runs.flatMap(({ points }) =>
      points.map(pick).filter((value) => value !== undefined && Number.isFinite(value)),
    ) as number[];
  const least = extreme(
    of((point) => objectiveAt(point, joint)),
    (a, b) => a < b,
  );
  if (least === undefined) {
    return undefined;
  }
  if (optimum !== undefined) {
    return { value: optimum, kind: "optimum", joint };
  }
  const bound = extreme(
    of((point) => (joint ? point.jointDual : point.dual)),
    (a, b) => a > b,
  );
  return bound === undefined
    ? { value: least, kind: "primal", joint }
    : { value: bound, kind: "dual", joint };
}

/** (P - P*) / |P*|; the difference itself where P* is 0. */
export function subOptimality(value: number, { value: least }: Reference): number {
  return (value - least) / (least === 0 ? 1 : Math.abs(least));
}

/** What a method has over its seeds: entries of a line and its band. */
export interface Curve {
  readonly method: string;
  readonly runs: number;
  readonly x: readonly number[];
  readonly median: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** Entries of a curve that are drawn. */
const mostEntries = 160;

interface Steps {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** At each of the rising x of the grid the value last seen. */
function lastSeen({ x, y }: Steps, grid: readonly number[]): number[] {
  let next = 0;
  return grid.map((at) => {
    while (next < x.length && (x[next] ?? 0) <= at) {
      next++;
    }
    return y[next - 1] ?? Number.NaN;
  });
}

function median(sorted: readonly number[]): number {
  const half = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(half) - 1] ?? Number.NaN, sorted[Math.floor(half)] ?? Number.NaN];
  return (low + high) / 2;
}

/**
 * A curve for each method, in the order in which the methods appear. Seeds are brought to the same places by keeping a value
 * until the next one; a run that has ended keeps its last. A curve begins where all its runs have a value.
 *
 * @param along seconds, rounds or bytes
 */
export function curvesOf(
  runs: readonly RunTrace[],
  reference: Reference,
  along: (point: RunPoint) => number | undefined,
): Curve[] {
  const methods = [...new Set(runs.map(({ method }) => method))];
  return methods.flatMap((method) => {
    const ofMethod = runs.filter((run) => run.method === method).map((run) => stepsOf(run, reference, along));
    const steps = ofMethod.filter(({ x }) => x.length > 0);
    if (steps.length === 0) {
      return [];
    }
    const begin = Math.max(...steps.map(({ x }) => x[0] ?? 0));
    const all = [...new Set(steps.flatMap(({ x }) => x))].filter((at) => at >= begin).sort((a, b) => a - b);
    const grid = logSpaced(all, mostEntries).map((i) => all[i] ?? 0);
    const values = steps.map((one) => lastSeen(one, grid));
    const sorted = grid.map((_, i) => values.map((one) => one[i] ?? Number.NaN).sort((a, b) => a - b));
    return {
      method,
      runs: steps.length,
      x: grid,
      median: sorted.map(median),
      low: sorted.map((one) => one[0] ?? Number.NaN),
      high: sorted.map((one) => one.at(-1) ?? Number.NaN),
    };
  });
}

/** When the runs of a method come within a level of P*. */
export interface Arrival {
  readonly method: string;
  readonly runs: number;
  /** Runs that come within the level at all. */
  readonly arrived: number;
  /** The median over runs of the first place within the level; absent where half of the runs or more never are. */
  readonly at?: number;
  /** The median over runs of their last sub-optimality. */
  readonly end: number;
}

/** For each method, in the order in which the methods appear; exact, unlike what is read off a curve. */
export function arrivalsOf(
  runs: readonly RunTrace[],
  reference: Reference,
  along: (point: RunPoint) => number | undefined,
  level: number,
): Arrival[] {
  return [...new Set(runs.map(({ method }) => method))].flatMap((method) => {
    const steps = runs.filter((run) => run.method === method).map((run) => stepsOf(run, reference, along));
    const valued = steps.filter(({ x }) => x.length > 0);
    if (valued.length === 0) {
      return [];
    }
    const places = valued
      .map(({ x, y }) => x[y.findIndex((value) => value <= level)] ?? Number.POSITIVE_INFINITY)
      .sort((a, b) => a - b);
    const ends = valued.map(({ y }) => y.at(-1) ?? Number.NaN).sort((a, b) => a - b);
    const at = median(places);
    const arrived = places.filter(Number.isFinite).length;
    const own = { method, runs: valued.length, arrived, end: median(ends) };
    return [Number.isFinite(at) ? { ...own, at } : own];
  });
}

function stepsOf(
  { points }: RunTrace,
  reference: Reference,
  along: (point: RunPoint) => number | undefined,
): Steps {
  const [x, y]: [number[], number[]] = [[], []];
  for (const point of points) {
    const [at, value] = [along(point), objectiveAt(point, reference.joint)];
    if (at !== undefined && at > 0 && value !== undefined && Number.isFinite(value)) {
      x.push(at);
      y.push(subOptimality(value, reference));
    }
  }
  return { x, y };
}
