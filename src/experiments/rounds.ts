/**
 * Rounds that the policies need to a relative duality gap, with all devices and with drop-outs (docs/rounds.md says what the
 * policies are).
 */
import { type Policy, policies } from "../options.js";
import type { ReportTable } from "../report/content.js";
import { simulate } from "../systems/simulate.js";
import { generatedSource } from "./data_source.js";
import type { Experiment, Findings, Job, JobResult, LoadedData, Row } from "./experiment.js";
import { raceProblem } from "./race_problem.js";
import { median } from "./statistics.js";

const gaps = [1e-2, 1e-3];
const mostRounds = 5000;
/** Probabilities of dropping a round. */
const drops = [0, 0.3];
const settingOf = (p: number): string => (p === 0 ? "all answer" : `drop ${p}`);
const nameOf = (gap: number): string => `to ${gap.toExponential(0)}`;

async function run({ method, setting, seed }: Job, data: LoadedData): Promise<JobResult> {
  const { tasks, options } = await raceProblem(data);
  const p = drops.find((one) => settingOf(one) === setting) ?? 0;
  const { history } = await simulate(tasks, {
    ...options,
    policy: method as Policy,
    faults: p,
    seed,
    stop: { rounds: mostRounds, gap: Math.min(...gaps) },
  }).result;
  const [primal, dual] = [history.column("primal"), history.column("dual")];
  const reached = (gap: number): number | null => {
    const at = primal.findIndex((P, i) => {
      const D = dual[i] ?? Number.NaN;
      return P - D <= gap * Math.max(Math.abs(P), Math.abs(D));
    });
    return at < 0 ? null : at + 1;
  };
  return { values: Object.fromEntries(gaps.map((gap) => [nameOf(gap), reached(gap)])) };
}

function table(rows: readonly Row[]): ReportTable {
  const names = [...new Set(rows.map(({ data }) => data))];
  return {
    title: "Rounds to a relative gap",
    columns: [
      ...["data", "devices", "policy"],
      ...gaps.flatMap((gap) => [nameOf(gap), `least ${nameOf(gap)}`, `most ${nameOf(gap)}`]),
    ],
    rows: names.flatMap((name) =>
      drops.map(settingOf).flatMap((setting) =>
        policies.map((policy) => {
          const own = rows.filter(
            (row) => row.data === name && row.setting === setting && row.method === policy,
          );
          return [
            ...[name, setting, policy],
            ...gaps.flatMap((gap) => {
              const counts = own.map(({ values }) => values[nameOf(gap)] ?? Number.POSITIVE_INFINITY);
              const shown = [median(counts), Math.min(...counts), Math.max(...counts)];
              return shown.map((count) => (Number.isFinite(count) ? count : null));
            }),
          ];
        }),
      ),
    ),
    notes: [
      `Median over seeds, the least and the most; one local epoch a round; a dash: not within ${mostRounds} rounds.`,
    ],
  };
}

export const rounds: Experiment = {
  name: "rounds",
  summary: "rounds that each policy needs to a relative duality gap, with all devices and with drop-outs",
  generated: [generatedSource("generated", {})],
  seeds: 5,
  jobs: (sources, seeds) =>
    sources.flatMap(({ name: data }) =>
      drops
        .map(settingOf)
        .flatMap((setting) =>
          policies.flatMap((method) => seeds.map((seed) => ({ data, method, setting, seed }))),
        ),
    ),
  run,
  findings: (rows): Findings => ({ tables: [table(rows)] }),
};
