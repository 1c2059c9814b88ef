// The server: V, the task relation with its kernel K, W = V K, and how a round ends (math.md 1 and 4).
//
// It sends every client w_t and S_t = sigmaPrime_t K_tt and receives v_t and e_t; of the data it knows nothing else.
// A step gamma towards the proposals changes the dual by at least gamma lin - gamma^2 quad / 2, with
//     lin = sum_t e_t - tr(W'Delta V),   quad = tr(Delta V K Delta V').

import { Matrix } from "ml-matrix";
import type { Proposal, RoundRequest } from "./client.js";
import { type SigmaPrimeRule, sigmaPrime } from "./kernel.js";
import type { TaskRelation } from "./relationships.js";

/** A rule for sigma' with whole steps, or what goes beyond the paper, both on `row`. */
export type ReferencePolicy = SigmaPrimeRule | "adaptive" | "accelerated";

/** How a round ended. */
export interface RoundEnd {
  /** The step towards the proposals, in [0, 1]. */
  gamma: number;
  /** Whether the momentum begins anew. */
  restarted: boolean;
}

export class ReferenceServer {
  /** d × m, column t is v_t. */
  readonly V: Matrix;
  /** d × m, V K. */
  W: Matrix;
  /** sigmaPrime_t, length m. */
  sigmaPrime: number[] = [];
  /** adaptive: factor on sigmaPrime. */
  private scale = 1;
  /** accelerated: Nesterov's sequence. */
  private tau = 1;
  /** accelerated: v_t before the last accepted round of each task. */
  private previousV: Matrix;

  constructor(
    d: number,
    public relation: TaskRelation,
    private readonly policy: ReferencePolicy,
  ) {
    this.V = Matrix.zeros(d, relation.K.rows);
    this.previousV = this.V.clone();
    this.W = this.V.clone();
    this.setRelation(relation);
  }

  /** What client t needs for a round. */
  request(t: number): Pick<RoundRequest, "w" | "S" | "beta"> {
    const { K } = this.relation;
    const beta = this.policy === "accelerated" ? (this.tau - 1) / nextTau(this.tau) : 0;
    const change = Matrix.sub(this.W, this.previousV.mmul(K));
    const w = Matrix.add(this.W, change.mul(beta)).getColumn(t);
    return { w, S: this.scale * (this.sigmaPrime[t] as number) * K.get(t, t), beta };
  }

  /** w_t, at which the objectives are evaluated. */
  w(t: number): number[] {
    return this.W.getColumn(t);
  }

  /** Ends a round: V moves towards the proposals, W follows. Undefined: the task dropped out. */
  close(proposals: (Proposal | undefined)[]): RoundEnd {
    const change = Matrix.zeros(this.V.rows, this.V.columns);
    proposals.forEach((proposal, t) => {
      proposal?.v.forEach((value, j) => {
        change.set(j, t, value - this.V.get(j, t));
      });
    });
    const end = this.decide(
      proposals.reduce((total, proposal) => total + (proposal?.e ?? 0), 0),
      change,
    );
    proposals.forEach((proposal, t) => {
      if (proposal !== undefined) {
        this.previousV.setColumn(t, this.V.getColumn(t));
      }
    });
    this.V.add(change.mul(end.gamma));
    this.W = this.V.mmul(this.relation.K);
    if (end.restarted) {
      this.restart();
    }
    return end;
  }

  /**
   * Puts a new relation in force. W must follow at once: a W of the old K is no W(alpha), and the gap would
   * be void.
   */
  setRelation(relation: TaskRelation): void {
    this.relation = relation;
    const rule = this.policy === "adaptive" || this.policy === "accelerated" ? "row" : this.policy;
    this.sigmaPrime = sigmaPrime(relation.K, rule);
    this.W = this.V.mmul(relation.K);
    this.restart();
  }

  /** 1/2 tr(W (lambda1 Omega + lambda2 I) W') = 1/2 sum(V ∘ W), which needs no Omega. */
  regulariser(): number {
    return Matrix.mul(this.V, this.W).sum() / 2;
  }

  private restart(): void {
    this.tau = 1;
    this.previousV = this.V.clone();
  }

  /** The step for proposals that gain sum_t e_t and change V by `change`. */
  private decide(e: number, change: Matrix): RoundEnd {
    const linear = e - Matrix.mul(this.W, change).sum();
    const quadratic = Matrix.mul(change, change.mmul(this.relation.K)).sum();
    const best = quadratic > 0 ? Math.min(1, Math.max(0, linear / quadratic)) : Number(linear >= 0);
    switch (this.policy) {
      case "adaptive":
        this.rescale(quadratic > 0 ? linear / quadratic : 1);
        return { gamma: best, restarted: false };
      case "accelerated":
        if (linear - quadratic / 2 < 0) {
          return { gamma: best, restarted: true };
        }
        this.tau = nextTau(this.tau);
        return { gamma: 1, restarted: false };
      default:
        return { gamma: 1, restarted: false };
    }
  }

  /** Smaller sigma' as long as whole steps stay short of the best one, larger when they overshoot. */
  private rescale(ratio: number): void {
    if (ratio < 1) {
      this.scale = Math.min(1, 1.5 * this.scale);
    } else if (ratio > 1.2) {
      this.scale *= 0.8;
    }
  }
}

function nextTau(tau: number): number {
  return (1 + Math.sqrt(1 + 4 * tau ** 2)) / 2;
}
