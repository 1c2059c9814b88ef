/**
 * Training: from tasks and options to a run that can be watched, aborted and awaited.
 */
import type { TaskSet } from "../data/task_set.js";
import { type FitOptions, type ResolvedOptions, resolveOptions } from "../options.js";
import { type FitResult, FitRun } from "./fit_run.js";
import { History } from "./history.js";
import { Training } from "./training.js";
import type { WarmStartScope } from "./warm_start.js";

/**
 * Trains one linear model a task, jointly (Smith et al., NIPS 2017). Starts at once; work happens on threads of its own.
 *
 * @param tasks the data; copied or shared at once, so they may be disposed of while the training runs
 * @param options see FitOptions; everything has a default
 * @returns a run; it never throws: bad options or data reject `run.result` (and iteration)
 */
export function fit(tasks: TaskSet, options: FitOptions = {}): FitRun {
  return startFit(tasks, options, "all");
}

/** @internal As fit, and `scope` says what is taken from the model of `warmStart`. */
export function startFit(tasks: TaskSet, options: FitOptions, scope: WarmStartScope): FitRun {
  const history = new History();
  let resolved: ResolvedOptions;
  let training: Training | undefined;
  let result: Promise<FitResult>;
  try {
    resolved = resolveOptions(options);
    training = new Training(tasks, resolved, scope, history, () => run.wake());
    result = training.run();
  } catch (error) {
    resolved = resolveOptions();
    result = Promise.reject(error);
  }
  const run = new FitRun(result, resolved, history, () => training?.abort());
  run.listenTo(resolved.signal);
  return run;
}
