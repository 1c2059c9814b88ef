/**
 * Grids of hyperparameters: their points, and the paths of lambda1 through them.
 */
import { FedmtlError, invalidChoice, shown } from "../errors.js";
import {
  checkTaskCount,
  type Hyperparameter,
  type Hyperparameters,
  hyperparameters,
  type Relationship,
  withHyperparameters,
} from "../mocha/relationships.js";

/** Values to try of numeric options of the relationship; every combination is a point of the grid. */
export type Grid = { readonly [Name in Hyperparameter]?: readonly number[] };

/** The grid where none is given. */
export const defaultGrid: Grid = { lambda1: [1e-4, 1e-3, 1e-2, 0.1, 1, 10] };

/** Points that differ in lambda1 only, the largest first: each begins at the model of the one before. */
export type Path = readonly Hyperparameters[];

/** The grid as axes, every list checked; without a lambda1 that of the relationship. @throws FedmtlError INVALID_OPTION */
function axesOf(grid: Grid, { lambda1 }: Relationship): ReadonlyMap<Hyperparameter, readonly number[]> {
  if (typeof grid !== "object" || grid === null || Array.isArray(grid)) {
    throw new FedmtlError("INVALID_OPTION", `grid is ${shown(grid)}; give { lambda1: [...] }`);
  }
  const axes = new Map<Hyperparameter, readonly number[]>();
  for (const [name, values] of Object.entries({ lambda1: [lambda1], ...grid })) {
    const hyperparameter = hyperparameters.find((one) => one === name);
    if (hyperparameter === undefined) {
      throw invalidChoice("axis of grid", name, hyperparameters);
    }
    if (!Array.isArray(values) || values.length === 0 || values.some((value) => typeof value !== "number")) {
      throw new FedmtlError(
        "INVALID_OPTION",
        `${name} of grid is ${Array.isArray(values) ? `[${values.map(shown).join(", ")}]` : shown(values)}; give a list of numbers`,
      );
    }
    const stray = values.find((value) => Number.isNaN(value));
    if (stray !== undefined) {
      throw new FedmtlError("INVALID_OPTION", `${name} of grid has NaN; give a list of numbers`);
    }
    const twice = values.find((value, i) => values.indexOf(value) !== i);
    if (twice !== undefined) {
      throw new FedmtlError("INVALID_OPTION", `${name} of grid has ${twice} twice; give every value once`);
    }
    axes.set(hyperparameter, values);
  }
  return axes;
}

/**
 * The grid as paths: one for every combination of the other axes, in the order given, each along lambda1 from the largest
 * value to the smallest.
 *
 * @param tasks how many there are
 * @throws FedmtlError INVALID_OPTION for a list that is empty or has a value twice, and for what the relationship does not
 *   take over so many tasks
 */
export function pathsOf(grid: Grid, relationship: Relationship, tasks: number): readonly Path[] {
  const axes = axesOf(grid, relationship);
  let combinations: readonly Hyperparameters[] = [{}];
  for (const [name, values] of axes) {
    if (name !== "lambda1") {
      combinations = combinations.flatMap((point) => values.map((value) => ({ ...point, [name]: value })));
    }
  }
  const lambdas = [...(axes.get("lambda1") ?? [])].sort((a, b) => b - a);
  const paths = combinations.map((point) => lambdas.map((lambda1) => ({ lambda1, ...point })));
  for (const point of paths.flat()) {
    checkTaskCount(withHyperparameters(relationship, point), tasks);
  }
  return paths;
}

/** A point in words: `lambda1 0.1, lambda2 0`. */
export function pointInWords(point: Hyperparameters): string {
  return Object.entries(point)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}
