/**
 * The link between decision values and probabilities.
 */

/** 1 / (1 + exp(-z)) without overflow: the probability of the class +1 under the logistic loss. */
export function logistic(z: number): number {
  return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z));
}
