/** What one round was to each task, for those who want to see it: views of what the simulation works with. */

/** Every array has m entries and holds until the next round. */
export interface TaskRound {
  /** What the round was to the device: values of `presence`. */
  readonly states: Uint8Array;
  /** Steps made. */
  readonly steps: Float64Array;
  readonly flops: Float64Array;
  readonly bytesUp: Float64Array;
  readonly bytesDown: Float64Array;
  /** From the start of the round to the device's answer; 0 without one. */
  readonly seconds: Float64Array;
  readonly joules: Float64Array;
  /** Bounds on theta_t^h, with option `theta`, of a method that knows them. */
  readonly theta?: Float64Array;
}
