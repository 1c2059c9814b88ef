/**
 * One's own loop: a Client and a Server that meet only through messages, as in fit, with everything between them left to
 * the caller: who takes part, how much work each does, how messages travel, when Omega steps are taken
 * (examples/own-loop.ts).
 */
import type { TaskSet } from "../data/task_set.js";
import { FedmtlError, invalidChoice } from "../errors.js";
import { type NativeClientPool, type NativeServer, native } from "../native.js";
import { type FitOptions, type Loss, type Policy, resolveOptions } from "../options.js";
import { type Certificate, type OmegaRecord, toCertificate } from "./history.js";
import { isClassification } from "./labels.js";
import { positionsOf } from "./positions.js";
import { type Relationship, toNative } from "./relationships.js";

/** server -> client. */
export interface RoundRequest {
  /** 1, 2, …: keys the client's random stream. */
  readonly round: number;
  /** d weights to work against: w_t, ahead of itself by the momentum. */
  readonly w: Float64Array;
  /** sigmaPrime_t K_tt, what a client needs to know of the other tasks. */
  readonly S: number;
  /** Budget in coordinate steps. */
  readonly steps: number;
  /** Momentum, in [0, 1). */
  readonly beta: number;
  /** Round of the client's last proposal that arrived; a later one was lost and counts as never made. */
  readonly decidedRound: number;
  /** What became of that proposal: the step taken towards it, in [0, 1]. */
  readonly gamma: number;
  /** Restarts of the momentum so far. */
  readonly restarts: number;
  /** Whether the answer shall bound theta, which costs a pass over the data. */
  readonly wantTheta?: boolean;
}

/** client -> server. */
export interface Proposal {
  /** Of the request it answers. */
  readonly round: number;
  /** d numbers, v_t = X_t'(q alpha_t) after the proposal; absolute, so that a repeated message does no harm. */
  readonly v: Float64Array;
  /** sum_i q_i [loss*(-alpha_i) - loss*(-(alpha_i + Delta_i))] */
  readonly e: number;
  /** Coordinate steps made. */
  readonly steps: number;
  readonly flops: number;
  /** Bound on theta_t^h in [0, 1] if it was asked for, else 1. */
  readonly theta: number;
}

/** server -> client: asks for an Objective at w_t itself. */
export type EvaluationRequest = Pick<RoundRequest, "w" | "decidedRound" | "gamma" | "restarts">;

/** client -> server on request: its share of primal and dual at the w it received. */
export interface Objective {
  readonly lossSum: number;
  readonly conjugateSum: number;
}

/** What a client has to know; all clients of a training use the same. */
export type ClientOptions = Pick<
  FitOptions,
  | "loss"
  | "smoothing"
  | "lossEpsilon"
  | "huberDelta"
  | "weighting"
  | "positive"
  | "seed"
  | "shrinking"
  | "gram"
  | "localEpochs"
> & {
  /** `free`: an unpenalised intercept; a penalised one is a constant feature in the data. By default `none`. */
  readonly intercept?: "none" | "free";
  /** The server's; by default `accelerated`. Decides whether the client keeps the state before the last one. */
  readonly policy?: Policy;
};

/** One task: its data and alpha_t, which never leave it. */
export class Client {
  readonly name: string;
  /** n_t */
  readonly rowCount: number;
  readonly #pool: NativeClientPool;

  /**
   * @param tasks a set of exactly one task
   * @throws FedmtlError INVALID_ARGUMENT, INVALID_OPTION, BAD_INPUT for labels that do not fit the loss
   */
  constructor(tasks: TaskSet, options: ClientOptions = {}) {
    const [name] = tasks.names;
    if (tasks.taskCount !== 1 || name === undefined) {
      throw new FedmtlError(
        "INVALID_ARGUMENT",
        `a client owns one task, the set has ${tasks.taskCount}; use tasks.select([name])`,
      );
    }
    this.name = name;
    this.rowCount = tasks.rowCount;
    const { loss, smoothing, lossEpsilon, huberDelta, weighting, seed, intercept, policy } =
      resolveOptions(options);
    const { shrinking, gram, localEpochs } = resolveOptions(options);
    this.#pool = new native.ClientPool(tasks.native, {
      ...{ loss, smoothing, lossEpsilon, huberDelta, weighting, seed },
      positive: positiveLabelOf(tasks, loss, options.positive),
      threads: 1,
      freeIntercept: intercept === "free",
      momentum: policy === "accelerated",
      ...{ shrinking, gram, localEpochs },
    });
  }

  /** Applies the decision on the last proposal, then solves the subproblem within the budget. */
  propose(request: RoundRequest): Promise<Proposal> {
    return this.#pool.propose(0, request);
  }

  /** Applies the decision on the last proposal, then evaluates at w_t. */
  evaluate(request: EvaluationRequest): Objective {
    return this.#pool.evaluate(0, request);
  }

  /** n_t dual variables of the last decided round. */
  alpha(): Float64Array {
    return this.#pool.alpha();
  }

  /** Frees the native memory now. */
  dispose(): void {
    this.#pool.dispose();
  }
}

/**
 * The label that stands for +1. A client may hold one class only and cannot tell from it which: unless its labels are
 * -1 / +1, it must be told.
 *
 * @throws FedmtlError BAD_INPUT
 */
function positiveLabelOf(tasks: TaskSet, loss: Loss, positive: number | undefined): number | undefined {
  if (!isClassification(loss) || positive !== undefined) {
    return positive;
  }
  const stray = tasks.labels().find((label) => label !== 1 && label !== -1);
  if (stray !== undefined) {
    throw new FedmtlError(
      "BAD_INPUT",
      `a client cannot know the labels of the other tasks: it found ${stray}; give -1 / +1, or name the positive label`,
    );
  }
  return 1;
}

/** What a server has to know. */
export interface ServerOptions {
  /** Names of the tasks, in the order of a fixed relationship's matrix. */
  readonly tasks: readonly string[];
  /** d */
  readonly cols: number;
  readonly relationship: Relationship;
  /** By default `accelerated`. */
  readonly policy?: Policy;
}

/** V, K, W and Omega; it never sees data or alpha. */
export class Server {
  readonly names: readonly string[];
  readonly #native: NativeServer;
  readonly #positions: ReadonlyMap<string, number>;

  /** @throws FedmtlError INVALID_OPTION; RangeError for a matrix that is not symmetric or not positive semi-definite */
  constructor(options: ServerOptions) {
    const { policy, threads, omegaSteps, omegaTolerance } = resolveOptions(
      options.policy === undefined ? {} : { policy: options.policy },
    );
    if (options.tasks.length === 0 || new Set(options.tasks).size !== options.tasks.length) {
      throw new FedmtlError("INVALID_OPTION", "tasks must be at least one name, each of them once");
    }
    if (!(Number.isSafeInteger(options.cols) && options.cols > 0)) {
      throw new FedmtlError("INVALID_OPTION", `cols is ${options.cols}; give a whole number from 1`);
    }
    this.names = options.tasks;
    this.#positions = positionsOf(options.tasks);
    const tasks = options.tasks.length;
    const named = { tasks, names: () => options.tasks };
    const relationship = toNative(options.relationship, named, omegaSteps, omegaTolerance);
    this.#native = new native.Server({ tasks, cols: options.cols, relationship, policy, threads });
  }

  /** The message to a client: w_t, S_t and what became of its last proposal. */
  request(task: string, message: { readonly round: number; readonly steps: number }): RoundRequest {
    return this.#native.request(this.#position(task), message.round, message.steps);
  }

  /** The message that asks a client for its part of a certificate. */
  evaluation(task: string): EvaluationRequest {
    return this.#native.evaluation(this.#position(task));
  }

  /** Takes a client's answer; a repeated one does no harm. */
  receive(task: string, proposal: Pick<Proposal, "round" | "v" | "e">): void {
    this.#native.receive(this.#position(task), proposal.round, proposal.v, proposal.e);
  }

  /** Ends the round: V moves to the proposals received, W = V K. */
  close(): Promise<void> {
    return this.#native.close();
  }

  /** The certificate at the current W, from the sums of all clients, in the order of `names`. */
  certificate(objectives: readonly Objective[]): Certificate {
    const lossSums = Float64Array.from(objectives, (objective) => objective.lossSum);
    const conjugateSums = Float64Array.from(objectives, (objective) => objective.conjugateSum);
    return toCertificate(this.#native.certificate(lossSums, conjugateSums));
  }

  /** Learns Omega from the current W; then W = V K for the new K. */
  async stepOmega(): Promise<Omit<OmegaRecord, "round" | "seconds">> {
    const { regularizerBefore, regularizerAfter, rank, cutBound } = await this.#native.stepOmega();
    return { regularizerBefore, regularizerAfter, rank, cutBound };
  }

  /** d weights of a task. */
  weights(task: string): Float64Array {
    return this.#native.evaluation(this.#position(task)).w;
  }

  /** Frees the native memory now. */
  dispose(): void {
    this.#native.dispose();
  }

  #position(task: string): number {
    const position = this.#positions.get(task);
    if (position === undefined) {
      throw invalidChoice("task", task, this.names, "UNKNOWN_TASK");
    }
    return position;
  }
}
