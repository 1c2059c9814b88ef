/**
 * Figure 3 of the paper: devices that drop rounds. Each drops a round with probability p, p up to 0.9; and once one device
 * always does, so that the method cannot come to the optimum of the problem posed, whatever the others do.
 */
import type { Matrix } from "ml-matrix";
import type { ReportTable, RunTrace } from "../report/content.js";
import { simulate } from "../systems/simulate.js";
import { fixed } from "../mocha/relationships.js";
import { generatedSource } from "./data_source.js";
import type { Experiment, Findings, Job, JobResult, LoadedData, Row } from "./experiment.js";
import { runningSum, target, thinned } from "./race.js";
import { raceProblem, solve } from "./race_problem.js";
import { finite, median } from "./statistics.js";

/** More than races allow: with p = 0.9 a device takes part in a tenth of them. */
const mostRounds = 60_000;
const probabilities = [0, 0.1, 0.3, 0.5, 0.7, 0.9];
const methods = ["mocha", "mocha-paper"] as const;
const oneNever = "one at p = 1";
const settingOf = (p: number): string => `p = ${p}`;
/** The run with a device that never answers ends where its dual is this near, relative, to the optimum without the device. */
const limitGap = 1e-4;

function policyOf({ method }: Job): { readonly policy: "paper" | "accelerated" } {
  return { policy: method === "mocha-paper" ? "paper" : "accelerated" };
}

async function withDrops(job: Job, data: LoadedData): Promise<JobResult> {
  const { tasks, options, optimum } = await raceProblem(data);
  const p = Number(job.setting.slice("p = ".length));
  const { history, status, time } = await simulate(tasks, {
    ...options,
    ...policyOf(job),
    seed: job.seed,
    faults: p,
    stop: { rounds: mostRounds, suboptimality: { optimum, epsilon: target } },
  }).result;
  const primal = history.column("primal");
  const times = history.column("time");
  const bytes = runningSum(history.column("bytesUp"), history.column("bytesDown"));
  const kept = thinned(history.length);
  return {
    values: {
      p,
      reached: status === "converged" ? 1 : 0,
      rounds: history.length,
      seconds: time,
      bytes: bytes.at(-1) ?? 0,
      suboptimality: finite(((primal.at(-1) ?? Number.NaN) - optimum) / Math.abs(optimum)),
      optimum,
    },
    series: {
      round: kept.map((i) => i + 1),
      primal: kept.map((i) => finite(primal[i])),
      seconds: kept.map((i) => finite(times[i])),
      bytes: kept.map((i) => finite(bytes[i])),
    },
  };
}

/** Rows and columns of a symmetric matrix, without one of each. */
function without(matrix: Matrix, t: number): Matrix {
  const others = Array.from({ length: matrix.rows - 1 }, (_, i) => (i < t ? i : i + 1));
  return matrix.selection(others, others);
}

/**
 * One device never answers; which one, the seed says. Its dual variables stay 0, so that the dual of the others is all there
 * is: it comes to the optimum of the problem without the device, while P, which has its rows, stays above its least value.
 */
async function withoutOne({ seed }: Job, data: LoadedData): Promise<JobResult> {
  const { tasks, options, optimum } = await raceProblem(data);
  const { names } = tasks;
  const t = (seed - 1) % names.length;
  const others = tasks.select(names.filter((_, i) => i !== t));
  const { relationship } = options;
  const sigma = without(relationship.sigma as Matrix, t);
  const rest = await solve(others, {
    ...options,
    relationship: fixed({ sigma, lambda1: relationship.lambda1 }),
  });
  others.dispose();
  const limit = rest.certificate.dual;
  const distance = (dual: number): number => Math.abs(dual - limit) / Math.abs(limit);
  const run = simulate(tasks, {
    ...options,
    seed,
    faults: names.map((_, i) => (i === t ? 1 : 0)),
    stop: { rounds: mostRounds },
    onRound: ({ objective }) => {
      if (objective?.dual !== undefined && distance(objective.dual) <= limitGap) {
        run.abort();
      }
    },
  });
  const { history, objective, absent, consequence = "" } = await run.result;
  return {
    values: {
      p: 1,
      reached: 0,
      rounds: history.length,
      suboptimality: (objective.primal - optimum) / Math.abs(optimum),
      optimum,
      optimumWithout: limit,
      distanceToIt: distance(objective.dual ?? Number.NaN),
    },
    words: { absent: absent.map(({ task }) => task).join(" "), consequence },
  };
}

const all = (rows: readonly Row[], value: string): number[] =>
  rows.map(({ values }) => values[value] ?? Number.POSITIVE_INFINITY);
const shown = (value: number): number | null => (Number.isFinite(value) ? value : null);

function dropTable(rows: readonly Row[], names: readonly string[]): ReportTable {
  return {
    title: "Rounds with drop-outs",
    columns: [
      "data",
      "method",
      "p",
      "seeds that arrive",
      "of",
      "rounds",
      "least",
      "most",
      "rounds (1 - p)",
      "lte seconds",
    ],
    rows: names.flatMap((name) =>
      methods.flatMap((method) =>
        probabilities.map((p) => {
          const own = rows.filter(
            (row) => row.data === name && row.method === method && row.setting === settingOf(p),
          );
          const arrived = own.map((row) => (row.values.reached === 1 ? row : { ...row, values: {} }));
          const rounds = all(arrived, "rounds");
          return [
            ...[name, method, p, arrived.filter(({ values }) => "rounds" in values).length, own.length],
            ...[median(rounds), Math.min(...rounds), Math.max(...rounds), (1 - p) * median(rounds)].map(
              shown,
            ),
            shown(median(all(arrived, "seconds"))),
          ];
        }),
      ),
    ),
    notes: [
      "To a thousandth above the optimum: medians over seeds, with the least and the most. Rounds times 1 - p: how many of them a device took part in.",
      `A dash: not within ${mostRounds.toLocaleString("en-US")} rounds.`,
    ],
  };
}

function neverTable(rows: readonly Row[]): ReportTable {
  return {
    title: "One device that never answers",
    columns: [
      ...["data", "seed", "device named in the result", "rounds", "P above the optimum"],
      "dual from the optimum without it",
    ],
    rows: rows
      .filter(({ setting }) => setting === oneNever)
      .map(({ data, seed, values, words }) => [
        ...[data, seed, words?.absent ?? "", values.rounds ?? null],
        ...[values.suboptimality ?? null, values.distanceToIt ?? null],
      ]),
    notes: [
      "Both relative. The run ends at another point: the optimum of the problem without the rows of that device.",
      `The result says of it: ${rows.find(({ words }) => words?.consequence !== undefined)?.words?.consequence}.`,
    ],
  };
}

function findings(rows: readonly Row[]): Findings {
  const names = [...new Set(rows.map(({ data }) => data))];
  const drops = rows.filter(({ setting }) => setting !== oneNever);
  return {
    tables: [dropTable(drops, names), neverTable(rows)],
    comparisons: names.map((name) => {
      const own = drops.filter(({ data, method }) => data === name && method === "mocha");
      const optimum = own[0]?.values.optimum;
      return {
        title: `${name}: mocha with drop-outs, on lte`,
        runs: own.map((row): RunTrace => {
          const { round = [], primal = [], seconds = [], bytes = [] } = row.series ?? {};
          const points = round.map((value, i) => ({
            ...{ round: value ?? 0, seconds: seconds[i] ?? 0, bytes: bytes[i] ?? 0 },
            ...(typeof primal[i] === "number" ? { primal: primal[i] } : {}),
          }));
          return { method: row.setting, seed: row.seed, points };
        }),
        ...(typeof optimum === "number" ? { optimum } : {}),
      };
    }),
  };
}

/** Figure 3 of the paper: convergence with devices that drop rounds, and the end with one that never answers. */
export const faults: Experiment = {
  name: "faults",
  summary: "MOCHA with devices that drop rounds, and with one that never answers (figure 3 of the paper)",
  generated: [generatedSource("generated", {})],
  seeds: 3,
  jobs: (sources, seeds) =>
    sources.flatMap(({ name: data }) => [
      ...methods.flatMap((method) =>
        probabilities.flatMap((p) => seeds.map((seed) => ({ data, method, setting: settingOf(p), seed }))),
      ),
      ...seeds.map((seed) => ({ data, method: "mocha", setting: oneNever, seed })),
    ]),
  run: (job, data) => (job.setting === oneNever ? withoutOne(job, data) : withDrops(job, data)),
  findings,
};
