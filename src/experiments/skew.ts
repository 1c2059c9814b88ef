/**
 * Skewed data: a random half of the tasks keeps only a part of its training rows. The less a task has, the more a model of its
 * own loses; what the others know can replace it only where models are shared.
 */
import { RandomStream } from "../data/random.js";
import { TaskSet } from "../data/task_set.js";
import type { ReportTable } from "../report/content.js";
import { type DataSource, generatedSource } from "./data_source.js";
import type { Experiment, Findings, Job, JobResult, LoadedData, Row } from "./experiment.js";
import {
  choosingMetric,
  type HeldOutModel,
  heldOutModels,
  heldOutSource,
  judge,
  resultOf,
  testShare,
} from "./held_out.js";
import { finite, pairedDifference, type Summary, summary } from "./statistics.js";

/** Shares of its training rows that a task of the poor half keeps. */
const shares = [1, 0.5, 0.25, 0.1];
/** So that there is a row in each fold of a cross-validation. */
const fewestRows = 3;
const settingOf = (share: number): string => `keep ${share}`;

/** Which tasks are of the poor half. */
function poorTasks(names: readonly string[], seed: number): Set<string> {
  const order = Uint32Array.from(names, (_, t) => t);
  const half = Math.floor(names.length / 2);
  new RandomStream(seed, "skew").shuffle(order, half);
  return new Set(Array.from(order.subarray(0, half), (t) => names[t] as string));
}

/** The set with a share of the rows of some tasks, each drawn by the task's own stream. */
function skewed(tasks: TaskSet, poor: ReadonlySet<string>, share: number, seed: number): TaskSet {
  const offsets = tasks.offsets();
  const rows = tasks.names.flatMap((name, t) => {
    const [begin = 0, end = 0] = [offsets[t], offsets[t + 1]];
    const order = Uint32Array.from({ length: end - begin }, (_, i) => i);
    if (!poor.has(name)) {
      return Array.from(order, (i) => begin + i);
    }
    const kept = Math.min(order.length, Math.max(fewestRows, Math.round(share * order.length)));
    new RandomStream(seed, `skew ${name}`).shuffle(order, kept);
    return Array.from(order.subarray(0, kept).sort(), (i) => begin + i);
  });
  return new TaskSet(tasks.native.selectRows(Float64Array.from(rows)));
}

async function run({ method, setting, seed }: Job, { tasks, source: given }: LoadedData): Promise<JobResult> {
  const source = heldOutSource(given);
  const { train: whole, test } = tasks.split({ test: testShare, seed });
  const poor = poorTasks(tasks.names, seed);
  const share = shares.find((one) => settingOf(one) === setting) ?? 1;
  const train = skewed(whole, poor, share, seed);
  try {
    const judged = await judge(method as HeldOutModel, train, test, source);
    const metric = choosingMetric(source);
    const meanOf = (isPoor: boolean): number | null => {
      const values = judged.evaluation.tasks.flatMap((scores) =>
        poor.has(scores.task) === isPoor && scores[metric] !== undefined ? [scores[metric]] : [],
      );
      return values.length === 0 ? null : finite(summary(values).mean);
    };
    const { values, ...rest } = resultOf(judged, source);
    const rows = { trainingRows: train.rowCount };
    return { values: { ...values, ...rows, poor: meanOf(true), rich: meanOf(false) }, ...rest };
  } finally {
    for (const set of [whole, test, train]) {
      set.dispose();
    }
  }
}

const cells = ({ mean, standardError }: Summary): (number | null)[] => [finite(mean), finite(standardError)];

function table(rows: readonly Row[], sources: readonly DataSource[]): ReportTable {
  return {
    title: "Held-out rows of skewed tasks",
    columns: [
      ...["data", "metric", "kept", "training rows", "model"],
      ...["poor tasks", "s.e.", "minus local", "s.e. of it", "other tasks", "s.e. of these"],
    ],
    rows: sources.map(heldOutSource).flatMap((source) => {
      const metric = choosingMetric(source);
      const factor = metric === "error" ? 100 : 1;
      return shares.flatMap((share) => {
        const own = rows.filter(({ data, setting }) => data === source.name && setting === settingOf(share));
        const scores = (model: HeldOutModel, value: string): number[] =>
          own
            .filter(({ method }) => method === model)
            .map(({ values }) => factor * (values[value] ?? Number.NaN));
        const trainingRows = summary(own.map(({ values }) => values.trainingRows ?? Number.NaN)).mean;
        return heldOutModels.map((model) => [
          ...[source.name, factor === 100 ? `${metric} %` : metric, share, finite(trainingRows), model],
          ...cells(summary(scores(model, "poor"))),
          ...(model === "local"
            ? [null, null]
            : cells(pairedDifference(scores(model, "poor"), scores("local", "poor")))),
          ...cells(summary(scores(model, "rich"))),
        ]);
      });
    }),
    notes: [
      "A random half of the tasks keeps a share of its training rows. Means over tasks, then over seeds; which tasks are poor, the seed says. Tests are whole.",
    ],
  };
}

export const skew: Experiment = {
  name: "skew",
  summary: "errors on held-out rows where half of the tasks keep a part of their training rows (skewed data)",
  generated: [generatedSource("generated", {})],
  seeds: 5,
  jobs: (sources, seeds) =>
    sources.flatMap(({ name: data }) =>
      shares
        .map(settingOf)
        .flatMap((setting) =>
          heldOutModels.flatMap((method) => seeds.map((seed) => ({ data, method, setting, seed }))),
        ),
    ),
  run,
  findings: (rows, sources): Findings => ({ tables: [table(rows, sources)] }),
};
