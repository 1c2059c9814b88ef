/**
 * The result of a training: one linear model a task, how the tasks relate, and the certificate.
 */
import type { Matrix } from "ml-matrix";
import { forEachFeature, type RowsLike, toRows } from "../data/rows.js";
import type { TaskSet } from "../data/task_set.js";
import { FedmtlError, invalidChoice, shown } from "../errors.js";
import { readWholeFile, writeFileAtomic } from "../files.js";
import { type Evaluation, evaluatePredictions, type TaskPredictions } from "../metrics/evaluate.js";
import { evaluateClasses } from "../metrics/evaluate_classes.js";
import type { Loss } from "../options.js";
import { addTask, type AddTaskOptions, type NewTaskData } from "./add_task.js";
import type { Certificate } from "./history.js";
import { isClassification, type LabelMapping, toTarget } from "./labels.js";
import { type LearnedEdge, learnedEdges } from "./learned_edges.js";
import { decodeModel, modelFileParts } from "./model_file.js";
import {
  type AddedTask,
  type Addition,
  foldScaling,
  type ModelParts,
  type RawHead,
  type RecordedOptions,
  sumOfCertificates,
} from "./model_parts.js";
import { positionsOf } from "./positions.js";
import { interleave, labelsFrom, probabilitiesFrom } from "./predictions.js";
import { type ModelSpectrum, spectrumOf } from "./spectrum.js";
import { clustersOf } from "./task_clusters.js";
import { correlationOf } from "./task_correlation.js";

/** What becomes of a task that the model does not have. */
export const unknownTaskPolicies = ["error", "mean"] as const;

/** Options of {@link Model.decisions} and {@link Model.evaluate}. */
export interface DecisionOptions {
  /** Rows of a task that the model does not have: an error (default), or the mean of the models of its tasks. */
  readonly unknownTask?: (typeof unknownTaskPolicies)[number];
}

/** Above this many tasks a correlation matrix is only made for named tasks. */
const largestCorrelation = 5000;

/** A trained model; immutable. Of several classes it is one linear model a task and class ({@link Model.ofClass}). */
export class Model {
  readonly #parts: ModelParts;
  readonly #positions: ReadonlyMap<string, number>;
  /** For features as they are given, a head each. */
  readonly #raw: readonly RawHead[];
  readonly #certificate: Certificate;
  readonly #options: RecordedOptions;

  /** @internal */
  constructor(parts: ModelParts) {
    this.#parts = parts;
    this.#positions = positionsOf(parts.names);
    this.#raw = parts.heads.map((head) => foldScaling(head, parts.cols, parts.scaling));
    this.#certificate = sumOfCertificates(parts.heads.map(({ certificate }) => certificate));
    const epsilon = parts.classes === undefined ? parts.heads[0]?.epsilon : undefined;
    this.#options = epsilon === undefined ? parts.options : { ...parts.options, epsilon };
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
  /** How labels became -1 / +1; absent for regression and for several classes. */
  get labels(): LabelMapping | undefined {
    return this.#parts.labels;
  }
  /** C labels, ascending, of a model of several classes (option `multiclass`); else absent. */
  get classes(): readonly number[] | undefined {
    return this.#parts.classes;
  }
  /** The certificate at the end of the training; of several classes the sum of theirs. */
  get certificate(): Certificate {
    return this.#certificate;
  }
  /** The options of the training. */
  get options(): RecordedOptions {
    return this.#options;
  }
  /** Versions of package, kernels and BLAS that made the model. */
  get versions(): ModelParts["versions"] {
    return this.#parts.versions;
  }

  /**
   * The model that tells one class from the others: what a training with this label as `positive` gives.
   *
   * @param label one of {@link Model.classes}
   * @throws FedmtlError INVALID_ARGUMENT for another label, or a model that is not of several classes
   */
  ofClass(label: number): Model {
    const { classes, heads, options, added, ...shared } = this.#parts;
    const position = classes?.indexOf(label) ?? -1;
    const head = heads[position];
    if (head === undefined) {
      throw new FedmtlError(
        "INVALID_ARGUMENT",
        classes === undefined
          ? "the model is not of several classes; train with multiclass: true"
          : `the model has no class ${label}; its classes are ${classes.join(", ")}`,
      );
    }
    return new Model({
      ...shared,
      heads: [head],
      labels: { positive: label },
      options: { ...options, multiclass: false, positive: label },
      ...(added === undefined ? {} : { added: added.map((one) => ofHead(one, position)) }),
    });
  }

  /**
   * d weights of a task, for features as they are given (a standardisation is folded in).
   *
   * @throws FedmtlError UNKNOWN_TASK; INVALID_ARGUMENT for a model of several classes
   */
  weights(task: string): Float64Array {
    const start = this.#position(task) * this.cols;
    return this.#only("weights").W.slice(start, start + this.cols);
  }

  /** The intercept that goes with {@link Model.weights}; 0 without one. @throws as {@link Model.weights} */
  intercept(task: string): number {
    const position = this.#position(task);
    return this.#only("intercept").intercepts[position] ?? 0;
  }

  /**
   * Decision values x'w + b, one a row: positive for the class +1, or the predicted value of a regression. Of a model of C
   * classes a matrix of n × C, row-major: the row of X first, within it a value a class in the order of {@link Model.classes}.
   *
   * @param X rows with at most d features; missing ones count as zeros
   * @throws FedmtlError UNKNOWN_TASK; INVALID_ARGUMENT for a feature beyond d or not finite
   */
  decision(task: string, X: RowsLike): Float64Array {
    const position = this.#position(task);
    const start = position * this.cols;
    const rows = toRows(X);
    const scores = this.#raw.map((): number[] => []);
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
      this.#raw.forEach(({ W }, c) => {
        const ofHead = scores[c] as number[];
        ofHead[row] = (ofHead[row] ?? 0) + value * (W[start + column] ?? 0);
      });
    });
    const columns = this.#raw.map(({ intercepts }, c) => {
      const intercept = intercepts[position] ?? 0;
      return Float64Array.from({ length: count }, (_, i) => (scores[c]?.[i] ?? 0) + intercept);
    });
    return interleave(columns);
  }

  /**
   * Predicted labels, one a row: the original labels of a classification (or -1 / +1 if it was trained as one label
   * against the rest), of several classes that of the largest decision, values of a regression.
   */
  predict(task: string, X: RowsLike): Float64Array {
    return labelsFrom(this.decision(task, X), this.#parts);
  }

  /**
   * Probabilities of the class +1, one a row; of a model of C classes n × C, row-major, with a sum of 1 in each row: the
   * logistic function of each class's decision, divided by their sum.
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
    return probabilitiesFrom(this.decision(task, X), this.#parts);
  }

  /** Whether {@link Model.probability} is available. */
  get hasProbabilities(): boolean {
    return this.loss === "logistic";
  }

  /**
   * Decision values for every row of a set, in its order; of a model of C classes n × C, row-major.
   *
   * @throws FedmtlError UNKNOWN_TASK if the set has a task that the model does not have; RangeError for too many features
   */
  decisions(tasks: TaskSet, { unknownTask = "error" }: DecisionOptions = {}): Float64Array {
    if (!unknownTaskPolicies.includes(unknownTask)) {
      throw invalidChoice("value of unknownTask", unknownTask, unknownTaskPolicies);
    }
    const known = tasks.names.every((name) => this.#positions.has(name));
    if (unknownTask === "error" || known) {
      const modelOfTask = Int32Array.from(tasks.names, (name) => this.#position(name));
      return interleave(
        this.#raw.map(({ W, intercepts }) => tasks.native.decisions(W, this.cols, modelOfTask, intercepts)),
      );
    }
    const m = this.names.length;
    const modelOfTask = Int32Array.from(tasks.names, (name) => this.#positions.get(name) ?? m);
    return interleave(
      this.#raw.map(({ W, intercepts }) =>
        tasks.native.decisions(withMeanRow(W, this.cols), this.cols, modelOfTask, withMeanRow(intercepts, 1)),
      ),
    );
  }

  /**
   * Error, AUC, F1 and log-loss, or RMSE and explained variance: per task, macro and micro; of several classes the
   * confusion matrix too.
   *
   * @throws as {@link Model.decisions}; FedmtlError BAD_INPUT for a label that the training did not have
   */
  evaluate(tasks: TaskSet, options: DecisionOptions = {}): Evaluation {
    const { labels, classes } = this.#parts;
    const given = tasks.labels();
    const targets = labels === undefined ? given : given.map((label) => toTarget(label, labels));
    const decisions = this.decisions(tasks, options);
    const offsets = tasks.offsets();
    const width = classes?.length ?? 1;
    const perTask = tasks.names.map((task, t): TaskPredictions => {
      const [begin = 0, end = 0] = [offsets[t], offsets[t + 1]];
      const z = decisions.subarray(begin * width, end * width);
      return {
        task,
        decisions: z,
        labels: targets.subarray(begin, end),
        ...(this.hasProbabilities ? { probabilities: probabilitiesFrom(z, this.#parts) } : {}),
      };
    });
    return classes === undefined
      ? evaluatePredictions(perTask, isClassification(this.loss) ? "classification" : "regression")
      : evaluateClasses(perTask, classes);
  }

  /**
   * Correlations of tasks, K_st / sqrt(K_ss K_tt) with K the kernel over tasks in force: 1 on the diagonal, 0 where tasks
   * do not inform each other. Of several classes the mean of theirs.
   *
   * @param tasks names, by default all
   * @throws FedmtlError INVALID_ARGUMENT for more than 5,000 tasks, or what is no list of names; UNKNOWN_TASK
   */
  correlation(tasks: readonly string[] = this.names): Matrix {
    if (!Array.isArray(tasks)) {
      throw new FedmtlError(
        "INVALID_ARGUMENT",
        `the tasks of correlation are ${shown(tasks)}; give an array of names, or nothing for all tasks`,
      );
    }
    if (tasks.length > largestCorrelation) {
      throw new FedmtlError(
        "INVALID_ARGUMENT",
        `a correlation matrix of ${tasks.length} tasks is too large; name at most ${largestCorrelation} of them`,
      );
    }
    const positions = tasks.map((task) => this.#position(task));
    const sum = this.#parts.heads
      .map(({ kernel }) => correlationOf(kernel, this.names.length, positions))
      .reduce((total, other) => total.add(other));
    const { length } = this.#parts.heads;
    return length === 1 ? sum : sum.div(length);
  }

  /**
   * Clusters of tasks: the average-linkage tree of their correlations (distance 1 - correlation), cut into k.
   *
   * @param k 1 .. m; by default the k that a training with relationship `clustered` was told, else where the distances in the
   *   tree make their largest step, of which 0 is the start and 1, tasks that do not inform each other, the end
   * @returns names, each cluster in the order of {@link Model.names}, the clusters in the order of their first tasks
   * @throws FedmtlError INVALID_ARGUMENT for another k, or more than 5,000 tasks
   */
  clusters(k?: number): string[][] {
    const { relationship, k: trained } = this.options;
    const told = relationship === "clustered" ? Number(trained) : undefined;
    return clustersOf(this.correlation(), k ?? told).map((cluster) =>
      cluster.map((t) => this.names[t] ?? ""),
    );
  }

  /**
   * The graph over tasks that a training with relationship `sparse-precision` has learned, the strongest edges first.
   *
   * @throws FedmtlError INVALID_ARGUMENT for another relationship, or a model of several classes
   */
  edges(): readonly LearnedEdge[] {
    this.#only("edges");
    const kernel = this.#parts.heads[0]?.kernel;
    if (kernel === undefined || !("matrix" in kernel) || kernel.precision === undefined) {
      throw new FedmtlError(
        "INVALID_ARGUMENT",
        `relationship "${this.options.relationship}" learns no edges; train with sparsePrecision, or see correlation()`,
      );
    }
    return learnedEdges(kernel.precision, this.names);
  }

  /**
   * In how many directions the models differ, and tasks relate: singular values of W and eigenvalues of K, in
   * O(min(d, m)^2 max(d, m)) on a thread of its own. Of several classes W is that of all of them stacked.
   */
  spectrum(): Promise<ModelSpectrum> {
    return spectrumOf(this.#parts.heads, this.names.length);
  }

  /**
   * A model with one task more, solved against the models of the other tasks, which stay as they are; this one is unchanged.
   * What the others say of it depends on the relationship (docs/math.md, section 7): nothing for `independent`, the mean model
   * for `mean`, the directions in which they lie for `trace-norm`, its learned neighbours for `sparse-precision`, the
   * relations given for `fixed`. The solution has a
   * certificate of its own, in {@link Model.added}; `certificate` stays that of the training.
   *
   * @param name of the new task
   * @param data its rows: a set of one task, or `{ X, y }`; without any the new task has the mean of the models, for `fixed`
   *   what its relations say
   * @param options gap and passes; for `fixed` its row of `omega` or `sigma`
   * @throws FedmtlError INVALID_ARGUMENT for a name that is taken, other features or more than one task; BAD_INPUT for labels
   *   that the training did not have; INVALID_OPTION
   */
  async addTask(name: string, data?: NewTaskData, options: AddTaskOptions = {}): Promise<Model> {
    return new Model(await addTask(this.#parts, name, data, options));
  }

  /** Tasks that were added after the training, in order, each with its certificate. */
  get added(): readonly AddedTask[] {
    return (this.#parts.added ?? []).map(({ certificates, ...rest }) => ({
      ...rest,
      ...(certificates.length === 0 ? {} : { certificate: sumOfCertificates(certificates) }),
    }));
  }

  /** Writes one safetensors file, atomically. @throws FedmtlError IO */
  async save(path: string): Promise<void> {
    await writeFileAtomic(path, modelFileParts(this.#parts));
  }

  /** Reads a file written by {@link Model.save}. @throws FedmtlError BAD_MODEL, IO */
  static async load(path: string): Promise<Model> {
    return new Model(decodeModel(await readWholeFile(path), path));
  }

  /** The one head. @throws FedmtlError INVALID_ARGUMENT for several classes */
  #only(what: string): RawHead {
    const { classes } = this.#parts;
    const [head] = this.#raw;
    if (classes !== undefined || head === undefined) {
      throw new FedmtlError(
        "INVALID_ARGUMENT",
        `a model of several classes has ${what} for each; take one of them with ofClass(${classes?.join(" or ")})`,
      );
    }
    return head;
  }

  #position(task: string): number {
    const position = this.#positions.get(task);
    if (position === undefined) {
      throw invalidChoice("task", task, this.names, "UNKNOWN_TASK");
    }
    return position;
  }
}

/** What was added to one head. */
function ofHead({ certificates, ...rest }: Addition, position: number): Addition {
  return { ...rest, certificates: certificates.slice(position, position + 1) };
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
