/**
 * The trainings and tests of a cross-validation, in one process: a path of lambda1 in one fold at a time.
 */
import type { TaskSet } from "../data/task_set.js";
import type { MetricName } from "../metrics/evaluate.js";
import { resolveOptions } from "../options.js";
import { isClassification } from "../mocha/labels.js";
import { dealFolds, type Folds, takeFold } from "./folds.js";
import { type Grid, type Path, pathsOf } from "./grid.js";
import { followPath, inTraining, type SharedFitOptions } from "./path.js";

/** How scores of tasks become one: their mean, or the score of all rows together. */
export const averages = ["macro", "micro"] as const;
export type Average = (typeof averages)[number];

/** What the trainings of a cross-validation are, in a form that can be sent to another process. */
export interface Plan {
  readonly options: SharedFitOptions;
  readonly grid: Grid;
  readonly folds: number;
  readonly metric: MetricName;
  readonly average: Average;
}

/** A path in a fold. */
export interface Job {
  /** From 0. */
  readonly fold: number;
  /** Position among the paths of the grid. */
  readonly path: number;
}

/** What one training came to. */
export interface FoldRecord {
  /** On the fold's test rows; absent where the metric is not defined on them. */
  readonly score?: number;
  readonly converged: boolean;
  readonly rounds: number;
  /** Of the certificate. */
  readonly relativeGap: number;
}

/** Runs jobs on a set of tasks. Keeps the rows of the last fold: jobs come fold by fold. */
export class FoldRunner {
  readonly paths: readonly Path[];
  readonly #tasks: TaskSet;
  readonly #plan: Plan;
  readonly #folds: Folds;
  #current: { readonly fold: number; readonly train: TaskSet; readonly test: TaskSet } | undefined;

  /** @throws FedmtlError INVALID_OPTION, INVALID_ARGUMENT for a grid or folds that cannot be */
  constructor(tasks: TaskSet, plan: Plan) {
    const { loss, seed, relationship } = resolveOptions(plan.options);
    this.#tasks = tasks;
    this.#plan = plan;
    this.paths = pathsOf(plan.grid, relationship, tasks.taskCount);
    this.#folds = dealFolds(tasks, { count: plan.folds, seed, stratified: isClassification(loss) });
  }

  /** The records of a job, in the order of the path. */
  async *run({ fold, path }: Job, signal?: AbortSignal): AsyncGenerator<FoldRecord, void, void> {
    const { options, metric, average, folds } = this.#plan;
    const { train, test } = this.#take(fold);
    try {
      const points = followPath(
        train,
        signal === undefined ? options : { ...options, signal },
        this.paths[path] ?? [],
      );
      for await (const { model, status, history, certificate } of points) {
        const score = model.evaluate(test)[average][metric];
        yield {
          ...(score === undefined ? {} : { score }),
          converged: status === "converged",
          rounds: history.length,
          relativeGap: certificate.relativeGap,
        };
      }
    } catch (error) {
      throw inTraining(`fold ${fold + 1} of ${folds}`, error);
    }
  }

  /** Frees the rows of the last fold. */
  dispose(): void {
    this.#current?.train.dispose();
    this.#current?.test.dispose();
    this.#current = undefined;
  }

  #take(fold: number): { readonly train: TaskSet; readonly test: TaskSet } {
    if (this.#current?.fold !== fold) {
      this.dispose();
      this.#current = { fold, ...takeFold(this.#tasks, this.#folds, fold) };
    }
    return this.#current;
  }
}
