/**
 * Time and memory against the number of devices. Times are of this machine: jobs run one at a time, each in a process of its
 * own with all threads.
 */
import { type TaskSet, TaskSetBuilder } from "../data/task_set.js";
import { type GenerateOptions, generate } from "../data/generate.js";
import { mean } from "../mocha/relationships.js";
import { simulate } from "../systems/simulate.js";
import { generatedSource } from "./data_source.js";
import type { Experiment, Job, JobResult, LoadedData, Row } from "./experiment.js";
import { finite, median } from "./statistics.js";

const counts = [1000, 3000, 10_000, 30_000];
const rounds = 20;
/** Tasks that are generated together. */
const blockTasks = 500;
const settingOf = (count: number): string => `${count} devices`;

/** Blocks of tasks, each with clusters of its own, so that the whole never exists twice. */
function devices(recipe: GenerateOptions, seed: number): TaskSet {
  const { tasks: count = 1 } = recipe;
  let builder: TaskSetBuilder | undefined;
  for (let first = 0; first < count; first += blockTasks) {
    const tasks = Math.min(blockTasks, count - first);
    const clusters = Math.min(3, tasks);
    const block = generate({ ...recipe, tasks, clusters, seed: seed * 1_000_000 + first });
    const { features, labels, cols, taskOfRow } = block;
    builder ??= new TaskSetBuilder({ cols });
    for (let t = 0, begin = 0; t < tasks; t++) {
      const next = taskOfRow.indexOf(t + 1, begin);
      const end = next < 0 ? labels.length : next;
      const data = features.subarray(begin * cols, end * cols);
      builder.append(`device-${first + t}`, { data, cols }, labels.subarray(begin, end));
      begin = end;
    }
  }
  return (builder as TaskSetBuilder).finish();
}

async function run({ seed }: Job, { source }: LoadedData): Promise<JobResult> {
  const tasks = devices(source.recipe ?? {}, seed);
  const start = performance.now();
  const { history } = await simulate(tasks, {
    relationship: mean({ lambda1: 1e-2, lambda2: 1e-2 }),
    ...{ weighting: "mean", seed, faults: 0.1, sampling: { fraction: 0.5 }, budget: "high" },
    ...{ evaluateEvery: rounds, stop: { rounds } },
  }).result;
  const seconds = (performance.now() - start) / 1000;
  return {
    values: {
      devices: tasks.taskCount,
      seconds,
      deviceRounds: history.total("participants"),
      dataBytes: tasks.bytes,
      peakBytes: process.resourceUsage().maxRSS * 1024,
      primal: finite(history.at(history.length - 1)?.objective?.primal),
    },
  };
}

function table(rows: readonly Row[]) {
  return {
    title: "Time and memory",
    columns: [
      "devices",
      "seconds",
      "ms a round",
      "device-rounds a second",
      "data, MB",
      "peak of the process, MB",
    ],
    rows: [...new Set(rows.map(({ values }) => values.devices ?? 0))].map((count) => {
      const own = rows.filter(({ values }) => values.devices === count);
      const of = (value: string): number[] => own.map(({ values }) => values[value] ?? Number.NaN);
      const rates = own.map(({ values }) => (values.deviceRounds ?? 0) / (values.seconds ?? Number.NaN));
      const seconds = median(of("seconds"));
      return [
        ...[count, seconds, (1000 * seconds) / rounds, median(rates)],
        ...[median(of("dataBytes")) / 1e6, median(of("peakBytes")) / 1e6],
      ].map(finite);
    }),
    notes: [
      `20 rows of 50 features a device unless data are given; ${rounds} rounds, half of the devices sampled, a tenth of these drop.`,
      "Medians over seeds. Seconds are of this machine, from the first round to the end; the peak has Node and the generator.",
    ],
  };
}

export const scale: Experiment = {
  name: "scale",
  summary: "time and memory of simulated rounds by the number of devices, up to 30,000",
  generated: counts.map((tasks) =>
    generatedSource(settingOf(tasks), { tasks, cols: 50, rows: [20, 20], clusters: 1 }),
  ),
  recipesOnly: true,
  seeds: 1,
  alone: true,
  jobs: (sources, seeds) =>
    sources.flatMap(({ name: data }) =>
      seeds.map((seed) => ({ data, method: "mocha", setting: `${rounds} rounds`, seed })),
    ),
  run,
  findings: (rows) => ({ tables: [table(rows)] }),
};
