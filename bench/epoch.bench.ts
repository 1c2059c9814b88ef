/**
 * Rounds of one local epoch under `independent`: the solver's inner loop by loss and number of features.
 */
import { add, complete, cycle, suite } from "benny";
import { fit, independent } from "fedmtl";
import { losses } from "../dist/options.js";
import { denseProblem } from "./problems.js";

const roundsPerRun = 50;

async function main(): Promise<void> {
  for (const cols of [9, 100, 561]) {
    const tasks = denseProblem({ tasks: 30, rows: 100, cols });
    await suite(
      `${roundsPerRun} rounds of one epoch, 30 tasks × 100 rows × ${cols} features`,
      ...losses.map((loss) =>
        add(loss, async () => {
          const positive = 1;
          const stop = { gap: 0, rounds: roundsPerRun };
          const relationship = independent({ lambda1: 0.1 });
          await fit(tasks, { loss, relationship, positive, stop, certifyEvery: roundsPerRun }).result;
        }),
      ),
      cycle(),
      complete(),
    );
  }
}

void main();
