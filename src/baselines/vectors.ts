/**
 * The few operations on vectors that several baselines need.
 */
import { FedmtlError } from "../errors.js";

/** sum += scale x */
export function addScaled(sum: Float64Array, scale: number, x: Float64Array): void {
  for (let j = 0; j < sum.length; j++) {
    sum[j] = (sum[j] as number) + scale * (x[j] as number);
  }
}

/** ||x||^2 */
export function squaredNorm(x: Float64Array): number {
  return x.reduce((sum, value) => sum + value * value, 0);
}

/** ||x - y||^2 */
export function squaredDistance(x: Float64Array, y: Float64Array): number {
  return x.reduce((sum, value, j) => sum + (value - (y[j] as number)) ** 2, 0);
}

/** @throws FedmtlError NUMERICAL: steps that were too long */
export function requireFinite(x: Float64Array): void {
  if (!x.every(Number.isFinite)) {
    throw new FedmtlError("NUMERICAL", "the models have grown beyond all bounds; give a smaller scaling");
  }
}
