// Run by test/kernels.test.ts as a process, because the level of the kernels is chosen once in each: prints the level in
// force and how far trainings are from those of the reference implementation.
import { fit, mean } from "fedmtl";
import { referenceFit } from "fedmtl/reference";
import { hardTasks, storages, toTaskSet } from "./native_problems.js";
import { fitOptions, lossNames, lossShape } from "./reference_problems.js";

/** Rows long enough for the widest vectors, with every kind of tail. */
const shape = { sizes: [9, 1, 14, 6], d: 143 };

async function main(): Promise<void> {
  const errors: number[] = [];
  let kernel = "";
  for (const [index, loss] of lossNames.entries()) {
    for (const storage of storages) {
      const tasks = hardTasks(index, loss, shape, storage);
      const shared = { ...lossShape, loss, weighting: "mean", policy: "row", seed: 1 } as const;
      const lambdas = { lambda1: 0.3, lambda2: 0.1 };
      const rounds = 15; // fewer than to the gap at which the reference stops
      const relationship = { family: "mean", ...lambdas } as const;
      const expected = referenceFit(tasks, fitOptions({ ...shared, relationship, rounds }));
      const { model } = await fit(toTaskSet(tasks, storage), {
        ...{ ...shared, relationship: mean(lambdas), shrinking: false, stop: { gap: 0, rounds } },
      }).result;
      kernel = model.versions.kernel;
      const W = expected.W.transpose().to1DArray();
      const ours = model.names.flatMap((name) => [...model.weights(name)]);
      const scale = Math.max(...W.map(Math.abs));
      errors.push(...W.map((value, i) => Math.abs(value - (ours[i] as number)) / scale));
    }
  }
  console.log(JSON.stringify({ kernel, error: Math.max(...errors) }));
}

void main();
