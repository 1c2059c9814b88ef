/**
 * Whole small trainings, from the task set to the model: what a call of `fit` costs where the rounds are short.
 */
import { add, suite } from "benny";
import { fit, type FitOptions, independent, mean, traceNorm } from "fedmtl";
import { denseProblem, sparseProblem } from "./problems.js";
import { settings } from "./support.js";

const few = denseProblem({ tasks: 3, rows: 20, cols: 5 });
const fields = denseProblem({ tasks: 29, rows: 500, cols: 9 });
const sparse = sparseProblem({ tasks: 20, rows: 200, cols: 5000 }, 30);

async function train(tasks: typeof few, options: FitOptions): Promise<void> {
  await fit(tasks, { weighting: "mean", positive: 1, ...options }).result;
}

async function main(): Promise<void> {
  await suite(
    "whole trainings to a relative gap of 1e-3",
    add("independent, 3 tasks × 20 rows × 5 features", () =>
      train(few, { relationship: independent({ lambda1: 0.1 }) }),
    ),
    add("mean, 29 tasks × 500 rows × 9 features", () =>
      train(fields, { relationship: mean({ lambda1: 0.1, lambda2: 0.01 }) }),
    ),
    add("trace-norm, logistic, 29 tasks × 500 rows × 9 features", () =>
      train(fields, { loss: "logistic", relationship: traceNorm({ lambda1: 0.01 }) }),
    ),
    add("independent, 20 tasks × 200 rows × 30 of 5,000 features", () =>
      train(sparse, { relationship: independent({ lambda1: 0.01 }) }),
    ),
    ...settings,
  );
}

void main();
