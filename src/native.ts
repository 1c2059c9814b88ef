/**
 * The one door to the native addon: loads it and types what bindings/ defines. Nothing else may import the addon.
 */
import { addonFile } from "./addon_file.js";
import { FedmtlError } from "./errors.js";

/** Column means and scales of a standardisation; both have d entries. */
export interface FeatureScaling {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

export interface NativeTaskSetShape {
  readonly taskCount: number;
  readonly rowCount: number;
  readonly cols: number;
  readonly nnz: number;
  readonly sparse: boolean;
  readonly precision: "float64" | "float32";
  readonly weighted: boolean;
  readonly bytes: number;
}

/** Positions in rows or values: any of the array types that hold whole numbers exactly. */
export type Positions = Int32Array | Float64Array | BigInt64Array;

export interface NativeTaskSet {
  describe(): NativeTaskSetShape;
  names(): string[];
  offsets(): Float64Array;
  labels(): Float64Array;
  /** The first distinct labels, at most `most` of them, in the order of the rows. */
  distinctLabels(most: number): Float64Array;
  hasLabel(label: number): boolean;
  /** One a row; undefined: all 1. */
  sampleWeights(): Float64Array | undefined;
  /** Packed rows `first` .. `first + count - 1`; indices and pointers (from 0) of a sparse set. */
  rows(first: number, count: number): { values: Float64Array; indices?: Int32Array; indptr?: Float64Array };
  find(task: string): number;
  /** 16 hexadecimal digits over the whole content. */
  contentHash(): string;
  selectRows(rows: Positions): NativeTaskSet;
  selectTasks(tasks: Positions): NativeTaskSet;
  measureScaling(): FeatureScaling;
  transform(scaling: FeatureScaling | undefined, interceptColumn: number | undefined): NativeTaskSet;
  decisions(W: Float64Array, modelCols: number, modelOfTask: Int32Array, bias?: Float64Array): Float64Array;
  dispose(): void;
}

export interface NativeTaskSetBuilder {
  append(
    task: string,
    values: Float64Array | Float32Array,
    labels: Float64Array,
    sampleWeights?: Float64Array,
    indptr?: Positions,
    indices?: Int32Array,
  ): void;
  finish(): NativeTaskSet;
}

/** native/io/csv_header.hpp, CsvColumns. */
export interface NativeCsvOptions {
  readonly delimiter: string;
  readonly task: string;
  readonly taskRequired: boolean;
  readonly label: string;
  readonly weight?: string | undefined;
}

export interface NativeTextReader {
  push(chunk: Uint8Array): Promise<void>;
  finish(): Promise<NativeTaskSet>;
}

export interface NativePoolOptions {
  readonly loss: string;
  readonly smoothing: number;
  readonly lossEpsilon: number;
  readonly huberDelta: number;
  readonly positive?: number | undefined;
  /** Both or none. */
  readonly positiveWeight?: number | undefined;
  readonly negativeWeight?: number | undefined;
  readonly weighting: string;
  readonly seed: number;
  readonly threads: number;
  /** An unpenalised intercept for each task. */
  readonly freeIntercept: boolean;
  /** Keep what rounds with beta > 0 need. */
  readonly momentum: boolean;
  /** Rows may nap. */
  readonly shrinking: boolean;
  /** "auto", "on" or "off", the latter by default; with it the passes that rounds will make. */
  readonly gram?: string | undefined;
  readonly localEpochs?: number | undefined;
}

/** native/messages.hpp: what a client needs to evaluate at w_t. */
export interface NativeEvaluation {
  readonly w: Float64Array;
  readonly decidedRound: number;
  readonly gamma: number;
  readonly restarts: number;
}

/** native/messages.hpp, RoundRequest. */
export interface NativeRequest extends NativeEvaluation {
  readonly round: number;
  readonly S: number;
  readonly steps: number;
  readonly beta: number;
  readonly wantTheta?: boolean;
}

/** native/messages.hpp, Proposal. */
export interface NativeProposal {
  readonly round: number;
  readonly v: Float64Array;
  readonly e: number;
  readonly steps: number;
  readonly flops: number;
  readonly theta: number;
}

export interface NativeClientPool {
  alpha(): Float64Array;
  intercepts(): Float64Array;
  propose(task: number, request: NativeRequest): Promise<NativeProposal>;
  evaluate(task: number, request: NativeEvaluation): { lossSum: number; conjugateSum: number };
  /** Memory held, the data themselves apart. */
  bytes(): number;
  dispose(): void;
}

/** A family's own options stand beside these, as native/omega/registry.cpp reads them. */
export interface NativeRelationship {
  readonly family: string;
  readonly lambda1: number;
  readonly lambda2: number;
  /** The most Omega steps that will be taken. */
  readonly omegaSteps: number;
  /** Relative rise that cutting the spectrum may cost an Omega step (native/omega/spectrum_cut.hpp). */
  readonly cutTolerance: number;
  readonly matrix?: Float64Array | undefined;
  readonly from?: Int32Array;
  readonly to?: Int32Array;
  readonly weights?: Float64Array;
  /** sparse-precision: where to begin, as in NativePrecision. */
  readonly diagonal?: Float64Array;
  readonly values?: Float64Array;
}

export interface NativeServerOptions {
  readonly tasks: number;
  readonly cols: number;
  readonly relationship: NativeRelationship;
  readonly policy: string;
  readonly threads: number;
  /** Clients in this process: both sides then work with each other alone and hold the vectors v_t once. */
  readonly clients?: NativeClientPool;
}

/** native/session.hpp, RoundPlan; Infinity stands for "never". */
export interface NativeRoundPlan {
  readonly firstRound: number;
  readonly maxRounds: number;
  readonly roundOfWStep: number;
  readonly certifyEvery: number;
  readonly certifyAlwaysFrom: number;
  readonly lastRound: number;
  readonly stopRelativeGap: number;
  readonly stopGap: number;
  readonly stopObjective: number;
  readonly seconds: number;
}

/** One round, task by task (native/session.hpp, TaskWork). */
export interface NativeRoundOfTasks {
  /** As a row of the table of runRounds; empty if the round was cancelled. */
  readonly record: Float64Array;
  /** m; 0 where a task took no part, as in flops. */
  readonly steps: Float64Array;
  readonly flops: Float64Array;
  /** m bounds in [0, 1], 1 for tasks that took no part or were not asked. */
  readonly theta: Float64Array;
}

export interface NativeCertificate {
  readonly primal: number;
  readonly dual: number;
  readonly gap: number;
  readonly relativeGap: number;
  readonly jointObjective: number;
  readonly jointDual: number;
}

/** K = U diag(r) U' + delta I, U' task-major (tasks × rank). */
export interface NativeLowRankKernel {
  readonly basis: Float64Array;
  readonly r: Float64Array;
  readonly delta: number;
}

/** K = (lambda1 L + lambda2 I)^-1, L the Laplacian of the graph with these edges. */
export interface NativeGraphKernel {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly weights: Float64Array;
  readonly lambda1: number;
  readonly lambda2: number;
}

/** A learned Omega, symmetric: its diagonal, and its entries values[e] at (from[e], to[e]), from < to, that are not 0. */
export interface NativePrecision {
  readonly diagonal: Float64Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly values: Float64Array;
}

/** K written out (tasks × tasks), with its Omega where that is learned entry by entry. */
export interface NativeDenseKernel {
  readonly matrix: Float64Array;
  readonly precision?: NativePrecision;
}

export type NativeKernel = NativeLowRankKernel | NativeGraphKernel | NativeDenseKernel;

/** The relationship that given models are the answer to. */
export interface NativeRelationshipAt {
  readonly kernel: NativeKernel;
  /** W U, d × k column-major; empty for a kernel that is written out. */
  readonly directions: Float64Array;
}

/** native/server.hpp, OmegaStep. */
export interface NativeOmegaStep {
  /** False: cancelled on the way, and nothing has changed. */
  readonly taken: boolean;
  readonly regularizerBefore: number;
  readonly regularizerAfter: number;
  readonly penaltyBefore: number;
  readonly settled: boolean;
  readonly rank: number;
  readonly cutBound: number;
}

export interface NativeServer {
  request(task: number, round: number, steps: number): NativeRequest;
  evaluation(task: number): NativeEvaluation;
  receive(task: number, round: number, v: Float64Array, e: number): void;
  close(): Promise<void>;
  certificate(lossSums: Float64Array, conjugateSums: Float64Array): NativeCertificate;
  runRounds(clients: NativeClientPool, plan: NativeRoundPlan, steps: Float64Array): Promise<Float64Array>;
  /** One round of the plan, with what it was to each task. */
  runRound(
    clients: NativeClientPool,
    plan: NativeRoundPlan,
    steps: Float64Array,
    wantTheta: boolean,
  ): Promise<NativeRoundOfTasks>;
  /** At the current W; changes nothing. */
  certifyNow(clients: NativeClientPool): Promise<NativeCertificate>;
  certifyFromAlpha(clients: NativeClientPool): Promise<NativeCertificate>;
  stepOmega(): Promise<NativeOmegaStep>;
  fixDefaults(): Promise<void>;
  cancel(): void;
  state(): { V: Float64Array; W: Float64Array; S: Float64Array; penalty: number; epsilon?: number };
  /**
   * Before the first round: starts at a model's n scores, and a learned relationship at its m × d weights if they are given;
   * `epsilon` where none was given.
   */
  startFrom(
    clients: NativeClientPool,
    scores: Float64Array,
    W: Float64Array | undefined,
    epsilon: number | undefined,
  ): Promise<void>;
  /** What both sides need to go on later with the same bits, after a finished round or Omega step. */
  save(clients: NativeClientPool): Record<string, Float64Array>;
  restore(clients: NativeClientPool, state: Readonly<Record<string, Float64Array>>): void;
  kernel(): NativeKernel;
  /** Ends the training: W, and the memory that only rounds need is free. No round may follow. */
  finish(): { W: Float64Array; epsilon?: number };
  /** Memory held. */
  bytes(): number;
  dispose(): void;
}

/** Numbers a round in the table that runRounds resolves with, in the order of bindings/server.cpp. */
export const recordFields = 14;

interface Addon {
  TaskSet: {
    fromDense(
      cols: number,
      features: Float64Array | Float32Array,
      labels: Float64Array,
      taskOfRow: Int32Array,
      names: readonly string[],
      sampleWeights?: Float64Array,
    ): NativeTaskSet;
    fromCsr(
      cols: number,
      indptr: Positions,
      indices: Int32Array,
      values: Float64Array | Float32Array,
      labels: Float64Array,
      taskOfRow: Int32Array,
      names: readonly string[],
      sampleWeights?: Float64Array,
    ): NativeTaskSet;
  };
  TaskSetBuilder: new (cols: number, precision: string) => NativeTaskSetBuilder;
  /** Of CSV if `csv` is given, else of svmlight. */
  TextReader: new (
    fileName: string,
    precision: string,
    csv?: NativeCsvOptions,
  ) => NativeTextReader;
  /** `like`: a pool of the same tasks, with which the new one shares what it has measured. */
  ClientPool: new (
    tasks: NativeTaskSet,
    options: NativePoolOptions,
    like?: NativeClientPool,
  ) => NativeClientPool;
  Server: new (options: NativeServerOptions) => NativeServer;
  /** For learned relationships the answer of an Omega step to W, m × d, at the floor `epsilon` where none was given. */
  relationshipAt(
    relationship: NativeRelationship,
    tasks: number,
    cols: number,
    W: Float64Array,
    epsilon: number | undefined,
  ): Promise<NativeRelationshipAt>;
  /** Of W, m × d, falling; those below 1e-6 of the first are left out. */
  singularValues(cols: number, W: Float64Array): Promise<Float64Array>;
  parseMatrix(fileName: string, text: Uint8Array): { rows: number; cols: number; values: Float64Array };
  /** Entries are those of the edges, in the order of the file; `lines` from 1. */
  parseEdges(
    fileName: string,
    text: Uint8Array,
  ): { from: string[]; to: string[]; weights: Float64Array; lines: Float64Array };
  /** K_st for s and t among the p positions, p × p. Factorises anew. */
  graphKernelEntries(
    graph: NativeGraphKernel,
    tasks: number,
    positions: Int32Array,
    threads: number,
  ): Float64Array;
  versions(): { kernel: string; blasCore: string };
  setErrorClass(errorClass: typeof FedmtlError): void;
}

function load(): Addon {
  const { path, remedies } = addonFile();
  try {
    const addon = require(path) as Addon;
    addon.setErrorClass(FedmtlError);
    return addon;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FedmtlError(
      "INTERNAL",
      `the native part of fedmtl, ${path}, does not load (${reason}); ${remedies}`,
      { cause },
    );
  }
}

/** The addon; loaded once a process and thread. */
export const native = load();
