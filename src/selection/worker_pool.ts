/**
 * Jobs of a cross-validation on worker processes. Which process runs a job decides nothing about its result; the first
 * failure ends them all.
 */
import type { TaskSet } from "../data/task_set.js";
import { ChildWorker } from "../workers/child_worker.js";
import { orAborted } from "../workers/or_aborted.js";
import type { FoldRecord, Job, Plan } from "./fold_runner.js";
import { abortedError } from "./path.js";
import { describeSet, packPlan, type Rows, rowsOf, type SetDescription } from "./transfer.js";

/** To a worker: first the set, its rows and the plan, then a job whenever it is ready. */
export type ToWorker =
  | { readonly kind: "set"; readonly set: SetDescription }
  | { readonly kind: "rows"; readonly rows: Rows }
  | { readonly kind: "plan"; readonly plan: Plan }
  | { readonly kind: "job"; readonly job: Job };

/** From a worker. */
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "record"; readonly record: FoldRecord };

/** What a run of jobs needs. */
export interface JobRun {
  readonly tasks: TaskSet;
  readonly plan: Plan;
  readonly jobs: readonly Job[];
  /** Worker processes, at least 1. */
  readonly processes: number;
  readonly signal?: AbortSignal;
  /** Called for every training done, with the position of its job. */
  readonly onRecord: (job: number, record: FoldRecord) => void;
}

/** A worker process that can be asked to do something and to say when it is done. */
class Worker {
  readonly #child = new ChildWorker<ToWorker, FromWorker>({
    script: ["selection", "worker.js"],
    serialization: "advanced",
    remedy: "lower parallel",
    onAnswer: (answer) => (answer.kind === "record" ? this.#onRecord(answer.record) : this.#ready()),
  });
  #onRecord: (record: FoldRecord) => void = () => undefined;
  #ready: () => void = () => undefined;

  /** Sends a message; resolves when it is on its way. @throws FedmtlError why the worker failed */
  send(message: ToWorker): Promise<void> {
    return this.#child.send(message);
  }

  /** Sends a message and waits until the worker has done what it asks for. @throws FedmtlError why the worker failed */
  async ask(message: ToWorker, onRecord: (record: FoldRecord) => void = () => undefined): Promise<void> {
    const ready = new Promise<void>((resolve) => {
      this.#ready = resolve;
    });
    this.#onRecord = onRecord;
    await this.send(message);
    await Promise.race([this.#child.failed, ready]);
  }

  end(): Promise<void> {
    return this.#child.end();
  }
}

/** Runs all jobs. @throws FedmtlError what a worker failed with; ABORTED by the signal; INTERNAL if a process died */
export async function runOnWorkers({
  tasks,
  plan,
  jobs,
  processes,
  signal,
  onRecord,
}: JobRun): Promise<void> {
  const packed = packPlan(plan);
  const set = describeSet(tasks);
  const workers = Array.from({ length: processes }, () => new Worker());
  let next = 0;
  const serve = async (worker: Worker): Promise<void> => {
    await worker.send({ kind: "set", set });
    for (const rows of rowsOf(tasks)) {
      await worker.send({ kind: "rows", rows });
    }
    await worker.ask({ kind: "plan", plan: packed });
    while (next < jobs.length) {
      const position = next++;
      await worker.ask({ kind: "job", job: jobs[position] as Job }, (record) => onRecord(position, record));
    }
  };
  try {
    await orAborted(Promise.all(workers.map(serve)), signal, () => abortedError("the cross-validation"));
  } finally {
    await Promise.all(workers.map((worker) => worker.end()));
  }
}
