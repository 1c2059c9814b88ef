/**
 * Table 1 of the paper: the error on held-out rows of one model for all, a model for each task alone, and multi-task models.
 */
import type { ReportTable, TaskCorrelation, TaskErrors } from "../report/content.js";
import { type DataSource, generatedSource } from "./data_source.js";
import type { Experiment, Findings, Row } from "./experiment.js";
import {
  choosingMetric,
  type HeldOutModel,
  heldOutModels,
  heldOutSource,
  judge,
  resultOf,
  shownMetrics,
  testShare,
} from "./held_out.js";
import { publishedErrors } from "./published.js";
import { pairedDifference, type Summary, summary } from "./statistics.js";

/** Metrics that are shares are shown in per cent, as in the paper. */
const inPercent = ["error"];

const columns = [
  ...["data", "metric", "model", "mean", "s.e.", "minus local", "s.e. of it", "minus global", "s.e. of that"],
  ...["paper", "s.e. (paper)"],
];

const known = (value: number): number | null => (Number.isFinite(value) ? value : null);
const cells = ({ mean, standardError }: Summary): (number | null)[] => [known(mean), known(standardError)];

function paperCells(data: string, metric: string, model: HeldOutModel): (number | null)[] {
  const paper = publishedErrors[data];
  if (paper === undefined || metric !== "error") {
    return [null, null];
  }
  return [...paper[model === "global" || model === "local" ? model : "multiTask"]];
}

/** Means over seeds of one metric, with differences seed by seed. */
function metricRows(data: string, metric: string, rows: readonly Row[]): (string | number | null)[][] {
  const factor = inPercent.includes(metric) ? 100 : 1;
  const scores = (model: HeldOutModel): number[] =>
    rows
      .filter(({ method }) => method === model)
      .map(({ values }) => factor * (values[metric] ?? Number.NaN));
  return heldOutModels.map((model) => {
    const difference = (other: HeldOutModel): (number | null)[] =>
      other === model ? [null, null] : cells(pairedDifference(scores(model), scores(other)));
    return [
      ...[data, factor === 100 ? `${metric} %` : metric, model],
      ...cells(summary(scores(model))),
      ...difference("local"),
      ...difference("global"),
      ...paperCells(data, metric, model),
    ];
  });
}

/** How often each value was chosen: `0.01 (7), 0.1 (3)`. */
function choices(rows: readonly Row[], name: string): string {
  const counts = new Map<number, number>();
  for (const { values } of rows) {
    const value = values[name];
    if (typeof value === "number") {
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([value, count]) => `${value} (${count})`)
    .join(", ");
}

function choiceTable(rows: readonly Row[], sources: readonly DataSource[]): ReportTable {
  return {
    title: "What cross-validation chose",
    columns: ["data", "loss", "by", "model", "lambda1 (seeds)", "lambda2 (seeds)", "largest relative gap"],
    rows: sources.flatMap(({ name, ...source }) =>
      heldOutModels.map((model) => {
        const own = rows.filter(({ data, method }) => data === name && method === model);
        const gap = Math.max(...own.map(({ values }) => values.relativeGap ?? Number.NaN));
        return [
          name,
          source.loss,
          choosingMetric(source),
          model,
          choices(own, "lambda1"),
          choices(own, "lambda2"),
          known(gap),
        ];
      }),
    ),
  };
}

/** Of the first data set: each task's error, its mean over the seeds. */
function errorsByTask(rows: readonly Row[], { name, ...source }: DataSource): TaskErrors | undefined {
  const [metric = "error"] = shownMetrics(source);
  const own = rows.filter(({ data }) => data === name);
  const tasks = own[0]?.names;
  if (tasks === undefined) {
    return undefined;
  }
  const meanOf = (model: HeldOutModel, task: string): number | null => {
    const values = own.flatMap(({ method, names = [], series = {} }) => {
      const value = method === model ? series[`${metric} by task`]?.[names.indexOf(task)] : undefined;
      return typeof value === "number" ? [value] : [];
    });
    return values.length === 0 ? null : summary(values).mean;
  };
  return {
    measure: `${metric} on test rows of ${name}, mean over seeds`,
    tasks,
    models: (["trace-norm", "local", "global"] as const).map((model) => ({
      name: model,
      values: tasks.map((task) => meanOf(model, task)),
    })),
  };
}

/** Of the first data set and seed that have one. */
function correlationOf(rows: readonly Row[]): TaskCorrelation | undefined {
  const row = rows.find(({ series }) => series?.correlation !== undefined);
  if (row?.series?.correlation === undefined) {
    return undefined;
  }
  const p = Math.round(Math.sqrt(row.series.correlation.length));
  const names = row.names?.length === p ? row.names : Array.from({ length: p }, (_, t) => `task ${t + 1}`);
  return { tasks: names, values: row.series.correlation.map((value) => value ?? 0) };
}

function findings(rows: readonly Row[], given: readonly DataSource[]): Findings {
  const sources = given.map(heldOutSource);
  const [first] = sources;
  const taskErrors = first === undefined ? undefined : errorsByTask(rows, first);
  const correlation = correlationOf(rows);
  const differs = sources.flatMap(({ name }) => {
    const paper = publishedErrors[name];
    return paper === undefined ? [] : [`${name} against the paper's ${paper.data}: ${paper.differs}.`];
  });
  return {
    tables: [
      {
        title: "Held-out rows",
        columns,
        rows: sources.flatMap((source) =>
          shownMetrics(source).flatMap((metric) =>
            metricRows(
              source.name,
              metric,
              rows.filter(({ data }) => data === source.name),
            ),
          ),
        ),
        notes: [
          `Mean over tasks, then over seeds, each a split of its own with ${100 * testShare} % of every task's rows for the test.`,
          "Differences are taken seed by seed. The paper's figures are quoted from memory.",
          ...differs,
        ],
      },
      choiceTable(rows, sources),
    ],
    ...(taskErrors === undefined ? {} : { taskErrors }),
    ...(correlation === undefined ? {} : { correlation }),
  };
}

export const table1: Experiment = {
  name: "table1",
  summary: "errors on held-out rows of global, local and multi-task models (table 1 of the paper)",
  generated: [generatedSource("generated", {})],
  seeds: 10,
  jobs: (sources, seeds) =>
    sources.flatMap(({ name: data }) =>
      heldOutModels.flatMap((method) => seeds.map((seed) => ({ data, method, setting: "75:25", seed }))),
    ),
  async run({ method, seed }, { tasks, source: given }) {
    const source = heldOutSource(given);
    const { train, test } = tasks.split({ test: testShare, seed });
    try {
      return resultOf(await judge(method as HeldOutModel, train, test, source), source);
    } finally {
      train.dispose();
      test.dispose();
    }
  },
  findings,
};
