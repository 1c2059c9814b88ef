/**
 * Rounds of one local epoch under `independent`: the solver's inner loop by loss, storage and number of features.
 */
import { add, suite } from "benny";
import { fit, independent, type TaskSet } from "fedmtl";
import { losses } from "../dist/options.js";
import { denseProblem, sparseProblem } from "./problems.js";
import { settings, someOf } from "./support.js";

const roundsPerRun = 50;
const size = { tasks: 30, rows: 100 };

async function runSuite(tasks: TaskSet, features: string): Promise<void> {
  const rows = `${size.tasks} tasks × ${size.rows} rows`;
  await suite(
    `${roundsPerRun} rounds of one epoch, ${rows} × ${features}`,
    ...someOf(losses).map((loss) =>
      add(loss, async () => {
        const positive = 1;
        const stop = { gap: 0, rounds: roundsPerRun };
        const relationship = independent({ lambda1: 0.1 });
        await fit(tasks, { loss, relationship, positive, stop, certifyEvery: roundsPerRun }).result;
      }),
    ),
    ...settings,
  );
}

async function main(): Promise<void> {
  for (const cols of someOf([9, 100, 561])) {
    await runSuite(denseProblem({ ...size, cols }), `${cols} features`);
  }
  for (const [cols, nnz] of someOf([
    [123, 14],
    [2000, 60],
    [50_000, 60],
  ] as const)) {
    await runSuite(sparseProblem({ ...size, cols }, nnz), `${nnz} of ${cols} features`);
  }
}

void main();
