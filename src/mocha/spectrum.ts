/**
 * How many directions the models of a training have in common: the singular values of W and the eigenvalues of K.
 */
import { type NativeKernel, native } from "../native.js";
import type { ModelHead } from "./model_parts.js";
import { writtenOut } from "./task_correlation.js";

/** What {@link Model.spectrum} tells; values below 1e-6 of the largest count as 0. */
export interface ModelSpectrum {
  /** min(d, m) singular values of W, falling, for standardised features if there was a standardisation. */
  readonly singularValues: Float64Array;
  /**
   * m eigenvalues of K, the kernel over tasks, falling, each divided by their sum: how much of what tasks share lies in each
   * direction over tasks. For trace-norm with lambda2 = 0 the eigenvalues of the learned Sigma. Empty for a graph of more than
   * 2,000 tasks.
   */
  readonly relation: Float64Array;
}

/** Several classes side by side: m × (C d), so that the values are those of all classes stacked. */
function stacked(heads: readonly ModelHead[], m: number): Float64Array {
  const [only] = heads;
  if (only !== undefined && heads.length === 1) {
    return only.W;
  }
  const d = (only?.W.length ?? 0) / m;
  const result = new Float64Array(m * d * heads.length);
  heads.forEach(({ W }, c) => {
    for (let t = 0; t < m; t++) {
      result.set(W.subarray(t * d, (t + 1) * d), (t * heads.length + c) * d);
    }
  });
  return result;
}

/** A graph's K is not written out for more. */
const mostTasksOfGraph = 2000;

/** Zeros behind the values, up to a length. */
function padded(values: Float64Array, length: number): Float64Array {
  const result = new Float64Array(length);
  result.set(values.subarray(0, length));
  return result;
}

async function eigenvaluesOf(kernel: NativeKernel, m: number): Promise<Float64Array> {
  if (!("delta" in kernel)) {
    if ("from" in kernel && m > mostTasksOfGraph) {
      return new Float64Array();
    }
    // Of a positive semi-definite matrix these are the eigenvalues.
    return padded(await native.singularValues(m, writtenOut(kernel, m)), m);
  }
  const values = new Float64Array(m).fill(kernel.delta);
  values.set(kernel.r.map((value) => value + kernel.delta));
  return values.sort().reverse();
}

/** The spectrum of a model; of several classes the relation is the mean of theirs, direction by direction. */
export async function spectrumOf(heads: readonly ModelHead[], m: number): Promise<ModelSpectrum> {
  const W = stacked(heads, m);
  const cols = W.length / m;
  const spectra: Float64Array[] = [];
  for (const { kernel } of heads) {
    spectra.push(await eigenvaluesOf(kernel, m));
  }
  const relation = new Float64Array(spectra[0]?.length ?? 0);
  for (const values of spectra) {
    const sum = values.reduce((total, value) => total + value, 0);
    values.forEach((value, i) => {
      relation[i] = (relation[i] ?? 0) + value / sum / heads.length;
    });
  }
  return { singularValues: padded(await native.singularValues(cols, W), Math.min(cols, m)), relation };
}
