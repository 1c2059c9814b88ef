/**
 * Training: from tasks and options to a run that can be watched, aborted and awaited.
 */
import { FedmtlError } from "../errors.js";
import { TaskSet } from "../data/task_set.js";
import { type FitOptions, type ResolvedOptions, resolveOptions } from "../options.js";
import { CheckpointFolder } from "./checkpoint.js";
import { factsOf } from "./checkpoint_file.js";
import { type FitResult, FitRun } from "./fit_run.js";
import { History } from "./history.js";
import { mapLabels } from "./labels.js";
import { Model } from "./model.js";
import { OuterLoop } from "./outer_loop.js";
import { type PreparedData, prepareData } from "./prepare.js";
import { type WarmStart, type WarmStartScope, warmStartFrom } from "./warm_start.js";

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
  let loop: OuterLoop | undefined;
  let aborted = false;
  const abort = (): void => {
    aborted = true;
    loop?.abort();
  };
  const train = async (): Promise<FitResult> => {
    if (!(tasks instanceof TaskSet)) {
      throw new FedmtlError(
        "INVALID_ARGUMENT",
        "the first argument of fit must be a TaskSet; make one with readTasks",
      );
    }
    const labels = mapLabels(tasks.labels(), resolved.loss, resolved.positive);
    const data = prepareData(tasks, resolved);
    const names = tasks.names;
    const warmStart =
      resolved.warmStart === undefined
        ? undefined
        : warmStartFrom(resolved.warmStart, scope, tasks, data, labels, resolved);
    const current = new OuterLoop(data, labels, resolved, history, () => run.wake());
    loop = current;
    if (aborted) {
      current.abort();
    }
    const { folder, resumedFrom } = await openCheckpoints(resolved, data, warmStart, current);
    if (warmStart !== undefined && resumedFrom === undefined) {
      await current.startFrom(warmStart);
    }
    const end = await current.run(folder);
    const model = Model.fromTraining({
      names,
      data,
      labels,
      options: resolved,
      loop: current,
      certificate: end.certificate,
    });
    // At once rather than when they are collected: they hold threads.
    current.clients.dispose();
    current.server.dispose();
    return { ...end, model, history, ...(resumedFrom === undefined ? {} : { resumedFrom }) };
  };
  let result: Promise<FitResult>;
  try {
    resolved = resolveOptions(options);
    result = train();
  } catch (error) {
    resolved = resolveOptions();
    result = Promise.reject(error);
  }
  const run = new FitRun(result, resolved, history, abort);
  listenToSignal(resolved.signal, run);
  return run;
}

/** Opens the folder of checkpoints, if there shall be some, and takes the training to where it was left. */
async function openCheckpoints(
  options: ResolvedOptions,
  data: PreparedData,
  warmStart: WarmStart | undefined,
  loop: OuterLoop,
): Promise<{ folder?: CheckpointFolder; resumedFrom?: string }> {
  if (options.checkpoint === undefined) {
    return {};
  }
  const { folder, found } = await CheckpointFolder.open(
    options.checkpoint,
    factsOf(options, data, warmStart),
  );
  if (found === undefined) {
    return { folder };
  }
  loop.restore(found.state);
  return { folder, resumedFrom: found.path };
}

function listenToSignal(signal: AbortSignal | undefined, run: FitRun): void {
  if (signal === undefined) {
    return;
  }
  const abort = (): void => run.abort();
  if (signal.aborted) {
    abort();
    return;
  }
  signal.addEventListener("abort", abort, { once: true });
  const stopListening = (): void => signal.removeEventListener("abort", abort);
  run.result.then(stopListening, stopListening);
}
