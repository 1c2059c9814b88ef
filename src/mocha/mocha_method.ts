/**
 * MOCHA as a method of the systems model: the outer loop, a round at a time, with the work of each task.
 *
 * Problem, policies and Omega steps are those of `fit` (src/mocha/outer_loop.ts, which is the one copy of the algorithm).
 * With a learned relationship the certificates that end W steps are part of the method and of its cost; with a given one
 * there is nothing to decide by them, and none is made.
 */
import type { TaskSet } from "../data/task_set.js";
import { rowCountsOf, rowSizesOf } from "../data/task_sizes.js";
import type { ResolvedOptions } from "../options.js";
import { passFlops, taskBytes } from "../systems/accounting.js";
import type { Method, MethodObjective, RoundPlan, RoundWork } from "../systems/method.js";
import { requirePlan } from "../systems/round_plan.js";
import { FedmtlError } from "../errors.js";
import { History, toCertificate } from "./history.js";
import { balancedWeights, type LabelMapping, mapLabels } from "./labels.js";
import { Model } from "./model.js";
import { headOf, partsOf } from "./model_parts.js";
import { OuterLoop } from "./outer_loop.js";
import type { PreparedData } from "./prepare.js";
import { isLearned } from "./relationships.js";
import type { SavedState } from "./saved_state.js";

/** A coordinate step is a dot and an axpy; a pair step of the free intercept three dots and two axpys for two rows. */
const flopsPerFeature = 4;
const flopsPerFeatureOfPairs = 5;

/** The data as the user gave them, with the features as they are used, and these as the loop takes them. */
export interface MochaData {
  readonly tasks: TaskSet;
  readonly features: TaskSet;
  readonly prepared: PreparedData;
}

/** MOCHA under way. */
export class MochaMethod implements Method {
  readonly name: "mocha" | "mocha-paper";
  readonly taskCount: number;
  readonly rowCounts: Float64Array;
  readonly flopsPerStep: Float64Array;
  readonly messageBytes: { readonly down: number; readonly up: number };
  readonly ownStoppingRule: boolean;
  readonly #names: readonly string[];
  readonly #data: PreparedData;
  readonly #options: ResolvedOptions;
  readonly #labels: LabelMapping | undefined;
  readonly #classWeights: ReturnType<typeof balancedWeights> | undefined;
  readonly #loop: OuterLoop;
  /** Of a pass over a task's rows, m. */
  readonly #passFlops: Float64Array;
  readonly #momentum: boolean;
  readonly #work: { bytesDown: Float64Array; bytesUp: Float64Array };

  /** @throws FedmtlError BAD_INPUT for labels that do not fit the loss; INVALID_OPTION for a relationship of other tasks */
  constructor(
    name: "mocha" | "mocha-paper",
    { tasks, features, prepared: data }: MochaData,
    options: ResolvedOptions,
  ) {
    this.name = name;
    this.#names = tasks.names;
    this.#data = data;
    this.#options = options;
    this.taskCount = tasks.taskCount;
    this.ownStoppingRule = isLearned(options.relationship);
    this.rowCounts = rowCountsOf(features);
    const rowSizes = rowSizesOf(features);
    const perFeature = options.intercept === "free" ? flopsPerFeatureOfPairs : flopsPerFeature;
    this.flopsPerStep = rowSizes.map((size) => perFeature * size);
    this.#passFlops = rowSizes.map((size, t) => passFlops(size * (this.rowCounts[t] ?? 0)));
    this.#momentum = options.policy === "accelerated";
    const { down, up } = taskBytes({ certified: false, momentum: this.#momentum }, data.cols);
    this.messageBytes = { down, up };
    this.#work = {
      bytesDown: new Float64Array(this.taskCount),
      bytesUp: new Float64Array(this.taskCount),
    };
    this.#labels = mapLabels(tasks.native, options.loss, options.positive);
    const balanced = options.classWeight === "balanced" && this.#labels !== undefined;
    this.#classWeights = balanced ? balancedWeights(tasks.labels(), this.#labels as LabelMapping) : undefined;
    this.#loop = new OuterLoop({
      ...{ data, labels: this.#labels, classWeights: this.#classWeights, history: new History() },
      options: loopOptions(options),
      onProgress: () => {},
    });
  }

  prepareRound(): Promise<"converged" | "budget" | undefined> {
    return this.#loop.prepareRound();
  }

  async round(plan: RoundPlan): Promise<RoundWork> {
    requirePlan(plan, this.taskCount);
    const done = await this.#loop.runRound(plan.steps, plan.wantTheta === true);
    if (done === undefined) {
      throw new FedmtlError("ABORTED", "the round was abandoned");
    }
    const { record, steps, flops, theta } = done;
    const certified = record.certificate !== undefined;
    const { down, up, upDropped } = taskBytes({ certified, momentum: this.#momentum }, this.#data.cols);
    const { bytesDown, bytesUp } = this.#work;
    const passes = (certified ? 1 : 0) + (record.round === 1 ? 1 : 0);
    for (let t = 0; t < this.taskCount; t++) {
      bytesDown[t] = down;
      bytesUp[t] = (steps[t] as number) > 0 ? up : upDropped;
      (flops[t] as number) += passes * (this.#passFlops[t] as number);
    }
    const known = plan.wantTheta === true ? { theta } : {};
    return { steps, flops, bytesDown, bytesUp, omegaStep: record.omegaStep, ...known };
  }

  async objective(): Promise<MethodObjective> {
    const certificate = await this.#loop.server.certifyNow(this.#loop.clients);
    const { primal, dual, jointObjective } = toCertificate(certificate);
    return {
      primal,
      dual,
      ...(jointObjective === undefined || !this.ownStoppingRule ? {} : { jointObjective }),
    };
  }

  weights(): Float64Array {
    return this.#loop.server.state().W;
  }

  save(): SavedState {
    return this.#loop.save();
  }

  /** @throws FedmtlError BAD_MODEL */
  restore(state: SavedState): void {
    this.#loop.restore(state);
  }

  async finish(verdict: "converged" | "budget"): Promise<Model> {
    const { certificate } = await this.#loop.conclude(verdict);
    const head = headOf(this.#loop.finish(false), this.#data, certificate, this.#classWeights);
    const labels = this.#labels === undefined ? {} : { labels: this.#labels };
    const shared = { names: this.#names, data: this.#data, options: this.#options, ...labels };
    return new Model(partsOf(shared, [head]));
  }

  dispose(): void {
    this.#loop.clients.dispose();
    this.#loop.server.dispose();
  }
}

/** The simulation counts the rounds; a loop that decides nothing by certificates makes none. */
function loopOptions(options: ResolvedOptions): ResolvedOptions {
  const { stop, relationship, certifyEvery } = options;
  return {
    ...options,
    stop: { ...stop, rounds: Number.MAX_SAFE_INTEGER },
    certifyEvery: isLearned(relationship) ? certifyEvery : Number.POSITIVE_INFINITY,
  };
}
