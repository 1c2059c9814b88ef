// From a data file to a certified model, its test error and its predictions.
//
//     fedmtl generate --tasks 12 --clusters 3 --cols 40 --seed 7 --out wearables.svm
//     npx tsx examples/quickstart.ts wearables.svm
import { fit, independent, readTasks, traceNorm } from "fedmtl";

async function main(path = "wearables.svm"): Promise<void> {
  // Rows of svmlight text; qid says which task (here: whose wearable) a row belongs to.
  const tasks = await readTasks(path);
  const { train, test } = tasks.split({ test: 0.25, seed: 1 });
  console.log(`${tasks.taskCount} tasks, ${train.rowCount} rows to train on, ${test.rowCount} to test on`);

  // The same data twice: every task alone, then all together with the relations between them learned.
  const common = { loss: "hinge", weighting: "mean", stop: { gap: 1e-3 }, seed: 1 } as const;
  const alone = await fit(train, { ...common, relationship: independent({ lambda1: 1 }) }).result;
  const together = await fit(train, { ...common, relationship: traceNorm({ lambda1: 0.1 }) }).result;

  for (const [name, { status, model, certificate }] of Object.entries({ alone, together })) {
    const error = 100 * (model.evaluate(test).macro.error ?? Number.NaN);
    const percent = (100 * certificate.relativeGap).toFixed(2);
    console.log(`${name}: ${status} to ${percent} % of the optimum, mean test error ${error.toFixed(1)} %`);
  }

  // What was learned about the tasks: 1 means the same model, 0 that they do not inform each other.
  const { model } = together;
  const correlation = model.correlation(["task-01", "task-04", "task-02"]);
  console.log(`task-01 and task-04 (same cluster): ${correlation.get(0, 1).toFixed(2)}`);
  console.log(`task-01 and task-02 (different clusters): ${correlation.get(0, 2).toFixed(2)}`);

  // Predictions are per task. Rows may be arrays, typed arrays, sparse rows or a Matrix of ml-matrix.
  const row = Array.from({ length: model.cols }, (_, j) => Math.sin(j));
  console.log(
    `task-01 says ${model.predict("task-01", row)[0]}, task-02 says ${model.predict("task-02", row)[0]}`,
  );
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
