/**
 * The released MATLAB code's arithmetic with its defects (release_arithmetic.ts), the same with W recomputed, and this
 * package: what each reports, how good its model is, and on which rows the release's cross-validation decides.
 */
import { type LocalRows, rowsWithTargets } from "../baselines/local_rows.js";
import type { TaskSet } from "../data/task_set.js";
import { fit } from "../mocha/fit.js";
import { mapLabels, toTarget } from "../mocha/labels.js";
import { traceNorm } from "../mocha/relationships.js";
import { native } from "../native.js";
import { FedmtlError } from "../errors.js";
import type { FitOptions } from "../options.js";
import type { ReportTable } from "../report/content.js";
import { crossValidate } from "../selection/cross_validate.js";
import { generatedSource, type DataSource } from "./data_source.js";
import type { Experiment, Findings, Job, JobResult, LoadedData, Row } from "./experiment.js";
import { testShare } from "./held_out.js";
import { oneThread } from "./race_problem.js";
import { meanHinge, releasedMocha } from "./release_arithmetic.js";
import { finite, summary } from "./statistics.js";

const lambdas = [1e-4, 1e-3, 1e-2, 0.1];
const methods = ["released", "W recomputed", "fedmtl"] as const;
/** As its driver calls it. */
const driver = { outer: 10, inner: 100, share: 0.5 };
/** The grid of its driver, which skips 1, and its folds. */
const releasedGrid = [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 10];
const releasedFolds = 5;
const choosing = "cross-validation";
const settingOf = (lambda: number): string => `lambda ${lambda}`;

/** The release knows the hinge loss alone. */
function options({ positive }: DataSource): FitOptions {
  return {
    ...{ loss: "hinge", weighting: "mean", seed: 1, ...oneThread },
    ...(positive === undefined ? {} : { positive }),
  };
}

/** Rows with labels -1 and +1, mapped as in the training set. @throws FedmtlError BAD_INPUT */
function rowsOf(tasks: TaskSet, labelled: TaskSet, positive: number | undefined): LocalRows[] {
  const mapping = mapLabels(labelled.native, "hinge", positive);
  if (mapping === undefined) {
    throw new FedmtlError("INTERNAL", "the hinge loss has a mapping of labels");
  }
  const targets = tasks.labels().map((label) => toTarget(label, mapping));
  return rowsWithTargets(tasks, targets, "mean");
}

function errorOf(tasks: readonly LocalRows[], W: ReadonlyMap<string, Float64Array>): number {
  const errors = tasks.map((task) => {
    const w = W.get(task.name) as Float64Array;
    return task.y.reduce((wrong, y, i) => wrong + (y * task.dot(i, w) > 0 ? 0 : 1), 0) / task.count;
  });
  return summary(errors).mean;
}

/** loss + lambda/2 ||W||_*^2: what the objective is when Omega is as good as it can be, so that models can be compared. */
async function jointObjective(
  tasks: readonly LocalRows[],
  W: readonly Float64Array[],
  lambda: number,
): Promise<number> {
  const values = Float64Array.from(W.flatMap((w) => Array.from(w)));
  const singular = await native.singularValues(W[0]?.length ?? 0, values);
  const norm = singular.reduce((sum, s) => sum + s, 0);
  return meanHinge(tasks, W) + (lambda / 2) * norm ** 2;
}

interface Split {
  readonly train: TaskSet;
  readonly test: TaskSet;
}

async function trained(job: Job, { train, test }: Split, source: DataSource): Promise<JobResult> {
  const lambda = lambdas.find((one) => settingOf(one) === job.setting) ?? 1;
  const { positive } = source;
  const own = rowsOf(train, train, positive);
  const held = rowsOf(test, train, positive);
  const judged = async (W: readonly Float64Array[]): Promise<Record<string, number | null>> => ({
    joint: finite(await jointObjective(own, W, lambda)),
    error: errorOf(held, new Map(train.names.map((name, t) => [name, W[t] as Float64Array]))),
  });
  if (job.method === "fedmtl") {
    const relationship = traceNorm({ lambda1: lambda });
    const { model, certificate } = await fit(train, { ...options(source), relationship }).result;
    const { primal, dual } = certificate;
    return {
      values: {
        primal,
        dual,
        distance: 0,
        ...(await judged(train.names.map((name) => model.weights(name)))),
      },
    };
  }
  const recompute = job.method === "W recomputed";
  const { W, reports } = releasedMocha(own, train.cols, { ...driver, lambda, recompute });
  const last = reports.at(-1);
  return {
    values: {
      primal: finite(last?.primal),
      dual: finite(last?.dual),
      distance: finite(last?.distance),
      ...(await judged(W)),
    },
    series: {
      primal: reports.map(({ primal }) => finite(primal)),
      dual: reports.map(({ dual }) => finite(dual)),
    },
  };
}

/** lambda by the score of the last fold alone, as the release does, and by the mean over all folds. */
async function chosen({ train, test }: Split, source: DataSource): Promise<JobResult> {
  const problem = options(source);
  const { points } = await crossValidate(train, {
    ...problem,
    relationship: traceNorm(),
    grid: { lambda1: releasedGrid },
    folds: releasedFolds,
    stop: { gap: 1e-2, rounds: 2000 },
  });
  const leastBy = (score: (point: (typeof points)[number]) => number): number =>
    points.reduce((a, b) => (score(b) < score(a) ? b : a)).values.lambda1 ?? Number.NaN;
  const errorWith = async (lambda1: number): Promise<number | null> => {
    const { model } = await fit(train, { ...problem, relationship: traceNorm({ lambda1 }) }).result;
    return finite(model.evaluate(test).macro.error);
  };
  const lastFold = leastBy(({ scores }) => scores.at(-1) ?? Number.POSITIVE_INFINITY);
  const allFolds = leastBy(({ mean }) => mean);
  return {
    values: {
      ...{ lastFold, allFolds },
      lastFoldError: await errorWith(lastFold),
      allFoldsError: await errorWith(allFolds),
    },
  };
}

async function run(job: Job, { tasks, source }: LoadedData): Promise<JobResult> {
  const split = tasks.split({ test: testShare, seed: job.seed });
  try {
    return await (job.method === choosing ? chosen(split, source) : trained(job, split, source));
  } finally {
    split.train.dispose();
    split.test.dispose();
  }
}

function reportTable(rows: readonly Row[], names: readonly string[]): ReportTable {
  return {
    title: "What is reported",
    columns: [
      ...["data", "lambda", "code", "primal", "dual", "primal minus dual", "W from W(alpha)"],
      ...["joint objective of its W", "test error %"],
    ],
    rows: names.flatMap((name) =>
      lambdas.flatMap((lambda) =>
        methods.map((method) => {
          const own = rows.filter(
            (row) => row.data === name && row.setting === settingOf(lambda) && row.method === method,
          );
          const meanOf = (value: string): number =>
            summary(own.map(({ values }) => values[value] ?? Number.NaN)).mean;
          const [primal, dual] = [meanOf("primal"), meanOf("dual")];
          return [
            ...[name, lambda, method],
            ...[primal, dual, primal - dual, meanOf("distance"), meanOf("joint"), 100 * meanOf("error")].map(
              finite,
            ),
          ];
        }),
      ),
    ),
    notes: [
      "After the last Omega step; means over seeds. A dual is a lower bound on the primal: where primal minus dual is negative, what is called the dual is none.",
      "W from W(alpha): ||W - W(alpha)|| / ||W(alpha)||. The joint objective is the loss plus lambda/2 times the squared trace norm of W.",
    ],
  };
}

function choiceTable(rows: readonly Row[], names: readonly string[]): ReportTable {
  return {
    title: "Lambda by cross-validation",
    columns: ["data", "seed", "by the last fold", "test error %", "by all folds", "test error of it %"],
    rows: names.flatMap((name) =>
      rows
        .filter(({ data, method }) => data === name && method === choosing)
        .map(({ seed, values }) => [
          ...[name, seed, values.lastFold ?? null, finite(100 * (values.lastFoldError ?? Number.NaN))],
          ...[values.allFolds ?? null, finite(100 * (values.allFoldsError ?? Number.NaN))],
        ]),
    ),
    notes: [
      "The release sets the sums of its scores to 0 at every fold, so that the last of five decides; its grid has no 1. Here both choices are trained by fedmtl.",
    ],
  };
}

/** What the released MATLAB code reports of itself, against certificates of the same models. */
export const release: Experiment = {
  name: "release",
  summary: "what the released MATLAB code's arithmetic reports, defects included, against this package",
  generated: [generatedSource("generated", { rows: [44, 69], cols: 9, tasks: 29, margin: 1 })],
  seeds: 3,
  jobs: (sources, seeds) =>
    sources.flatMap(({ name: data }) => [
      ...lambdas.flatMap((lambda) =>
        methods.flatMap((method) =>
          seeds.map((seed) => ({ data, method, setting: settingOf(lambda), seed })),
        ),
      ),
      ...seeds.map((seed) => ({ data, method: choosing, setting: "five folds", seed })),
    ]),
  run,
  findings(rows): Findings {
    const names = [...new Set(rows.map(({ data }) => data))];
    return { tables: [reportTable(rows, names), choiceTable(rows, names)] };
  },
};
