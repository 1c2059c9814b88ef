/**
 * From a user's task set to what the solver sees: features standardised, the intercept's column appended.
 */
import type { TaskSet } from "../data/task_set.js";
import type { FeatureScaling, NativeTaskSet } from "../native.js";
import type { ResolvedOptions } from "../options.js";

/** Data for the solver. */
export interface PreparedData {
  readonly tasks: NativeTaskSet;
  /** d with the intercept's column. */
  readonly cols: number;
  readonly nnz: number;
  readonly scaling?: FeatureScaling;
  /** Value of the intercept's column, which is the last one. */
  readonly interceptColumn?: number;
}

export function prepareData(tasks: TaskSet, options: ResolvedOptions): PreparedData {
  const scaling = options.standardize ? tasks.native.measureScaling() : undefined;
  const interceptColumn = options.intercept === "penalized" ? options.interceptScaling : undefined;
  const changed = scaling !== undefined || interceptColumn !== undefined;
  const prepared = changed ? tasks.native.transform(scaling, interceptColumn) : tasks.native;
  const { cols, nnz } = prepared.describe();
  return {
    tasks: prepared,
    cols,
    nnz,
    ...(scaling === undefined ? {} : { scaling }),
    ...(interceptColumn === undefined ? {} : { interceptColumn }),
  };
}
