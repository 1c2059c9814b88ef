/**
 * The server of the mini-batch methods: V in, W = V K out, for any relationship that is given. It is the native server under
 * the policy that takes every proposal whole; clients hold their v_t themselves.
 */
import type { TaskSet } from "../data/task_set.js";
import { type Relationship, toNative } from "../mocha/relationships.js";
import { writtenOut } from "../mocha/task_correlation.js";
import { type NativeServer, native } from "../native.js";
import { requireFinite } from "./vectors.js";

/** A graph's K is written out for no more. */
const mostTasksOfGraph = 2000;

/** V and W of all tasks. */
export class KernelServer {
  readonly #native: NativeServer;
  readonly #cols: number;
  #moves = 0;
  #V: Float64Array;
  #W: Float64Array;

  /** V = W = 0. @throws FedmtlError INVALID_OPTION for a relationship of other tasks */
  constructor(tasks: TaskSet, relationship: Relationship, threads: number) {
    const { taskCount, cols } = tasks;
    const named = { tasks: taskCount, names: () => tasks.names };
    this.#native = new native.Server({
      ...{ tasks: taskCount, cols, policy: "row", threads },
      relationship: toNative(relationship, named, 0, 0),
    });
    this.#cols = cols;
    this.#V = new Float64Array(taskCount * cols);
    this.#W = new Float64Array(taskCount * cols);
  }

  /** V, m × d task-major; must not be changed. */
  get V(): Float64Array {
    return this.#V;
  }
  /** W = V K, m × d task-major; must not be changed. */
  get W(): Float64Array {
    return this.#W;
  }

  /** w_t, d. */
  w(t: number): Float64Array {
    return this.#W.subarray(t * this.#cols, (t + 1) * this.#cols);
  }

  /** v_t, d. */
  v(t: number): Float64Array {
    return this.#V.subarray(t * this.#cols, (t + 1) * this.#cols);
  }

  /** 1/2 tr(W M W') = 1/2 tr(V K V'). */
  regularizer(): number {
    return this.#V.reduce((sum, value, j) => sum + value * (this.#W[j] as number), 0) / 2;
  }

  /**
   * K_tt, m. Of a graph of many tasks, whose K is never written out, the bound 1 / lambda2, which every row of K sums to.
   */
  kernelDiagonal(): Float64Array {
    const kernel = this.#native.kernel();
    const tasks = this.#V.length / this.#cols;
    if ("from" in kernel && tasks > mostTasksOfGraph) {
      return new Float64Array(tasks).fill(1 / kernel.lambda2);
    }
    if ("delta" in kernel) {
      const { basis, r, delta } = kernel;
      const squares = (t: number): number =>
        r.reduce((sum, value, k) => sum + value * (basis[t * r.length + k] as number) ** 2, delta);
      return Float64Array.from({ length: tasks }, (_, t) => squares(t));
    }
    const K = writtenOut(kernel, tasks);
    return Float64Array.from({ length: tasks }, (_, t) => K[t * tasks + t] as number);
  }

  /**
   * Takes V as given; W follows.
   *
   * @throws FedmtlError NUMERICAL for a V that is not finite: steps that were too long
   */
  async moveTo(V: Float64Array): Promise<void> {
    requireFinite(V);
    this.#moves++;
    const tasks = V.length / this.#cols;
    for (let t = 0; t < tasks; t++) {
      this.#native.request(t, this.#moves, 1);
      this.#native.receive(t, this.#moves, V.subarray(t * this.#cols, (t + 1) * this.#cols), 0);
    }
    await this.#native.close();
    const { V: now, W } = this.#native.state();
    this.#V = now;
    this.#W = W;
  }

  /** @internal V and a W that was computed from it, of a saved state. */
  setState(V: Float64Array, W: Float64Array): void {
    this.#V = V.slice();
    this.#W = W.slice();
  }

  dispose(): void {
    this.#native.dispose();
  }
}
