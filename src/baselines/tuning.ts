/**
 * The choice of a method's one scaling: every candidate runs for some rounds on the data at hand, from the same start and
 * with the same random streams, and the one with the lowest objective wins. Deterministic: nothing is timed.
 */
import { FedmtlError } from "../errors.js";
import type { Method } from "../systems/method.js";
import type { ResolvedBaseline } from "./options.js";

/** One candidate of a search. */
export interface TuningTrial {
  readonly scaling: number;
  /** The method's objective after the rounds of the search; Infinity where it diverged. */
  readonly objective: number;
}

/** A method with one scaling. */
export interface TunedMethod extends Method {
  /** The one in force. */
  readonly scaling: number;
  /** The search that chose it, in the order of the candidates; empty where it was given. */
  readonly trials: readonly TuningTrial[];
}

/** Makes the method with a scaling. */
export type MethodMaker<M extends Method> = (scaling: number, trials: readonly TuningTrial[]) => M;

async function objectiveAfter(method: Method, rounds: number, localEpochs: number): Promise<number> {
  const steps = method.rowCounts.map((count) => Math.max(1, Math.round(localEpochs * count)));
  try {
    for (let round = 1; round <= rounds; round++) {
      await method.round({ round, steps });
    }
    const { primal } = await method.objective();
    return Number.isFinite(primal) ? primal : Number.POSITIVE_INFINITY;
  } catch (error) {
    if (error instanceof FedmtlError && error.code === "NUMERICAL") {
      return Number.POSITIVE_INFINITY;
    }
    throw error;
  }
}

/**
 * The method with the scaling that was given, or with the best of the candidates.
 *
 * @param candidates of the method, from the largest; those of the options come first
 * @throws FedmtlError NUMERICAL if every candidate diverges
 */
export async function tuned<M extends Method>(
  { scaling, tuning }: ResolvedBaseline,
  candidates: readonly number[],
  make: MethodMaker<M>,
): Promise<M> {
  if (scaling !== undefined) {
    return make(scaling, []);
  }
  const trials: TuningTrial[] = [];
  for (const candidate of tuning.candidates ?? candidates) {
    const method = make(candidate, []);
    const objective = await objectiveAfter(method, tuning.rounds, tuning.localEpochs);
    method.dispose();
    trials.push({ scaling: candidate, objective });
  }
  const best = trials.reduce((a, b) => (b.objective < a.objective ? b : a), {
    scaling: Number.NaN,
    objective: Number.POSITIVE_INFINITY,
  });
  if (!Number.isFinite(best.objective)) {
    const given = trials.map((trial) => trial.scaling).join(", ");
    throw new FedmtlError(
      "NUMERICAL",
      `the objective diverges with every scaling tried (${given}); give smaller ones`,
    );
  }
  return make(best.scaling, trials);
}
