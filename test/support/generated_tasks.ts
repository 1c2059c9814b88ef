// Task sets made of generated data, with known clusters of tasks.
import { TaskSet } from "fedmtl";
import { generate, type GenerateOptions } from "../../dist/data/generate.js";

/** A set of generated tasks; its names are those of the generator. */
export function generatedTasks(options: GenerateOptions): TaskSet {
  const data = generate(options);
  return TaskSet.fromDense({
    features: data.features,
    cols: data.recipe.cols,
    labels: data.labels,
    tasks: Array.from(data.taskOfRow, (t) => data.ids[t] as string),
  });
}
