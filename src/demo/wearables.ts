/**
 * The data of the demonstration: synthetic wearables with few rows a person, people in groups that move alike.
 */
import { generate, type Recipe } from "../data/generate.js";
import { TaskSet } from "../data/task_set.js";

/** What there is: profile `har`, made smaller so that the demonstration ends in seconds, and somewhat harder. */
const recipe: Partial<Recipe> = { tasks: 30, cols: 100, rows: [60, 100], clusters: 5, margin: 2.4 };

/** Parts of the data, every person in each. */
export interface Wearables {
  /** All rows. */
  readonly all: TaskSet;
  /** 75 % of each person's rows. */
  readonly train: TaskSet;
  /** The other 25 %, which nothing but the final error looks at. */
  readonly test: TaskSet;
  /** 75 % of the training rows, to try out a lambda. */
  readonly fitting: TaskSet;
  /** The other training rows, to choose a lambda by. */
  readonly validation: TaskSet;
  /** The true group of each person, 0 .. groups - 1. */
  readonly groupOf: Int32Array;
  readonly groups: number;
}

/** Makes the data and splits them; the same for the same seed. */
export function makeWearables(seed: number): Wearables {
  const data = generate({ profile: "har", ...recipe, seed });
  const people = data.ids.map((id) => id.replace("task", "person"));
  const all = TaskSet.fromDense({
    features: data.features,
    cols: data.cols,
    labels: data.labels,
    tasks: Array.from(data.taskOfRow, (person) => people[person] ?? ""),
  });
  const { train, test } = all.split({ test: 0.25, seed });
  const { train: fitting, test: validation } = train.split({ test: 0.25, seed: seed + 1 });
  return { all, train, test, fitting, validation, groupOf: data.clusters, groups: data.recipe.clusters };
}
