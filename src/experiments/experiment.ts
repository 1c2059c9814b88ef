/**
 * What an experiment is: jobs that do not depend on each other, what one of them finds, and how all that is found becomes
 * tables. Experiments are files of their own; the runner (run_experiment.ts) is the same for all.
 */
import type { TaskSet } from "../data/task_set.js";
import type { Comparison, ReportTable, TaskCorrelation, TaskErrors } from "../report/content.js";
import type { DataSource } from "./data_source.js";

/** One piece of work. Its four words name it: two jobs of an experiment never have the same. */
export interface Job {
  /** The name of a data source. */
  readonly data: string;
  readonly method: string;
  /** What is varied beside method and seed: a budget, a probability, a policy's work. */
  readonly setting: string;
  /** A whole number from 1. */
  readonly seed: number;
}

/** What a job finds; finite numbers only, `null` where there is none. */
export interface JobResult {
  readonly values: Readonly<Record<string, number | null>>;
  readonly words?: Readonly<Record<string, string>>;
  /** Curves and values a task. */
  readonly series?: Readonly<Record<string, readonly (number | null)[]>>;
  /** Of the tasks, where a series has an entry for each. */
  readonly names?: readonly string[];
}

/** A line of results.jsonl. */
export interface Row extends Job, JobResult {}

/** A data source, read. */
export interface LoadedData {
  readonly source: DataSource;
  readonly tasks: TaskSet;
  /** What several jobs on the same data need, made once a process: it must follow from the data and the key alone. */
  shared<T>(key: string, make: () => Promise<T>): Promise<T>;
}

/** What all rows together say. */
export interface Findings {
  readonly tables: readonly ReportTable[];
  readonly comparisons?: readonly Comparison[];
  readonly taskErrors?: TaskErrors;
  readonly correlation?: TaskCorrelation;
  /** Sentences. */
  readonly notes?: readonly string[];
}

/** An experiment. */
export interface Experiment {
  readonly name: string;
  /** In one line, for the help. */
  readonly summary: string;
  /** What it runs on where nothing is given: generated data, so that it works anywhere. */
  readonly generated: readonly DataSource[];
  /** Whether it makes its data itself, from recipes: files are refused then, and `run` is given the first task alone. */
  readonly recipesOnly?: boolean;
  /** Seeds where none are asked for. */
  readonly seeds: number;
  /** Measures time or memory: one job at a time, each in a process of its own. */
  readonly alone?: boolean;
  /** In the order of the tables. */
  jobs(sources: readonly DataSource[], seeds: readonly number[]): readonly Job[];
  /** The result depends on the job and the data alone, apart from times of experiments that run alone. */
  run(job: Job, data: LoadedData): Promise<JobResult>;
  /** @param rows those of `jobs`, in its order */
  findings(rows: readonly Row[], sources: readonly DataSource[]): Findings;
}
