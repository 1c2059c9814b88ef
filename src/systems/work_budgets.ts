/**
 * Budgets: how many steps each task may make in a round, before deadlines cut them (docs/math.md, sections 3 and 6).
 */
import { FedmtlError, shown } from "../errors.js";
import { choice } from "../options.js";
import { inRange, inWords } from "../ranges.js";
import type { Method } from "./method.js";
import type { Moment, PartFacts } from "./moment.js";

/** How much work a round is. Implement this for a model of one's own. */
export interface WorkBudget {
  readonly name: string;
  readonly facts?: PartFacts;
  /** Whether it only makes sense with a deadline. */
  readonly needsDeadline?: boolean;
  /** Writes the steps of every task, whole numbers from 0; n_t = method.rowCounts[t] of them are a pass over its rows. */
  steps(moment: Moment, method: Method, localEpochs: number, steps: Float64Array): void;
}

const atLeastOne = (steps: number): number => Math.max(1, Math.round(steps));

/** localEpochs passes over a task's own rows. */
const fixedBudget: WorkBudget = {
  name: "fixed",
  steps(_, { rowCounts }, localEpochs, steps) {
    for (let t = 0; t < steps.length; t++) {
      steps[t] = atLeastOne(localEpochs * (rowCounts[t] as number));
    }
  },
};

/** steps_t = localEpochs n_min U[least, 1], anew every round: the paper's variability of systems. */
function variableBudget(name: string, least: number): WorkBudget {
  return {
    name,
    steps({ round, random }, { rowCounts }, localEpochs, steps) {
      const fewest = rowCounts.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
      const word = random.word("budget", round);
      for (let t = 0; t < steps.length; t++) {
        const share = least + (1 - least) * random.uniform(word, t);
        steps[t] = atLeastOne(localEpochs * fewest * share);
      }
    },
  };
}

/**
 * As many steps as a device's clock allows until the deadline.
 *
 * @param mostEpochs passes over a task's rows at which it stops in any case
 * @throws FedmtlError INVALID_OPTION
 */
export function untilDeadline(mostEpochs = 10): WorkBudget {
  const range = { above: 0, most: 1e9 };
  if (!inRange(mostEpochs, range)) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `the most epochs of a deadline are ${shown(mostEpochs)}; give ${inWords(range)}`,
    );
  }
  return {
    name: "deadline",
    facts: { mostEpochs },
    needsDeadline: true,
    steps(_, { rowCounts }, __, steps) {
      for (let t = 0; t < steps.length; t++) {
        steps[t] = atLeastOne(mostEpochs * (rowCounts[t] as number));
      }
    },
  };
}

/** The names of the budgets. */
export const budgetNames = ["fixed", "high", "low", "deadline"] as const;
export type BudgetName = (typeof budgetNames)[number];

const named: Readonly<Record<BudgetName, WorkBudget>> = {
  fixed: fixedBudget,
  high: variableBudget("high", 0.1),
  low: variableBudget("low", 0.9),
  deadline: untilDeadline(),
};

/** @throws FedmtlError INVALID_OPTION */
export function budgetOf(given: BudgetName | WorkBudget | undefined): WorkBudget {
  if (typeof given === "object" && given !== null && typeof given.steps === "function") {
    return given;
  }
  return named[choice("budget", given as BudgetName | undefined, budgetNames, "fixed")];
}
