/**
 * The problems that benchmarks run on: generated, seeded, the same on every machine.
 */
import { TaskSet } from "fedmtl";
import { generate } from "../dist/data/generate.js";

/** A problem's shape. */
export interface Shape {
  readonly tasks: number;
  /** Rows of every task. */
  readonly rows: number;
  readonly cols: number;
}

/** A dense classification problem. */
export function denseProblem({ tasks, rows, cols }: Shape): TaskSet {
  const data = generate({ profile: "custom", tasks, cols, rows: [rows, rows], clusters: 3, seed: 1 });
  return TaskSet.fromDense({
    features: data.features,
    cols,
    labels: data.labels,
    tasks: Array.from(data.taskOfRow, (t) => data.ids[t] as string),
  });
}
