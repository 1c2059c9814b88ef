/**
 * What a report shows, as plain data: `fedmtl train --report`, `fedmtl report` and the experiments fill it in, and so can
 * anyone. A part that is absent is left out of the page.
 */

/** How good a method was after a round. */
export interface RunPoint {
  /** 1, 2, …; 0 for the state before the first round. */
  readonly round: number;
  /** Since the start, to the end of this round: estimated or measured, as the comparison says. */
  readonly seconds?: number;
  /** Sent and received since the start. */
  readonly bytes?: number;
  /** P(W), or the method's own objective. */
  readonly primal?: number;
  /** D(alpha), a lower bound on the least P. */
  readonly dual?: number;
  /** primal - dual; by default their difference. */
  readonly gap?: number;
  /** primal + g(Omega), where the relationship is learned. */
  readonly jointObjective?: number;
  /** A lower bound on the joint objective over all W and Omega. */
  readonly jointDual?: number;
  /** Omega steps taken before this round; primal and dual are about the Omega in force. */
  readonly omegaStep?: number;
}

/** One run of a method; runs of one name with several seeds are drawn as one line with a band. */
export interface RunTrace {
  readonly method: string;
  readonly seed?: number;
  /** In order of rounds. */
  readonly points: readonly RunPoint[];
}

/** Methods on one problem, on one network: all runs lower the same objective. */
export interface Comparison {
  readonly title: string;
  readonly runs: readonly RunTrace[];
  /** The least value of the objective, where it is known; without it the best lower bound of the runs is taken. */
  readonly optimum?: number;
  /** Whether seconds are of a systems model or of this machine. By default estimated. */
  readonly time?: "estimated" | "measured";
  /** Of the seconds of its points, by default s; other where a model has a time of its own. */
  readonly timeUnit?: string;
  /** The sub-optimality that the page says when methods reach, by default 1e-3. */
  readonly level?: number;
}

/** Primal, dual and gap of one training. */
export interface CertificateTrace {
  readonly title: string;
  readonly points: readonly RunPoint[];
}

/** Errors of every task under one or more models: global, local, multi-task. */
export interface TaskErrors {
  /** What is measured and on which rows: `error rate on test rows`. Smaller is better. */
  readonly measure: string;
  /** m names. */
  readonly tasks: readonly string[];
  /** m: rows the errors are measured on. */
  readonly rows?: readonly number[];
  /** The first is the one that tasks are sorted by. m values each; null where the measure is not defined. */
  readonly models: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

/** How tasks relate. */
export interface TaskCorrelation {
  /** p names. */
  readonly tasks: readonly string[];
  /** p × p, row-major, in [-1, 1]. */
  readonly values: ArrayLike<number>;
  /** All tasks of the model, where these p are a part of them. */
  readonly outOf?: number;
}

/** What one device did in one run, over all rounds. */
export interface DeviceWork {
  readonly device: string;
  readonly method?: string;
  /** Rounds it took part in. */
  readonly rounds?: number;
  /** Local steps. */
  readonly steps: number;
  /** Mean of its bounds on theta_t^h, in [0, 1]: 0 is an exact local solution, 1 is no progress. */
  readonly theta?: number;
  /** At work and on the wire, over all rounds. */
  readonly seconds?: number;
  readonly joules?: number;
}

/** What one run cost. */
export interface CostRow {
  readonly method: string;
  readonly seed?: number;
  readonly rounds: number;
  readonly steps?: number;
  readonly flops?: number;
  readonly bytesDown?: number;
  readonly bytesUp?: number;
  readonly seconds?: number;
  readonly joules?: number;
}

/** A table of its own, as of an experiment with the published figures beside the measured ones. */
export interface ReportTable {
  readonly title: string;
  readonly columns: readonly string[];
  /** A cell a column; numbers are sorted as numbers. */
  readonly rows: readonly (readonly (string | number | null)[])[];
  /** Sentences below it. */
  readonly notes?: readonly string[];
}

/** A report. Texts are shown as they are: nothing in them is taken for HTML. */
export interface ReportContent {
  readonly title: string;
  /** The exact command that made what is shown. */
  readonly command?: string;
  /** The findings, a sentence each. */
  readonly summary?: readonly string[];
  /** What it is about: tasks, rows, features, versions. */
  readonly facts?: readonly { readonly name: string; readonly value: string | number }[];
  /** The options in force, by name; values as JSON. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly comparisons?: readonly Comparison[];
  readonly certificates?: readonly CertificateTrace[];
  readonly taskErrors?: TaskErrors;
  readonly correlation?: TaskCorrelation;
  readonly devices?: readonly DeviceWork[];
  readonly costs?: readonly CostRow[];
  /** Whether the seconds of `costs` are of a systems model or of this machine. By default estimated. */
  readonly costTime?: "estimated" | "measured";
  readonly tables?: readonly ReportTable[];
  /** What a reader has to know besides, a sentence each. */
  readonly notes?: readonly string[];
}
