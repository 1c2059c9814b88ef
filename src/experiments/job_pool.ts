/**
 * Jobs of an experiment on worker processes. Which process runs a job, and when, decides nothing about its result; the first
 * failure ends them all.
 */
import { FedmtlError } from "../errors.js";
import { ChildWorker } from "../workers/child_worker.js";
import { orAborted } from "../workers/or_aborted.js";
import type { DataSource } from "./data_source.js";
import type { Job, JobResult } from "./experiment.js";

/** To a worker. */
export interface ToWorker {
  readonly experiment: string;
  readonly source: DataSource;
  readonly job: Job;
}

/** From a worker. */
export interface FromWorker {
  readonly kind: "done";
  readonly result: JobResult;
}

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

/** A worker process that runs one job at a time. */
class Worker {
  readonly #child = new ChildWorker<ToWorker, FromWorker>({
    script: ["experiments", "job_worker.js"],
    serialization: "json",
    remedy: "take fewer threads",
    onAnswer: ({ result }) => this.#done(result),
  });
  #done: (result: JobResult) => void = () => undefined;

  /** @throws FedmtlError what the job failed with; INTERNAL if the process died */
  async run(message: ToWorker): Promise<JobResult> {
    const done = new Promise<JobResult>((resolve) => {
      this.#done = resolve;
    });
    await this.#child.send(message);
    return Promise.race([this.#child.failed, done]);
  }

  end(): Promise<void> {
    return this.#child.end();
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
  const count = Math.min(processes, jobs.length);
  const all = Promise.all(Array.from({ length: count }, serve));
  try {
    await orAborted(
      all,
      signal,
      () => new FedmtlError("ABORTED", "the experiment was aborted; what is done is kept"),
    );
  } finally {
    next = jobs.length;
    await Promise.all([...workers].map((worker) => worker.end()));
  }
}
