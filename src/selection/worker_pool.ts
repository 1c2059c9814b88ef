/**
 * Jobs of a cross-validation on worker processes. Which process runs a job decides nothing about its result; the first
 * failure ends them all.
 */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { TaskSet } from "../data/task_set.js";
import { FedmtlError, type FedmtlErrorCode } from "../errors.js";
import { distFolder } from "../package_root.js";
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
  | { readonly kind: "record"; readonly record: FoldRecord }
  | { readonly kind: "failed"; readonly code: FedmtlErrorCode; readonly message: string };

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

interface Waiting {
  readonly onRecord: (record: FoldRecord) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** One worker process, as its parent sees it. */
class Worker {
  readonly #child: ChildProcess;
  /** Resolves when the process is gone. */
  readonly #gone: Promise<void>;
  #waiting: Waiting | undefined;
  #failure: unknown;

  constructor() {
    this.#child = fork(join(distFolder, "selection", "worker.js"), {
      execArgv: [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child.on("message", (message: FromWorker) => this.#receive(message));
    this.#gone = new Promise((resolve) => {
      this.#child.once("error", (cause) => {
        this.#fail(
          new FedmtlError("INTERNAL", `no worker process could be started: ${cause.message}`, { cause }),
        );
        resolve();
      });
      this.#child.once("exit", (code, signal) => {
        const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
        this.#fail(
          new FedmtlError("INTERNAL", `a worker process ended with ${how}; lower parallel if memory ran out`),
        );
        resolve();
      });
    });
  }

  /** Sends a message; resolves when it is on its way. @throws FedmtlError why the worker failed */
  send(message: ToWorker): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#child.send(message, (error) => {
        if (error === null) {
          resolve();
        } else {
          // The process is gone or about to go; why, its exit tells.
          this.#gone.then(() => reject(this.#failure ?? error), reject);
        }
      });
    });
  }

  /** Sends a message and waits until the worker has done what it asks for. @throws FedmtlError why the worker failed */
  async ask(message: ToWorker, onRecord: (record: FoldRecord) => void = () => undefined): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      this.#waiting = { onRecord, resolve, reject };
    });
    await Promise.all([this.send(message), done]);
  }

  /** Ends the process; resolves when it is gone. It has nothing to save. */
  end(): Promise<void> {
    this.#child.kill("SIGKILL");
    return this.#gone;
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case "record":
        try {
          this.#waiting?.onRecord(message.record);
        } catch (error) {
          this.#fail(error);
        }
        return;
      case "failed":
        this.#fail(new FedmtlError(message.code, message.message));
        return;
      default:
        this.#waiting?.resolve();
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#waiting?.reject(this.#failure);
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
  let stopListening = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const abort = (): void => reject(abortedError("the cross-validation"));
    signal?.addEventListener("abort", abort, { once: true });
    stopListening = () => signal?.removeEventListener("abort", abort);
  });
  try {
    await Promise.race([aborted, Promise.all(workers.map(serve))]);
  } finally {
    stopListening();
    await Promise.all(workers.map((worker) => worker.end()));
  }
}
