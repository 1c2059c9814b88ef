/**
 * The outer loop of MOCHA (Algorithm 1 of the paper): W steps of federated rounds, Omega steps between them, until the
 * stopping rule holds. It decides what the rounds shall be; the rounds themselves run in the addon.
 */
import type {
  NativeClientPool,
  NativeKernel,
  NativeRoundOfTasks,
  NativeRoundPlan,
  NativeServer,
} from "../native.js";
import { native, recordFields } from "../native.js";
import type { ResolvedOptions } from "../options.js";
import { automaticCertifyEvery, passFlops, roundBytes } from "../systems/accounting.js";
import type { CheckpointFolder } from "./checkpoint.js";
import { type SavedState, storedNumber } from "./saved_state.js";
import { type Certificate, type History, type RoundRecord, toCertificate } from "./history.js";
import type { ClassWeights, LabelMapping } from "./labels.js";
import type { PreparedData } from "./prepare.js";
import { requireMemory } from "./memory.js";
import { isLearned, toNative } from "./relationships.js";
import { StoppingRule } from "./stopping.js";
import type { WarmStart } from "./warm_start.js";

/** Wall time that rounds run back to back in one native call; only what is seen when depends on it. */
const secondsPerCall = 0.01;

/** How the loop ended. */
export interface LoopEnd {
  readonly status: "converged" | "budget" | "aborted";
  readonly certificate: Certificate;
  readonly omegaSteps: number;
}

/** What a loop has learned, for the prepared features. */
export interface LoopResult {
  readonly W: Float64Array;
  readonly kernel: NativeKernel;
  /** The free ones. */
  readonly intercepts: Float64Array;
  readonly epsilon?: number;
}

/** One round, and what it was to each task (m). */
export interface LoopRound extends Omit<NativeRoundOfTasks, "record"> {
  readonly record: RoundRecord;
}

/** What a loop is made of. */
export interface LoopSetup {
  readonly data: PreparedData;
  readonly labels: LabelMapping | undefined;
  readonly classWeights: ClassWeights | undefined;
  readonly options: ResolvedOptions;
  /** Empty; every round is written into it. */
  readonly history: History;
  readonly onProgress: () => void;
  /** Clients of the same data, with which the loop's own share what they have measured. */
  readonly like?: NativeClientPool | undefined;
}

/** One training's clients, server and progress. */
export class OuterLoop {
  readonly clients: NativeClientPool;
  readonly server: NativeServer;
  readonly #data: PreparedData;
  readonly #options: ResolvedOptions;
  readonly #history: History;
  readonly #onProgress: () => void;
  readonly #rule: StoppingRule;
  readonly #certifyEvery: number;
  readonly #tasks: number;
  #checkpoints: CheckpointFolder | undefined;
  #rounds = 0;
  #roundsOfWStep = 0;
  /** The W step has met its targets; what follows is not decided yet. */
  #wStepDone = false;
  /** Since the last checkpoint. */
  #changed = false;
  #aborted = false;
  #steps: Float64Array;

  /** Makes the clients and the server; throws what the addon says of data or relationship. */
  constructor({ data, labels, classWeights, options, history, onProgress, like }: LoopSetup) {
    this.#data = data;
    this.#options = options;
    this.#history = history;
    this.#onProgress = onProgress;
    this.#tasks = data.tasks.describe().taskCount;
    requireMemory(this.#tasks, data.cols, options.policy === "accelerated");
    const { loss, smoothing, lossEpsilon, huberDelta, weighting, seed, threads, policy, shrinking } = options;
    const { omegaSteps, omegaTolerance, gram, localEpochs } = options;
    const named = { tasks: this.#tasks, names: () => data.tasks.names() };
    const relationship = toNative(options.relationship, named, omegaSteps, omegaTolerance);
    const solver = {
      ...{ loss, smoothing, lossEpsilon, huberDelta, weighting, seed, threads, shrinking, gram, localEpochs },
      positive: labels?.positive,
      ...classWeights,
      freeIntercept: options.intercept === "free",
      momentum: policy === "accelerated",
    };
    this.clients = new native.ClientPool(data.tasks, solver, like);
    this.server = new native.Server({
      ...{ tasks: this.#tasks, cols: data.cols, relationship, policy, threads },
      clients: this.clients,
    });
    this.#rule = new StoppingRule(options, isLearned(options.relationship));
    this.#certifyEvery =
      options.certifyEvery === "auto" ? automaticCertifyEvery(options.localEpochs) : options.certifyEvery;
    const offsets = data.tasks.offsets();
    this.#steps = offsets.subarray(1);
    for (let t = 0, first = 0; t < this.#tasks; t++) {
      const end = this.#steps[t] ?? 0;
      this.#steps[t] = Math.max(1, Math.round(options.localEpochs * (end - first)));
      first = end;
    }
  }

  /** Abandons the native work under way. */
  abort(): void {
    this.#aborted = true;
    this.server.cancel();
  }

  /** Goes on from a checkpoint of the same training; before `run`. @throws FedmtlError BAD_MODEL */
  restore(state: SavedState): void {
    this.server.restore(this.clients, state);
    this.#history.restore(state);
    this.#rule.restore(state, this.#history.omegaSteps.at(-1));
    this.#rounds = this.#history.length;
    this.#roundsOfWStep = storedNumber(state, "loop.roundsOfWStep");
    this.#wStepDone = storedNumber(state, "loop.wStepDone") === 1;
    this.#onProgress();
  }

  /** Begins where a model is; before `run`. */
  startFrom({ scores, W, epsilon }: WarmStart): Promise<void> {
    return this.server.startFrom(this.clients, scores, W, epsilon);
  }

  /**
   * Takes the result out: W, the kernel over tasks and the intercepts. Clients and server are disposed of at once rather
   * than when they are collected, since they hold threads, and the clients first, since a model copies what it needs.
   *
   * @param keepClients leaves the clients to the caller, for the loop of the next class to share what they have measured
   */
  finish(keepClients: boolean): LoopResult {
    const intercepts = this.clients.intercepts();
    if (!keepClients) {
      this.clients.dispose();
    }
    const { W, epsilon } = this.server.finish();
    const kernel = this.server.kernel();
    this.server.dispose();
    return { W, kernel, intercepts, ...(epsilon === undefined ? {} : { epsilon }) };
  }

  /** Runs the training to its end, which a checkpoint marks too. */
  async run(checkpoints: CheckpointFolder | undefined): Promise<LoopEnd> {
    this.#checkpoints = checkpoints;
    const verdict = await this.#alternate();
    // Before the last certificate rebuilds V: a training that is given more rounds shall not see that it ended here.
    await this.#writeCheckpoint();
    return await this.conclude(verdict);
  }

  /** Certifies alpha itself after the last round; `finish` follows. */
  async conclude(verdict: "converged" | "budget"): Promise<LoopEnd> {
    if (isLearned(this.#options.relationship)) {
      await this.server.fixDefaults();
    }
    const certificate = toCertificate(await this.server.certifyFromAlpha(this.clients));
    const status = this.#aborted && verdict !== "converged" ? "aborted" : verdict;
    return { status, certificate, omegaSteps: this.#rule.omegaSteps };
  }

  /** W steps, which are rounds at fixed Omega until the targets hold, and Omega steps between them. */
  async #alternate(): Promise<"converged" | "budget"> {
    for (;;) {
      const end = await this.prepareRound();
      if (end !== undefined) {
        return end;
      }
      await this.#runRounds();
      await this.#writeCheckpointIfDue();
    }
  }

  /**
   * Takes the Omega steps that are due before the next round.
   *
   * @returns undefined if a round shall follow, else how the training ends
   */
  async prepareRound(): Promise<"converged" | "budget" | undefined> {
    while (!this.#aborted) {
      const outOfRounds = this.#rounds >= this.#options.stop.rounds;
      if (!this.#wStepDone && !outOfRounds) {
        return undefined;
      }
      const certificate = this.#history.at(this.#rounds - 1)?.certificate;
      const verdict = certificate === undefined ? "budget" : this.#rule.judge(certificate);
      if (certificate === undefined || verdict === "converged" || verdict === "budget") {
        return verdict === "converged" ? verdict : "budget";
      }
      if (outOfRounds) {
        return "budget";
      }
      await this.#follow(verdict, certificate);
      await this.#writeCheckpointIfDue();
    }
    return "budget";
  }

  async #follow(verdict: "omega-step" | "solve-on", certificate: Certificate): Promise<void> {
    if (verdict === "omega-step") {
      if (!(await this.#stepOmega(certificate))) {
        return; // aborted; a training that is gone on with takes the step
      }
    } else {
      this.#rule.solveOn();
    }
    this.#wStepDone = false;
    this.#changed = true;
  }

  /** Returns whether the step was taken, rather than cancelled. */
  async #stepOmega(certificate: Certificate): Promise<boolean> {
    const start = performance.now();
    const step = await this.server.stepOmega();
    if (!step.taken) {
      return false;
    }
    const { regularizerBefore, regularizerAfter, rank, cutBound } = step;
    const seconds = (performance.now() - start) / 1000;
    this.#history.omegaSteps.push({
      ...{ round: this.#rounds, regularizerBefore, regularizerAfter, rank, cutBound, seconds },
    });
    this.#rule.omegaStepTaken(step, certificate);
    this.#roundsOfWStep = 0;
    return true;
  }

  async #writeCheckpointIfDue(): Promise<void> {
    if (this.#checkpoints?.isDue(this.#rounds) === true) {
      await this.#writeCheckpoint();
    }
  }

  async #writeCheckpoint(): Promise<void> {
    if (this.#checkpoints === undefined || !this.#changed) {
      return;
    }
    await this.#checkpoints.write(this.#rounds, this.save());
    this.#changed = false;
  }

  /** What `restore` needs, between rounds. */
  save(): SavedState {
    return {
      ...this.server.save(this.clients),
      ...this.#rule.save(),
      ...this.#history.save(),
      "loop.roundsOfWStep": Float64Array.of(this.#roundsOfWStep),
      "loop.wStepDone": Float64Array.of(this.#wStepDone ? 1 : 0),
    };
  }

  /**
   * One round with the given coordinate steps, m, after `prepareRound`.
   *
   * @returns undefined if it was abandoned
   */
  async runRound(steps: Float64Array, wantTheta: boolean): Promise<LoopRound | undefined> {
    const answer = await this.server.runRound(this.clients, this.#plan(1), steps, wantTheta);
    this.#record(answer.record);
    const record = answer.record.length === 0 ? undefined : this.#history.at(this.#history.length - 1);
    return record === undefined ? undefined : { ...answer, record };
  }

  /** One native call. */
  async #runRounds(): Promise<void> {
    const { stop, budgets } = this.#options;
    const left = stop.rounds - this.#rounds;
    const untilCheckpoint = this.#checkpoints?.roundsUntilDue(this.#rounds) ?? left;
    const plan = this.#plan(budgets === undefined ? Math.min(left, untilCheckpoint) : 1);
    const steps = budgets === undefined ? this.#steps : budgets(this.#rounds + 1);
    const table = await this.server.runRounds(this.clients, plan, steps);
    this.#record(table);
    this.#onProgress();
  }

  #plan(maxRounds: number): NativeRoundPlan {
    const left = this.#options.stop.rounds - this.#rounds;
    const targets = this.#rule.targets();
    return {
      firstRound: this.#rounds + 1,
      maxRounds,
      roundOfWStep: this.#roundsOfWStep,
      certifyEvery: this.#certifyEvery,
      certifyAlwaysFrom: targets.mayEndFrom,
      lastRound: this.#roundsOfWStep + left,
      stopRelativeGap: targets.relativeGap,
      stopGap: targets.gap,
      stopObjective: targets.objective,
      seconds: secondsPerCall,
    };
  }

  /** Writes the rounds of a native call into the history. */
  #record(table: Float64Array): void {
    const momentum = this.#options.policy === "accelerated";
    for (let start = 0; start < table.length; start += recordFields) {
      const row = table.subarray(start, start + recordFields);
      const [round = 0, steps = 0, flops = 0, participants = 0, seconds = 0, isCertified, stops] = row;
      const [gamma = 1, restarted = 0, primal = 0, dual = 0, gap = 0, jointObjective = 0, jointDual = 0] =
        row.subarray(7);
      const certified = isCertified === 1;
      const orNaN = (value: number): number => (certified ? value : Number.NaN);
      this.#history.append({
        round,
        omegaStep: this.#rule.omegaSteps,
        steps,
        participants,
        ...roundBytes({ participants, certified, momentum }, this.#tasks, this.#data.cols),
        flops:
          flops + (certified ? passFlops(this.#data.nnz) : 0) + (round === 1 ? passFlops(this.#data.nnz) : 0),
        seconds,
        gamma,
        restarted,
        primal: orNaN(primal),
        dual: orNaN(dual),
        gap: orNaN(gap),
        jointObjective: orNaN(jointObjective),
        jointDual: orNaN(jointDual),
      });
      this.#rounds = round;
      this.#roundsOfWStep++;
      this.#wStepDone = stops === 1;
      this.#changed = true;
    }
  }
}
