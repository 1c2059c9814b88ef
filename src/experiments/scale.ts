/**
 * Time and memory against the number of devices. Times are of this machine: jobs run one at a time, each in a process of its
 * own with all threads.
 */
import { type TaskSet, TaskSetBuilder } from "../data/task_set.js";
import { generate } from "../data/generate.js";
import { mean } from "../mocha/relationships.js";
import { simulate } from "../systems/simulate.js";
import { generatedSource } from "./data_source.js";
import type { Experiment, Job, JobResult, Row } from "./experiment.js";
import { finite, median } from "./statistics.js";

const counts = [1000, 3000, 10_000, 30_000];
const rowsOfTask = 20;
const cols = 50;
const rounds = 20;
/** Tasks that are generated together. */
const blockTasks = 500;
const settingOf = (count: number): string => `${count} devices`;

/** Blocks of tasks, each with clusters of its own, so that the whole never exists twice. */
function devices(count: number, seed: number): TaskSet {
  const builder = new TaskSetBuilder({ cols });
  for (let first = 0; first < count; first += blockTasks) {
    const tasks = Math.min(blockTasks, count - first);
    const { features, labels } = generate({
      ...{ tasks, cols, rows: [rowsOfTask, rowsOfTask] as const, clusters: Math.min(3, tasks) },
      seed: seed * 1_000_000 + first,
    });
    for (let t = 0; t < tasks; t++) {
      const [begin, end] = [t * rowsOfTask, (t + 1) * rowsOfTask];
      const data = features.subarray(begin * cols, end * cols);
      builder.append(`device-${first + t}`, { data, cols }, labels.subarray(begin, end));
    }
  }
  return builder.finish();
}

async function run({ setting, seed }: Job): Promise<JobResult> {
  const count = counts.find((one) => settingOf(one) === setting) ?? 1;
  const tasks = devices(count, seed);
  const start = performance.now();
  const { history } = await simulate(tasks, {
    relationship: mean({ lambda1: 1e-2, lambda2: 1e-2 }),
    ...{ weighting: "mean", seed, faults: 0.1, sampling: { fraction: 0.5 }, budget: "high" },
    ...{ evaluateEvery: rounds, stop: { rounds } },
  }).result;
  const seconds = (performance.now() - start) / 1000;
  return {
    values: {
      devices: count,
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
    rows: counts.map((count) => {
      const own = rows.filter(({ setting }) => setting === settingOf(count));
      const of = (value: string): number[] => own.map(({ values }) => values[value] ?? Number.NaN);
      const rates = own.map(({ values }) => (values.deviceRounds ?? 0) / (values.seconds ?? Number.NaN));
      const seconds = median(of("seconds"));
      return [
        ...[count, seconds, (1000 * seconds) / rounds, median(rates)],
        ...[median(of("dataBytes")) / 1e6, median(of("peakBytes")) / 1e6],
      ].map(finite);
    }),
    notes: [
      `${rowsOfTask} rows of ${cols} features a device, ${rounds} rounds, half of the devices sampled, a tenth of these drop.`,
      "Medians over seeds. Seconds are of this machine, from the first round to the end; the peak has Node and the generator.",
    ],
  };
}

export const scale: Experiment = {
  name: "scale",
  summary: "time and memory of simulated rounds by the number of devices, up to 30,000",
  generated: [generatedSource("generated", { tasks: 1, clusters: 1 })],
  takesData: false,
  seeds: 1,
  alone: true,
  jobs: ([source], seeds) =>
    counts.flatMap((count) =>
      seeds.map((seed) => ({ data: source?.name ?? "", method: "mocha", setting: settingOf(count), seed })),
    ),
  run,
  findings: (rows) => ({ tables: [table(rows)] }),
};
