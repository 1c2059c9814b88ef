/**
 * Jobs of an experiment on worker processes. Which process runs a job, and when, decides nothing about its result; the first
 * failure ends them all.
 */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { FedmtlError, type FedmtlErrorCode } from "../errors.js";
import { distFolder } from "../package_root.js";
import type { DataSource } from "./data_source.js";
import type { Job, JobResult } from "./experiment.js";

/** To a worker. */
export interface ToWorker {
  readonly experiment: string;
  readonly source: DataSource;
  readonly job: Job;
}

/** From a worker. */
export type FromWorker =
  | { readonly kind: "done"; readonly result: JobResult }
  | { readonly kind: "failed"; readonly code: FedmtlErrorCode; readonly message: string };

/** What a run of jobs needs. */
export interface JobRun {
  readonly experiment: string;
  readonly jobs: readonly Job[];
  readonly sources: readonly DataSource[];
  /** Worker processes, at least 1. */
  readonly processes: number;
  /** A process a job, so that neither its memory nor its time has to do with the jobs before it. */
  readonly fresh: boolean;
  readonly signal?: AbortSignal;
  /** Called for every job done; the next one of that process waits for it. */
  readonly onResult: (job: Job, result: JobResult) => Promise<void>;
}

/** One worker process, as its parent sees it. */
class Worker {
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #answer: ((answer: FromWorker) => void) | undefined;
  #fail: (error: unknown) => void = () => undefined;

  constructor() {
    this.#child = fork(join(distFolder, "experiments", "job_worker.js"), {
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child.on("message", (answer: FromWorker) => this.#answer?.(answer));
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
          new FedmtlError(
            "INTERNAL",
            `a worker process ended with ${how}; take fewer threads if memory ran out`,
          ),
        );
        resolve();
      });
    });
  }

  /** @throws FedmtlError what the job failed with; INTERNAL if the process died */
  run(message: ToWorker): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#answer = (answer) =>
        answer.kind === "done"
          ? resolve(answer.result)
          : reject(new FedmtlError(answer.code, answer.message));
      // Why a message cannot be sent, the exit of the process tells.
      this.#child.send(message, () => undefined);
    });
  }

  /** Ends the process; resolves when it is gone. It has nothing to save. */
  end(): Promise<void> {
    this.#child.kill("SIGKILL");
    return this.#gone;
  }
}

/** Names the job that an error is about. */
function aboutJob({ data, method, setting, seed }: Job, error: unknown): unknown {
  return error instanceof FedmtlError
    ? new FedmtlError(error.code, `${data}, ${method}, ${setting}, seed ${seed}: ${error.message}`, {
        cause: error,
      })
    : error;
}

/** Runs all jobs. @throws FedmtlError what a job failed with; ABORTED by the signal; INTERNAL if a process died */
export async function runJobs(run: JobRun): Promise<void> {
  const { experiment, jobs, sources, processes, fresh, signal, onResult } = run;
  const workers = new Set<Worker>();
  let next = 0;
  const begin = (): Worker => {
    const worker = new Worker();
    workers.add(worker);
    return worker;
  };
  const serve = async (): Promise<void> => {
    let worker = begin();
    while (next < jobs.length && signal?.aborted !== true) {
      const job = jobs[next++] as Job;
      const source = sources.find(({ name }) => name === job.data) as DataSource;
      const result = await worker.run({ experiment, source, job }).catch((error: unknown) => {
        throw aboutJob(job, error);
      });
      await onResult(job, result);
      if (fresh && next < jobs.length) {
        await worker.end();
        workers.delete(worker);
        worker = begin();
      }
    }
  };
  let stopListening = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const abort = (): void =>
      reject(new FedmtlError("ABORTED", "the experiment was aborted; what is done is kept"));
    signal?.addEventListener("abort", abort, { once: true });
    stopListening = () => signal?.removeEventListener("abort", abort);
  });
  try {
    const count = Math.min(processes, jobs.length);
    await Promise.race([aborted, Promise.all(Array.from({ length: count }, serve))]);
  } finally {
    stopListening();
    next = jobs.length;
    await Promise.all([...workers].map((worker) => worker.end()));
  }
}
