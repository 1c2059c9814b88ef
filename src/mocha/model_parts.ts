/**
 * What a model is made of, and how a training's end becomes that.
 */
import type { FeatureScaling, NativeKernel } from "../native.js";
import { native } from "../native.js";
import type { Loss, ResolvedOptions } from "../options.js";
import { version } from "../version.js";
import { type Certificate, relativeGap } from "./history.js";
import type { ClassWeights, LabelMapping } from "./labels.js";
import type { LoopResult } from "./outer_loop.js";
import type { PreparedData } from "./prepare.js";
import { ownNumbers } from "./relationships.js";

/** Options of the training that a model remembers: numbers and names only. */
export type RecordedOptions = Readonly<Record<string, string | number | boolean>>;

/** One linear model a task: all of a model, or, of several classes, the part that tells one class from the others. */
export interface ModelHead {
  /** W, task-major m × d, for standardised features if the model has a scaling. */
  readonly W: Float64Array;
  /** m intercepts, for standardised features if the model has a scaling. */
  readonly intercepts: Float64Array;
  readonly kernel: NativeKernel;
  readonly certificate: Certificate;
  /** trace-norm: the floor in force. */
  readonly epsilon?: number;
  /** Balanced classes: what the weights of the two sides were multiplied by. */
  readonly classWeights?: ClassWeights;
}

/** A task that was added to a trained model. */
export interface AddedTask {
  readonly task: string;
  /** How many rows it was solved for. */
  readonly rows: number;
  /** Of its own problem, the other tasks held; of several classes the sum of theirs; absent without rows. */
  readonly certificate?: Certificate;
}

/** As {@link AddedTask}, with a certificate a head or none. */
export interface Addition extends Omit<AddedTask, "certificate"> {
  readonly certificates: readonly Certificate[];
}

/** All that a model is made of. */
export interface ModelParts {
  /** m names. */
  readonly names: readonly string[];
  /** d features, without the intercept's column. */
  readonly cols: number;
  readonly loss: Loss;
  readonly scaling?: FeatureScaling;
  /** How labels became -1 / +1; absent for regression and for several classes. */
  readonly labels?: LabelMapping;
  /** C labels, ascending, of a model of several classes. */
  readonly classes?: readonly number[];
  /** One, or one a class in the order of `classes`. */
  readonly heads: readonly ModelHead[];
  /** Without epsilon, which each head has for itself. */
  readonly options: RecordedOptions;
  /** Tasks that were added after the training, in order. */
  readonly added?: readonly Addition[];
  readonly versions: { readonly fedmtl: string; readonly kernel: string; readonly blasCore: string };
}

/** What the trainings of all heads have in common. */
export interface SharedTraining {
  readonly names: readonly string[];
  readonly data: PreparedData;
  readonly options: ResolvedOptions;
  readonly labels?: LabelMapping;
  readonly classes?: readonly number[];
}

/** The model of a training whose loops have ended. */
export function partsOf(
  { names, data, options, labels, classes }: SharedTraining,
  heads: readonly ModelHead[],
): ModelParts {
  return {
    names,
    cols: data.cols - (data.interceptColumn === undefined ? 0 : 1),
    loss: options.loss,
    heads,
    options: recordOptions(options),
    versions: { fedmtl: version, ...native.versions() },
    ...(data.scaling === undefined ? {} : { scaling: data.scaling }),
    ...(labels === undefined ? {} : { labels }),
    ...(classes === undefined ? {} : { classes }),
  };
}

/** A head from what a loop has learned. */
export function headOf(
  { W: withColumn, intercepts: free, kernel, epsilon }: LoopResult,
  data: PreparedData,
  certificate: Certificate,
  classWeights: ClassWeights | undefined,
): ModelHead {
  const [W, intercepts] = separateIntercepts(withColumn, free, data);
  return {
    ...{ W, intercepts, kernel, certificate },
    ...(epsilon === undefined ? {} : { epsilon }),
    ...(classWeights === undefined ? {} : { classWeights }),
  };
}

/** W without the constant feature's column, and the intercepts: that column times the feature's value, or the free ones. */
export function separateIntercepts(
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
function recordOptions(options: ResolvedOptions): RecordedOptions {
  const { relationship, stop, budgets, threads, signal, warmStart, checkpoint, ...recorded } = options;
  const { family, lambda1, lambda2 } = relationship;
  return {
    ...recorded,
    ...{ relationship: family, lambda1, lambda2, ...ownNumbers(relationship) },
    ...{ gap: stop.gap, rounds: stop.rounds },
  };
}

/** The certificate of trainings that have nothing in common: primal, dual and gap are sums (docs/math.md, section 1). */
export function sumOfCertificates(certificates: readonly Certificate[]): Certificate {
  const [first, ...others] = certificates;
  if (first !== undefined && others.length === 0) {
    return first;
  }
  const sum = (value: (certificate: Certificate) => number | undefined): number =>
    certificates.reduce((total, certificate) => total + (value(certificate) ?? Number.NaN), 0);
  const [primal, dual, gap] = [sum((one) => one.primal), sum((one) => one.dual), sum((one) => one.gap)];
  const [jointObjective, jointDual] = [sum((one) => one.jointObjective), sum((one) => one.jointDual)];
  return {
    ...{ primal, dual, gap, relativeGap: relativeGap(primal, dual, gap) },
    ...(Number.isNaN(jointObjective) ? {} : { jointObjective }),
    ...(Number.isNaN(jointDual) ? {} : { jointDual }),
  };
}

/** Weights and intercepts for features as they are given. */
export interface RawHead {
  readonly W: Float64Array;
  readonly intercepts: Float64Array;
}

/** The standardisation folded in: w'(x - mean)/scale + b = (w/scale)'x + (b - (w/scale)'mean). */
export function foldScaling({ W, intercepts }: RawHead, cols: number, scaling?: FeatureScaling): RawHead {
  if (scaling === undefined) {
    return { W, intercepts };
  }
  const folded = W.map((w, i) => w / (scaling.scale[i % cols] ?? 1));
  const shifted = intercepts.map((b, t) => {
    let shift = 0;
    for (let j = 0; j < cols; j++) {
      shift += (folded[t * cols + j] ?? 0) * (scaling.mean[j] ?? 0);
    }
    return b - shift;
  });
  return { W: folded, intercepts: shifted };
}
