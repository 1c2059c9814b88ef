/**
 * What is in a data set.
 */
import type { TaskSet } from "../data/task_set.js";
import { bytesInWords, grouped, percent } from "./output.js";
import { counted } from "./training_report.js";

/** Distinct labels that are listed; more are shown as a range. */
const labelsListed = 10;

/** The facts of `inspect DATA --json`. */
export interface DataDescription {
  readonly kind: "data";
  readonly tasks: number;
  readonly samples: number;
  readonly features: number;
  /** Stored feature values. */
  readonly nnz: number;
  /** Rows of a task. */
  readonly rowsOfTask: { readonly least: number; readonly median: number; readonly most: number };
  /** `distinct`: the labels in ascending order, or null where there are more than ten. */
  readonly labels: {
    readonly least: number;
    readonly most: number;
    readonly distinct: readonly number[] | null;
  };
  readonly storage: "dense" | "sparse";
  readonly precision: string;
  /** Native memory held, in bytes. */
  readonly bytes: number;
}

/** What there is to say of a data set. */
export function describeData(tasks: TaskSet): DataDescription {
  const offsets = tasks.offsets();
  const counts = Array.from({ length: tasks.taskCount }, (_, t) => (offsets[t + 1] ?? 0) - (offsets[t] ?? 0));
  counts.sort((a, b) => a - b);
  return {
    kind: "data",
    tasks: tasks.taskCount,
    samples: tasks.rowCount,
    features: tasks.cols,
    nnz: tasks.nnz,
    rowsOfTask: { least: counts[0] ?? 0, median: counts[counts.length >> 1] ?? 0, most: counts.at(-1) ?? 0 },
    labels: describeLabels(tasks.labels()),
    storage: tasks.sparse ? "sparse" : "dense",
    precision: tasks.precision,
    bytes: tasks.bytes,
  };
}

function describeLabels(labels: Float64Array): DataDescription["labels"] {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  const distinct = new Set<number>();
  for (const label of labels) {
    least = Math.min(least, label);
    most = Math.max(most, label);
    if (distinct.size <= labelsListed) {
      distinct.add(label);
    }
  }
  return { least, most, distinct: distinct.size > labelsListed ? null : [...distinct].sort((a, b) => a - b) };
}

/** The same for people. */
export function dataText(data: DataDescription): string {
  const { least, median, most } = data.rowsOfTask;
  const { distinct } = data.labels;
  const labels =
    distinct === null
      ? `from ${data.labels.least} to ${data.labels.most}`
      : `${counted(distinct.length, "value")}: ${distinct.join(", ")}`;
  const filled = data.nnz / Math.max(1, data.samples * data.features);
  return [
    `Data of ${counted(data.tasks, "task")}`,
    `  rows      ${grouped(data.samples)}; of a task ${grouped(least)} to ${grouped(most)}, median ${grouped(median)}`,
    `  features  ${grouped(data.features)}, stored ${data.storage}: ${counted(data.nnz, "value")}, ${percent(filled)} of all`,
    `  labels    ${labels}`,
    `  memory    ${bytesInWords(data.bytes)} as ${data.precision}`,
    "",
  ].join("\n");
}
