// MOCHA, both sides in one process: W steps (rounds at fixed Omega, alpha kept) alternate with Omega steps.
//
// Problem: minimise over W (d × m), and Omega where it is learned,
//     P + g(Omega),   P = sum_ti q_ti loss(w_t'x_ti, y_ti) + 1/2 tr(W (lambda1 Omega + lambda2 I) W').
// Input: tasks and options; output: W, alpha, K and the certificate (primal, dual, gap) of every round.
// Reference: Smith, Chiang, Sanjabi & Talwalkar, "Federated Multi-Task Learning", NIPS 2017, Algorithm 1.
// Written to be read, not to be fast: it is the oracle the native core is tested against.

import type { Matrix } from "ml-matrix";
import { ReferenceClient, type ReferenceTask, type ReferenceWeighting } from "./client.js";
import { type ReferenceLossName, type ReferenceLossShape, referenceLoss } from "./losses.js";
import { type OmegaSteps, omegaStepsOf } from "./omega_steps.js";
import {
  initialRelation,
  isLearned,
  penalty,
  type ReferenceRelationship,
  regulariserAt,
} from "./relationships.js";
import { type ReferencePolicy, ReferenceServer } from "./server.js";
import { defaultEpsilon } from "./trace_norm.js";

export interface ReferenceOptions extends ReferenceLossShape {
  loss: ReferenceLossName;
  relationship: ReferenceRelationship;
  weighting: ReferenceWeighting;
  policy: ReferencePolicy;
  /**
   * Budget of a task in a round, in passes over its rows: max(1, round(localEpochs n_t)) coordinate steps.
   */
  localEpochs: number;
  seed: number | bigint;
  /** Limit on the rounds of the whole run. */
  rounds: number;
  /** A W step ends at this relative gap. */
  gap: number;
  /** Learned families: rounds after which a W step may end short of the gap; default 10. */
  omegaEvery?: number;
  /** Learned families: limit on the Omega steps; default as many as the rounds allow. */
  omegaSteps?: number;
  /** trace-norm: Omega steps over which the floor sinks to epsilon, >= 1; default three quarters of omegaSteps. */
  sinkingSteps?: number;
  /** trace-norm: relative rise of Q that evening out small eigenvalues of Sigma may cost; default 0. */
  cutTolerance?: number;
  /** Coordinate steps of task number `task` in a round, in place of the localEpochs rule; 0: it drops out. */
  budgets?: (round: number, task: number) => number;
  /** Called after every round with a snapshot of its own. */
  onRound?: (state: ReferenceState) => void;
  /** Called after every Omega step: the same alpha under the new relation. */
  onOmegaStep?: (state: ReferenceState) => void;
}

export interface ReferenceCertificate {
  /** P at W = V K for the Omega in force, without g. */
  primal: number;
  dual: number;
  /** primal - dual. */
  gap: number;
  /** gap / max(|primal|, |dual|), 0 if both are 0. */
  relativeGap: number;
  /** primal + g(Omega); for trace-norm (until epsilon is chosen) and sparse-precision NaN during the first W step. */
  jointObjective: number;
}

export interface ReferenceRecord extends ReferenceCertificate {
  /** 1, 2, …, over the whole run. */
  round: number;
  /** Omega steps made so far. */
  omegaStep: number;
  /** Tasks that took part. */
  participants: number;
  /** The step that the server took towards their proposals, in [0, 1]. */
  gamma: number;
  /** Whether the momentum began anew. */
  restarted: boolean;
}

export interface ReferenceSolution {
  /** d × m. */
  W: Matrix;
  /** d × m, column t is sum_i q_ti alpha_ti x_ti. */
  V: Matrix;
  /** One array a task, length n_t. */
  alpha: number[][];
  /** m × m. */
  K: Matrix;
  /** m × m; undefined where the family has none. */
  sigma: Matrix | undefined;
  /** sigmaPrime_t, length m. */
  sigmaPrime: number[];
  /** trace-norm: the epsilon in force; undefined until chosen and for other families. */
  epsilon: number | undefined;
}

export interface ReferenceState extends ReferenceRecord, ReferenceSolution {}

/** 1/2 tr(W M W') + g(Omega) before and after an Omega step, W held. */
export interface ReferenceOmegaRecord {
  regulariserBefore: number;
  regulariserAfter: number;
}

export interface ReferenceResult extends ReferenceSolution {
  /** One record a round. */
  history: ReferenceRecord[];
  /** One record an Omega step. */
  omegaHistory: ReferenceOmegaRecord[];
}

/** Trains on the tasks. Throws a RangeError for tasks or options that make no problem. */
export function referenceFit(tasks: ReferenceTask[], options: ReferenceOptions): ReferenceResult {
  return new ReferenceRun(tasks, options).run();
}

class ReferenceRun {
  private readonly clients: ReferenceClient[];
  private readonly server: ReferenceServer;
  private readonly history: ReferenceRecord[] = [];
  private readonly omegaHistory: ReferenceOmegaRecord[] = [];
  private readonly omegaSteps: OmegaSteps;
  private epsilon: number | undefined;
  /** sparse-precision: d, once an Omega step has seen W. */
  private d: number | undefined;

  constructor(
    private readonly tasks: ReferenceTask[],
    private readonly options: ReferenceOptions,
  ) {
    const { loss, weighting, seed, relationship, policy } = options;
    const d = tasks[0]?.X[0]?.length ?? 0;
    if (d === 0 || tasks.some((task) => task.X[0]?.length !== d)) {
      throw new RangeError(
        "there must be at least one task, and all must have the same number of features, at least 1",
      );
    }
    this.clients = tasks.map(
      (task) => new ReferenceClient(task, referenceLoss(loss, options), weighting, seed),
    );
    this.server = new ReferenceServer(d, initialRelation(relationship, tasks.length), policy);
    this.epsilon = relationship.family === "trace-norm" ? relationship.epsilon : undefined;
    const { omegaSteps = Number.POSITIVE_INFINITY } = options;
    const sinkingSteps = options.sinkingSteps ?? Math.min(32, Math.max(1, Math.round(0.75 * omegaSteps)));
    this.omegaSteps = omegaStepsOf(relationship, sinkingSteps, options.cutTolerance);
  }

  /** A W step comes first and last. */
  run(): ReferenceResult {
    this.wStep();
    while (this.omegaStepsRemain() && this.history.length < this.options.rounds) {
      const objectiveBefore = this.omegaStep();
      this.wStep(objectiveBefore);
    }
    this.fixDefaults(); // also where no Omega step came to be
    return { ...this.solution(), history: this.history, omegaHistory: this.omegaHistory };
  }

  /**
   * Rounds until the gap is reached, or, if an Omega step can follow, `omegaEvery` of them. A short W step
   * can end above the joint objective of the one before it: it goes on until it does not.
   */
  private wStep(previousJointObjective = Number.POSITIVE_INFINITY): void {
    const { rounds, gap, omegaEvery = 10 } = this.options;
    const isFirst = this.omegaHistory.length === 0; // its joint objective may not be known yet
    for (let count = 1; this.history.length < rounds; count++) {
      const { relativeGap, jointObjective } = this.round();
      const mayLeave = this.omegaStepsRemain() && count >= omegaEvery;
      if (relativeGap <= gap || (mayLeave && (isFirst || jointObjective <= previousJointObjective))) {
        return;
      }
    }
  }

  private omegaStepsRemain(): boolean {
    const { relationship, omegaSteps = Number.POSITIVE_INFINITY } = this.options;
    return isLearned(relationship) && this.omegaHistory.length < omegaSteps;
  }

  /** Every client solves against its own w_t; the server puts the answers together. */
  private round(): ReferenceRecord {
    const round = this.history.length + 1;
    const proposals = this.clients.map((client, t) => {
      const steps = this.budget(round, t);
      return steps === 0 ? undefined : client.solve({ round, steps, ...this.server.request(t) });
    });
    const end = this.server.close(proposals);
    this.clients.forEach((client, t) => {
      if (proposals[t] !== undefined) {
        client.accept(end.gamma);
      }
      if (end.restarted) {
        client.restart();
      }
    });
    const participants = proposals.filter((proposal) => proposal !== undefined).length;
    const record = {
      round,
      omegaStep: this.omegaHistory.length,
      participants,
      ...end,
      ...this.certificate(),
    };
    this.history.push(record);
    this.options.onRound?.({ ...record, ...this.solution() });
    return record;
  }

  /** Learns Omega from the current W. Returns the joint objective before it. */
  private omegaStep(): number {
    const { relationship, onOmegaStep } = this.options;
    const epsilon = this.fixDefaults();
    const { jointObjective } = this.certificate();
    const { W, relation } = this.server;
    const next = this.omegaSteps.step(relation, W, epsilon);
    const [regulariserBefore, regulariserAfter] = [relation, next].map((each) => {
      return regulariserAt(relationship, each, W, epsilon);
    }) as [number, number];
    this.server.setRelation(next);
    for (const client of this.clients) {
      client.restart();
    }
    this.omegaHistory.push({ regulariserBefore, regulariserAfter });
    if (onOmegaStep !== undefined) {
      const nobody = { round: this.history.length, participants: 0, gamma: 1, restarted: true };
      onOmegaStep({
        ...{ ...nobody, omegaStep: this.omegaHistory.length },
        ...{ ...this.certificate(), ...this.solution() },
      });
    }
    return jointObjective;
  }

  /** What depends on the first W step's result. Returns trace-norm's epsilon, chosen if it was not given; else NaN. */
  private fixDefaults(): number {
    this.d = this.server.W.rows;
    if (this.options.relationship.family === "trace-norm") {
      this.epsilon ??= defaultEpsilon(this.server.W);
    }
    return this.epsilon ?? Number.NaN;
  }

  private budget(round: number, t: number): number {
    const { budgets, localEpochs } = this.options;
    const rows = (this.tasks[t] as ReferenceTask).y.length;
    return budgets?.(round, t) ?? Math.max(1, Math.round(localEpochs * rows));
  }

  /** The certificate at W = V K. */
  private certificate(): ReferenceCertificate {
    const shares = this.clients.map((client, t) => client.objective(this.server.w(t)));
    const lossSum = shares.reduce((total, share) => total + share.lossSum, 0);
    const conjugateSum = shares.reduce((total, share) => total + share.conjugateSum, 0);
    const regulariser = this.server.regulariser();
    const primal = lossSum + regulariser;
    const dual = -conjugateSum - regulariser;
    const gap = primal - dual;
    const scale = Math.max(Math.abs(primal), Math.abs(dual));
    return {
      primal,
      dual,
      gap,
      relativeGap: scale === 0 ? 0 : gap / scale,
      jointObjective: primal + penalty(this.options.relationship, this.server.relation, this.epsilon, this.d),
    };
  }

  /** A copy, so that later rounds leave it alone. */
  private solution(): ReferenceSolution {
    const { W, V, relation, sigmaPrime } = this.server;
    return {
      W: W.clone(),
      V: V.clone(),
      alpha: this.clients.map((client) => client.alpha.slice()),
      K: relation.K.clone(),
      sigma: relation.sigma?.clone(),
      sigmaPrime: sigmaPrime.slice(),
      epsilon: this.epsilon,
    };
  }
}
