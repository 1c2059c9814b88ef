/**
 * A training of a given shape, for a profiler to watch: `tsx bench/profiled.ts NAME`. Prints the seconds of its rounds and the
 * steps made. scripts/profile.cjs runs it.
 */
import { type FitOptions, fit, mean, type TaskSet, traceNorm } from "fedmtl";
import { denseProblem, sparseProblem } from "./problems.js";

interface Profiled {
  make(): TaskSet;
  readonly options: FitOptions;
}

const shared: FitOptions = { threads: 1, positive: 1, weighting: "mean" };
const profiled: Readonly<Record<string, Profiled>> = {
  "dense-561": {
    make: () => denseProblem({ tasks: 30, rows: 340, cols: 561 }),
    options: {
      ...{ loss: "smoothed-hinge", relationship: mean({ lambda1: 1e-5, lambda2: 1e-5 }) },
      stop: { gap: 0, rounds: 1500 },
    },
  },
  "dense-9": {
    make: () => denseProblem({ tasks: 29, rows: 500, cols: 9 }),
    options: { loss: "hinge", relationship: traceNorm({ lambda1: 1e-3 }), stop: { gap: 0, rounds: 12_000 } },
  },
  "sparse-60": {
    make: () => sparseProblem({ tasks: 20, rows: 5000, cols: 50_000 }, 60),
    options: {
      ...{ loss: "hinge", relationship: mean({ lambda1: 1e-3, lambda2: 1e-3 }) },
      stop: { gap: 0, rounds: 400 },
    },
  },
};

async function main(): Promise<void> {
  const [name = ""] = process.argv.slice(2);
  const one = profiled[name];
  if (one === undefined) {
    throw new Error(`no training "${name}"; there are ${Object.keys(profiled).join(", ")}`);
  }
  const { history } = await fit(one.make(), { ...shared, ...one.options }).result;
  const { log } = console;
  log(
    JSON.stringify({
      seconds: history.total("seconds"),
      steps: history.total("steps"),
      rounds: history.length,
    }),
  );
}

void main();
