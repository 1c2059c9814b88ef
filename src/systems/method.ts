/**
 * What the systems model needs of a federated method: rounds in which every task does as much work as its device allows, and
 * what that work was. MOCHA, CoCoA, mini-batch SDCA and SGD, FedAvg and the others of `src/baselines` all stand behind it, so
 * that one clock, one network and one set of faults serve them all (docs/math.md, sections 3 and 6).
 */
import type { Model } from "../mocha/model.js";

/** What the systems model asks of a round. */
export interface RoundPlan {
  /** 1, 2, …: keys random streams. */
  readonly round: number;
  /** m: visits of rows (coordinate steps, gradients of samples) each task may make at most; 0: it does not take part. */
  readonly steps: Float64Array;
  /** Whether bounds on theta_t^h are asked for, by default false; a method that knows none may leave them out. */
  readonly wantTheta?: boolean;
}

/** What a round cost each task; every array has m entries, in the order of the tasks, and holds until the next round. */
export interface RoundWork {
  /** Visits of rows made; 0 for a task that dropped the round. */
  readonly steps: Float64Array;
  readonly flops: Float64Array;
  /** What the server sent, to dropped tasks too. */
  readonly bytesDown: Float64Array;
  /** What came back, 0 from dropped tasks. */
  readonly bytesUp: Float64Array;
  /** Bounds on theta_t^h in [0, 1], where they were asked for; 1 for tasks that dropped the round. */
  readonly theta?: Float64Array;
  /** Omega steps taken before this round, of a method that takes some. */
  readonly omegaStep?: number;
}

/** How good the models are now, on the objective that the method lowers. */
export interface MethodObjective {
  /** P(W) of docs/math.md, section 1, or the method's own objective. */
  readonly primal: number;
  /** D(alpha), where the method has dual variables. */
  readonly dual?: number;
  /** primal + g(Omega), where the relationship is learned. */
  readonly jointObjective?: number;
}

/** Bytes of one task's messages in a round. */
export interface MessageBytes {
  readonly down: number;
  readonly up: number;
}

/** A method under way. Rounds are asked for one after the other; nothing else is called while one is being made. */
export interface Method {
  /** As in tables and plots, "mocha", "cocoa", "minibatch-sgd". */
  readonly name: string;
  /** m */
  readonly taskCount: number;
  /** Of task t, n_t. */
  readonly rowCounts: Float64Array;
  /** Arithmetic of one visit of a row of task t, m: 4 d for a dense coordinate step. Deadlines are turned into steps by it. */
  readonly flopsPerStep: Float64Array;
  /** Of a round without certificates: what it takes a device before and after its steps, for deadlines too. */
  readonly messageBytes: MessageBytes;
  /**
   * Of a method whose tasks decide themselves when they have done enough: the most steps they take. A budget of the simulation
   * then does not concern them, a deadline does.
   */
  readonly mostSteps?: number;
  /** Whether `prepareRound` decides by the method's own gap when it has converged. */
  readonly ownStoppingRule?: boolean;
  /** What the server does before a round, such as an Omega step; a word if no round shall follow. */
  prepareRound?(): Promise<"converged" | "budget" | undefined>;
  round(plan: RoundPlan): Promise<RoundWork>;
  /** Looks at all data; not part of the method's cost. */
  objective(): Promise<MethodObjective>;
  /** The models, m × d task-major, for the features the method was given. */
  weights(): Float64Array;
  /** What it takes to go on later with the same bits. */
  save(): Readonly<Record<string, Float64Array>>;
  /** Into a fresh method of the same problem. @throws FedmtlError BAD_MODEL */
  restore(state: Readonly<Record<string, Float64Array>>): void;
  /** Ends the method with a model, where it has one; only `dispose` may follow. */
  finish?(verdict: "converged" | "budget"): Promise<Model>;
  /** Frees native memory now. */
  dispose(): void;
}
