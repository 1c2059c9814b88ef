/**
 * A training from its data to its model: one outer loop, or one a class, each against the rest on the same data.
 */
import { join } from "node:path";
import { FedmtlError } from "../errors.js";
import { TaskSet } from "../data/task_set.js";
import type { NativeClientPool } from "../native.js";
import type { ResolvedOptions } from "../options.js";
import { CheckpointFolder } from "./checkpoint.js";
import { factsOf } from "./checkpoint_file.js";
import type { ClassResult, FitResult, FitStatus } from "./fit_run.js";
import { History } from "./history.js";
import {
  balancedWeights,
  type ClassWeights,
  classesOf,
  isClassification,
  type LabelMapping,
  mapLabels,
} from "./labels.js";
import { Model } from "./model.js";
import { headOf, type ModelHead, partsOf, sumOfCertificates } from "./model_parts.js";
import { type LoopEnd, OuterLoop } from "./outer_loop.js";
import { type PreparedData, prepareData } from "./prepare.js";
import { type WarmStart, type WarmStartScope, warmStartFrom } from "./warm_start.js";

/** Statuses from good to bad. */
const statuses: readonly FitStatus[] = ["converged", "budget", "aborted"];

/** What one loop is to learn. */
interface HeadPlan {
  readonly labels: LabelMapping | undefined;
  /** Of several classes, which one. */
  readonly label?: number;
  readonly history: History;
  readonly onProgress: () => void;
}

interface TrainedHead {
  readonly head: ModelHead;
  readonly end: LoopEnd;
  readonly resumedFrom?: string;
}

/** One call of `fit`. */
export class Training {
  readonly #tasks: TaskSet;
  readonly #options: ResolvedOptions;
  readonly #scope: WarmStartScope;
  readonly #history: History;
  readonly #onProgress: () => void;
  #loop: OuterLoop | undefined;
  #aborted = false;

  /** `scope` says what is taken from the model of `warmStart`. */
  constructor(
    tasks: TaskSet,
    options: ResolvedOptions,
    scope: WarmStartScope,
    history: History,
    onProgress: () => void,
  ) {
    this.#tasks = tasks;
    this.#options = options;
    this.#scope = scope;
    this.#history = history;
    this.#onProgress = onProgress;
  }

  abort(): void {
    this.#aborted = true;
    this.#loop?.abort();
  }

  async run(): Promise<FitResult> {
    if (!(this.#tasks instanceof TaskSet)) {
      throw new FedmtlError(
        "INVALID_ARGUMENT",
        "the first argument of fit must be a TaskSet; make one with readTasks",
      );
    }
    const { loss, multiclass, classWeight } = this.#options;
    if (classWeight !== "none" && !isClassification(loss)) {
      throw new FedmtlError(
        "INVALID_OPTION",
        `classWeight needs a loss for classes, "${loss}" is for numbers; leave it out`,
      );
    }
    try {
      return await (multiclass ? this.#trainClasses() : this.#trainOne());
    } finally {
      this.#release();
    }
  }

  async #trainOne(): Promise<FitResult> {
    const options = this.#options;
    const labels = mapLabels(this.#tasks.native, options.loss, options.positive);
    const data = prepareData(this.#tasks, options);
    const names = this.#tasks.names;
    const history = this.#history;
    const plan = { labels, history, onProgress: this.#onProgress };
    const { head, end, resumedFrom } = await this.#trainHead(data, plan);
    const shared = { names, data, options, ...(labels === undefined ? {} : { labels }) };
    const model = new Model(partsOf(shared, [head]));
    return { ...end, model, history, ...(resumedFrom === undefined ? {} : { resumedFrom }) };
  }

  async #trainClasses(): Promise<FitResult> {
    const options = this.#options;
    const classes = classesOf(this.#tasks.native, options.loss);
    const data = prepareData(this.#tasks, options);
    const names = this.#tasks.names;
    const heads: ModelHead[] = [];
    const results: ClassResult[] = [];
    let resumed: { resumedFrom?: string } = {};
    for (const label of classes) {
      const history = new History();
      this.#history.beginClass(label);
      const onProgress = (): void => {
        this.#history.takeFrom(history);
        this.#onProgress();
      };
      const plan = { labels: { positive: label }, label, history, onProgress };
      const { head, end, resumedFrom } = await this.#trainHead(data, plan);
      // Omega steps after the last round, and everything of a training that had ended before.
      this.#history.takeFrom(history);
      heads.push(head);
      results.push({ label, ...end, rounds: history.length });
      resumed = resumedFrom === undefined ? resumed : { resumedFrom };
    }
    const status = statuses[Math.max(...results.map((one) => statuses.indexOf(one.status)))] ?? "budget";
    return {
      status,
      model: new Model(partsOf({ names, data, options, classes }, heads)),
      history: this.#history,
      certificate: sumOfCertificates(results.map(({ certificate }) => certificate)),
      omegaSteps: results.reduce((sum, { omegaSteps }) => sum + omegaSteps, 0),
      classes: results,
      ...resumed,
    };
  }

  async #trainHead(data: PreparedData, plan: HeadPlan): Promise<TrainedHead> {
    const { label } = plan;
    const warmStart = this.#warmStart(data, plan);
    const classWeights = this.#classWeights(plan);
    const loop = this.#makeLoop(data, plan, classWeights);
    const { folder, resumedFrom } = await this.#openCheckpoints(data, warmStart, label);
    if (warmStart !== undefined && resumedFrom === undefined) {
      await loop.startFrom(warmStart);
    }
    const end = await loop.run(folder);
    const head = headOf(loop.finish(label !== undefined), data, end.certificate, classWeights);
    return { head, end, ...(resumedFrom === undefined ? {} : { resumedFrom }) };
  }

  /** The loop in the place of the one before, with which it shares what its clients measured. */
  #makeLoop(
    data: PreparedData,
    { labels, history, onProgress }: HeadPlan,
    classWeights: ClassWeights | undefined,
  ): OuterLoop {
    const options = this.#options;
    const like: NativeClientPool | undefined = this.#loop?.clients;
    const loop = new OuterLoop({ data, labels, classWeights, options, history, onProgress, like });
    this.#release();
    this.#loop = loop;
    if (this.#aborted) {
      loop.abort();
    }
    return loop;
  }

  #classWeights({ labels }: HeadPlan): ClassWeights | undefined {
    const balanced = this.#options.classWeight === "balanced" && labels !== undefined;
    return balanced ? balancedWeights(this.#tasks.labels(), labels) : undefined;
  }

  /** At once rather than when they are collected: they hold threads. */
  #release(): void {
    this.#loop?.clients.dispose();
    this.#loop?.server.dispose();
    this.#loop = undefined;
  }

  #warmStart(data: PreparedData, { labels, label }: HeadPlan): WarmStart | undefined {
    const { warmStart } = this.#options;
    if (warmStart === undefined) {
      return undefined;
    }
    return warmStartFrom(
      { model: warmStart, label, scope: this.#scope },
      this.#tasks,
      data,
      labels,
      this.#options,
    );
  }

  /** Opens the folder of checkpoints, if there shall be some, and takes the loop to where it was left. */
  async #openCheckpoints(
    data: PreparedData,
    warmStart: WarmStart | undefined,
    label: number | undefined,
  ): Promise<{ folder?: CheckpointFolder; resumedFrom?: string }> {
    const { checkpoint } = this.#options;
    if (checkpoint === undefined) {
      return {};
    }
    const dir = label === undefined ? checkpoint.dir : join(checkpoint.dir, `class-${label}`);
    const facts = factsOf(this.#options, data, warmStart, label);
    const { folder, found } = await CheckpointFolder.open({ ...checkpoint, dir }, facts);
    if (found === undefined) {
      return { folder };
    }
    this.#loop?.restore(found.state);
    return { folder, resumedFrom: found.path };
  }
}
