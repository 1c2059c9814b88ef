/**
 * The result of a training: one linear model a task, how the tasks relate, and the certificate.
 */
import type { Matrix } from "ml-matrix";
import { forEachFeature, type RowsLike, toRows } from "../data/rows.js";
import type { TaskSet } from "../data/task_set.js";
import { FedmtlError, invalidChoice } from "../errors.js";
import { writeFileAtomic } from "../files.js";
import { type Evaluation, evaluatePredictions, type TaskPredictions } from "../metrics/evaluate.js";
import type { FeatureScaling, NativeKernel } from "../native.js";
import { native } from "../native.js";
import type { Loss, ResolvedOptions } from "../options.js";
import { version } from "../version.js";
import type { Certificate } from "./history.js";
import { isClassification, type LabelMapping, toLabel, toTarget } from "./labels.js";
import { logistic } from "./logistic.js";
import { decodeModel, encodeModel, readModelFile } from "./model_file.js";
import { ownNumbers } from "./relationships.js";
import { correlationOf } from "./task_correlation.js";
import type { OuterLoop } from "./outer_loop.js";
import type { PreparedData } from "./prepare.js";

/** Options of the training that a model remembers: numbers and names only. */
export type RecordedOptions = Readonly<Record<string, string | number | boolean>>;

/** All that a model is made of. */
export interface ModelParts {
  /** m names. */
  readonly names: readonly string[];
  /** d features, without the intercept's column. */
  readonly cols: number;
  readonly loss: Loss;
  /** W, task-major m × d, for standardised features if `scaling` is given. */
  readonly W: Float64Array;
  /** m intercepts, for standardised features if `scaling` is given. */
  readonly intercepts: Float64Array;
  readonly scaling?: FeatureScaling;
  readonly labels?: LabelMapping;
  readonly kernel: NativeKernel;
  readonly certificate: Certificate;
  readonly options: RecordedOptions;
  readonly versions: { readonly fedmtl: string; readonly kernel: string; readonly blasCore: string };
}

/** What becomes of a task that the model does not have. */
export const unknownTaskPolicies = ["error", "mean"] as const;

/** Options of {@link Model.decisions} and {@link Model.evaluate}. */
export interface DecisionOptions {
  /** Rows of a task that the model does not have: an error (default), or the mean of the models of its tasks. */
  readonly unknownTask?: (typeof unknownTaskPolicies)[number];
}

/** Above this many tasks a correlation matrix is only made for named tasks. */
const largestCorrelation = 5000;

interface Training {
  readonly names: readonly string[];
  readonly data: PreparedData;
  readonly labels: LabelMapping | undefined;
  readonly options: ResolvedOptions;
  readonly loop: OuterLoop;
  readonly certificate: Certificate;
}

/** W without the constant feature's column, and the intercepts: that column times the feature's value, or the free ones. */
function separateIntercepts(
  W: Float64Array,
  free: Float64Array,
  data: PreparedData,
): [Float64Array, Float64Array] {
  if (data.interceptColumn === undefined) {
    return [W, free];
  }
  const tasks = free.length;
  const intercepts = new Float64Array(tasks);
  const cols = data.cols - 1;
  const weights = new Float64Array(tasks * cols);
  for (let t = 0; t < tasks; t++) {
    const start = t * data.cols;
    weights.set(W.subarray(start, start + cols), t * cols);
    intercepts[t] = (W[start + cols] ?? 0) * data.interceptColumn;
  }
  return [weights, intercepts];
}

/** What a model remembers of its options: what decides the result and can be written down. */
function recordOptions(options: ResolvedOptions, epsilon: number | undefined): RecordedOptions {
  const { relationship, stop, budgets, threads, signal, warmStart, checkpoint, ...recorded } = options;
  const { family, lambda1, lambda2 } = relationship;
  const floor = epsilon === undefined ? {} : { epsilon };
  return {
    ...recorded,
    relationship: family,
    lambda1,
    lambda2,
    ...ownNumbers(relationship),
    gap: stop.gap,
    rounds: stop.rounds,
    ...floor,
  };
}

/** A trained model; immutable. */
export class Model {
  readonly #parts: ModelParts;
  readonly #positions: ReadonlyMap<string, number>;
  /** W and intercepts for features as they are given: the standardisation folded in. */
  readonly #raw: { readonly W: Float64Array; readonly intercepts: Float64Array };

  /** @internal */
  constructor(parts: ModelParts) {
    this.#parts = parts;
    this.#positions = new Map(parts.names.map((name, t) => [name, t]));
    this.#raw = foldScaling(parts);
  }

  /** @internal */
  static fromTraining({ names, data, labels, options, loop, certificate }: Training): Model {
    const state = loop.server.state();
    const [W, intercepts] = separateIntercepts(state.W, loop.clients.intercepts(), data);
    return new Model({
      names,
      cols: W.length / names.length,
      loss: options.loss,
      W,
      intercepts,
      kernel: loop.server.kernel(),
      certificate,
      options: recordOptions(options, state.epsilon),
      versions: { fedmtl: version, ...native.versions() },
      ...(data.scaling === undefined ? {} : { scaling: data.scaling }),
      ...(labels === undefined ? {} : { labels }),
    });
  }

  /** Names of the tasks. */
  get names(): readonly string[] {
    return this.#parts.names;
  }
  /** d, the number of features, without an intercept. */
  get cols(): number {
    return this.#parts.cols;
  }
  get loss(): Loss {
    return this.#parts.loss;
  }
  /** How labels became -1 / +1; absent for regression. */
  get labels(): LabelMapping | undefined {
    return this.#parts.labels;
  }
  /** The certificate at the end of the training. */
  get certificate(): Certificate {
    return this.#parts.certificate;
  }
  /** The options of the training. */
  get options(): RecordedOptions {
    return this.#parts.options;
  }
  /** Versions of package, kernels and BLAS that made the model. */
  get versions(): ModelParts["versions"] {
    return this.#parts.versions;
  }

  /**
   * d weights of a task, for features as they are given (a standardisation is folded in).
   *
   * @throws FedmtlError UNKNOWN_TASK
   */
  weights(task: string): Float64Array {
    const start = this.#position(task) * this.cols;
    return this.#raw.W.slice(start, start + this.cols);
  }

  /** The intercept that goes with {@link Model.weights}; 0 without one. */
  intercept(task: string): number {
    return this.#raw.intercepts[this.#position(task)] ?? 0;
  }

  /**
   * Decision values x'w + b, one a row: positive for the class +1, or the predicted value of a regression.
   *
   * @param X rows with at most d features; missing ones count as zeros
   * @throws FedmtlError UNKNOWN_TASK; INVALID_ARGUMENT for a feature beyond d or not finite
   */
  decision(task: string, X: RowsLike): Float64Array {
    const start = this.#position(task) * this.cols;
    const rows = toRows(X);
    const scores: number[] = [];
    const count = forEachFeature(rows, (row, value, column) => {
      if (column >= this.cols) {
        throw new FedmtlError(
          "INVALID_ARGUMENT",
          `row ${row} of X has a feature ${column + 1}, the model has ${this.cols}; give the features it was trained on`,
        );
      }
      if (!Number.isFinite(value)) {
        throw new FedmtlError(
          "INVALID_ARGUMENT",
          `feature ${column + 1} in row ${row} of X is ${value}; give finite numbers`,
        );
      }
      scores[row] = (scores[row] ?? 0) + value * (this.#raw.W[start + column] ?? 0);
    });
    const intercept = this.intercept(task);
    return Float64Array.from({ length: count }, (_, i) => (scores[i] ?? 0) + intercept);
  }

  /**
   * Predicted labels, one a row: the original labels of a classification (or -1 / +1 if it was trained as one label
   * against the rest), values of a regression.
   */
  predict(task: string, X: RowsLike): Float64Array {
    const decisions = this.decision(task, X);
    const { labels } = this.#parts;
    return labels === undefined ? decisions : decisions.map((z) => toLabel(z, labels));
  }

  /**
   * Probabilities of the class +1, one a row.
   *
   * @throws FedmtlError INVALID_ARGUMENT unless the loss is logistic: other losses do not estimate probabilities
   */
  probability(task: string, X: RowsLike): Float64Array {
    if (!this.hasProbabilities) {
      throw new FedmtlError(
        "INVALID_ARGUMENT",
        `the loss "${this.loss}" gives no probabilities; train with loss "logistic" to have them`,
      );
    }
    return this.decision(task, X).map(logistic);
  }

  /** Whether {@link Model.probability} is available. */
  get hasProbabilities(): boolean {
    return this.loss === "logistic";
  }

  /**
   * Decision values for every row of a set, in its order.
   *
   * @throws FedmtlError UNKNOWN_TASK if the set has a task that the model does not have; RangeError for too many features
   */
  decisions(tasks: TaskSet, { unknownTask = "error" }: DecisionOptions = {}): Float64Array {
    if (!unknownTaskPolicies.includes(unknownTask)) {
      throw invalidChoice("value of unknownTask", unknownTask, unknownTaskPolicies);
    }
    const { W, intercepts } = this.#raw;
    if (unknownTask === "error" || tasks.names.every((name) => this.#positions.has(name))) {
      const modelOfTask = Int32Array.from(tasks.names, (name) => this.#position(name));
      return tasks.native.decisions(W, this.cols, modelOfTask, intercepts);
    }
    const m = this.names.length;
    const modelOfTask = Int32Array.from(tasks.names, (name) => this.#positions.get(name) ?? m);
    return tasks.native.decisions(
      withMeanRow(W, this.cols),
      this.cols,
      modelOfTask,
      withMeanRow(intercepts, 1),
    );
  }

  /**
   * Error, AUC, F1 and log-loss, or RMSE and explained variance: per task, macro and micro.
   *
   * @throws as {@link Model.decisions}
   */
  evaluate(tasks: TaskSet, options: DecisionOptions = {}): Evaluation {
    const { labels } = this.#parts;
    const given = tasks.labels();
    const targets = labels === undefined ? given : given.map((label) => toTarget(label, labels));
    const decisions = this.decisions(tasks, options);
    const offsets = tasks.offsets();
    const perTask = tasks.names.map((task, t): TaskPredictions => {
      const [begin, end] = [offsets[t], offsets[t + 1]];
      const z = decisions.subarray(begin, end);
      return {
        task,
        decisions: z,
        labels: targets.subarray(begin, end),
        ...(this.hasProbabilities ? { probabilities: z.map(logistic) } : {}),
      };
    });
    return evaluatePredictions(perTask, isClassification(this.loss) ? "classification" : "regression");
  }

  /**
   * Correlations of tasks, K_st / sqrt(K_ss K_tt) with K the kernel over tasks in force: 1 on the diagonal, 0 where tasks
   * do not inform each other.
   *
   * @param tasks names, by default all
   * @throws FedmtlError INVALID_ARGUMENT for more than 5,000 tasks; UNKNOWN_TASK
   */
  correlation(tasks: readonly string[] = this.names): Matrix {
    if (tasks.length > largestCorrelation) {
      throw new FedmtlError(
        "INVALID_ARGUMENT",
        `a correlation matrix of ${tasks.length} tasks is too large; name at most ${largestCorrelation} of them`,
      );
    }
    return correlationOf(
      this.#parts.kernel,
      this.names.length,
      tasks.map((task) => this.#position(task)),
    );
  }

  /** Writes one safetensors file, atomically. @throws FedmtlError IO */
  async save(path: string): Promise<void> {
    await writeFileAtomic(path, encodeModel(this.#parts));
  }

  /** Reads a file written by {@link Model.save}. @throws FedmtlError BAD_MODEL, IO */
  static async load(path: string): Promise<Model> {
    return new Model(decodeModel(await readModelFile(path), path));
  }

  #position(task: string): number {
    const position = this.#positions.get(task);
    if (position === undefined) {
      throw invalidChoice("task", task, this.names, "UNKNOWN_TASK");
    }
    return position;
  }
}

/** The rows, and behind them their mean as one row more. */
function withMeanRow(rows: Float64Array, cols: number): Float64Array {
  const count = rows.length / cols;
  const result = new Float64Array(rows.length + cols);
  result.set(rows);
  for (const [i, value] of rows.entries()) {
    result[rows.length + (i % cols)] = (result[rows.length + (i % cols)] ?? 0) + value / count;
  }
  return result;
}

/** w'(x - mean)/scale + b = (w/scale)'x + (b - (w/scale)'mean). */
function foldScaling(parts: ModelParts): { W: Float64Array; intercepts: Float64Array } {
  const { scaling, cols } = parts;
  if (scaling === undefined) {
    return { W: parts.W, intercepts: parts.intercepts };
  }
  const W = parts.W.map((w, i) => w / (scaling.scale[i % cols] ?? 1));
  const intercepts = parts.intercepts.map((b, t) => {
    let shift = 0;
    for (let j = 0; j < cols; j++) {
      shift += (W[t * cols + j] ?? 0) * (scaling.mean[j] ?? 0);
    }
    return b - shift;
  });
  return { W, intercepts };
}
