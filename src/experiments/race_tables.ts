/**
 * Tables and curves of races: who arrives when, on which devices and network.
 */
import type { Comparison, ReportTable, RunTrace } from "../report/content.js";
import type { Findings, Row } from "./experiment.js";
import { type RaceClock, raceClockNames } from "./network_clocks.js";
import { mostRounds, type RaceMethod, raceMethods } from "./race.js";
import { median } from "./statistics.js";

/** One method with one work: the rows of its seeds. */
interface Entry {
  readonly data: string;
  /** What is varied beside the work; empty where nothing is. */
  readonly condition: string;
  readonly method: RaceMethod;
  readonly work: string;
  readonly rows: readonly Row[];
}

/** `high: theta 0.5` is of condition high and work theta 0.5; without a condition the setting is the work. */
export function settingOf(condition: string, work: string): string {
  return condition === "" ? work : `${condition}: ${work}`;
}

/** Condition and work of a setting. */
export function partsOfSetting(setting: string): { readonly condition: string; readonly work: string } {
  const [first = "", second] = setting.split(": ");
  return second === undefined ? { condition: "", work: first } : { condition: first, work: second };
}

function entriesOf(rows: readonly Row[]): Entry[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.data, row.method, row.setting]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => {
    const { data, method, setting } = group[0] as Row;
    return { data, method: method as RaceMethod, ...partsOfSetting(setting), rows: group };
  });
}

/** Median over seeds; Infinity where most of them do not arrive. */
function timeOf({ rows }: Entry, value: RaceClock | "rounds"): number {
  return median(
    rows.map(({ values }) =>
      values.reached === 1 ? (values[value] ?? Number.NaN) : Number.POSITIVE_INFINITY,
    ),
  );
}

/** How far from the optimum most of them end that do not arrive. */
function endOf({ rows }: Entry): number {
  return median(rows.map(({ values }) => values.suboptimality ?? Number.POSITIVE_INFINITY));
}

/** The work with the least time; of those that do not arrive the nearest. */
function best(entries: readonly Entry[], clock: RaceClock): Entry | undefined {
  return entries.reduce<Entry | undefined>((a, b) => {
    if (a === undefined) {
      return b;
    }
    const difference = timeOf(b, clock) - timeOf(a, clock);
    const nearer = Number.isNaN(difference) ? endOf(b) < endOf(a) : difference < 0;
    return nearer ? b : a;
  }, undefined);
}

const arrived = (time: number): number | null => (Number.isFinite(time) ? time : null);

interface Group {
  readonly data: string;
  readonly condition: string;
  readonly entries: readonly Entry[];
}

function groupsOf(entries: readonly Entry[]): Group[] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = JSON.stringify([entry.data, entry.condition]);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].map((group) => {
    const { data, condition } = group[0] as Entry;
    return { data, condition, entries: group };
  });
}

/** The methods with the best work of each on one clock. */
interface Heat {
  readonly group: Group;
  readonly clock: RaceClock;
  readonly chosen: readonly (Entry | undefined)[];
}

function heatsOf(groups: readonly Group[]): Heat[] {
  return groups.flatMap((group) =>
    raceClockNames.map((clock) => ({
      ...{ group, clock },
      chosen: raceMethods.map((method) =>
        best(
          group.entries.filter((entry) => entry.method === method),
          clock,
        ),
      ),
    })),
  );
}

/** A row a heat, a column a method. */
function heatTable(
  title: string,
  heats: readonly Heat[],
  withCondition: boolean,
  cellOf: (entry: Entry, clock: RaceClock, heat: Heat) => string | number | null,
  notes: readonly string[],
): ReportTable {
  const condition = withCondition ? ["variability"] : [];
  return {
    title,
    columns: ["data", ...condition, "devices and network", ...raceMethods],
    rows: heats.map((heat) => [
      heat.group.data,
      ...(withCondition ? [heat.group.condition] : []),
      heat.clock,
      ...heat.chosen.map((entry) => (entry === undefined ? null : cellOf(entry, heat.clock, heat))),
    ]),
    notes,
  };
}

function heatTables(heats: readonly Heat[], withCondition: boolean): ReportTable[] {
  const time = (entry: Entry, clock: RaceClock): number => timeOf(entry, clock);
  return [
    heatTable(
      "Time to 1e-3 above the optimum",
      heats,
      withCondition,
      (entry, clock) => arrived(time(entry, clock)),
      [
        "Medians over seeds. Seconds on phones and wearables; under the paper's constants the unit of its released code.",
        `Of every method the work with the least time there; a dash: not within ${mostRounds} rounds.`,
      ],
    ),
    heatTable(
      "Times ours",
      heats,
      withCondition,
      (entry, clock, { chosen: [ours] }) =>
        ours === undefined ? null : arrived(time(entry, clock) / time(ours, clock)),
      [],
    ),
    heatTable(
      "Best work and rounds",
      heats,
      withCondition,
      (entry) => {
        const rounds = timeOf(entry, "rounds");
        return Number.isFinite(rounds)
          ? `${entry.work}: ${rounds}`
          : `ends at ${Number(endOf(entry).toPrecision(2))}`;
      },
      [
        "The work and the rounds with it; of a method that does not arrive how far above the optimum it ends, relative.",
      ],
    ),
  ];
}

/** Everything that was run. */
function allTable(entries: readonly Entry[], withCondition: boolean): ReportTable {
  return {
    title: "All amounts of local work",
    columns: [
      "data",
      ...(withCondition ? ["variability"] : []),
      ...["method", "work", "seeds that arrive", "of", "rounds", "ends at"],
      ...raceClockNames,
    ],
    rows: entries.map((entry) => [
      entry.data,
      ...(withCondition ? [entry.condition] : []),
      entry.method,
      entry.work,
      entry.rows.filter(({ values }) => values.reached === 1).length,
      entry.rows.length,
      arrived(timeOf(entry, "rounds")),
      arrived(endOf(entry)),
      ...raceClockNames.map((clock) => arrived(timeOf(entry, clock))),
    ]),
  };
}

function traceOf({ method, seed, series = {} }: Row, clock: RaceClock): RunTrace {
  const { round = [], primal = [], bytes = [] } = series;
  const seconds = series[clock] ?? [];
  return {
    method,
    seed,
    points: round.map((value, i) => ({
      round: value ?? 0,
      seconds: seconds[i] ?? 0,
      bytes: bytes[i] ?? 0,
      ...(typeof primal[i] === "number" ? { primal: primal[i] } : {}),
    })),
  };
}

/** The curves on physical devices and networks, each method with its best work there. */
function curvesOf(groups: readonly Group[], clocks: readonly RaceClock[]): Comparison[] {
  return groups.flatMap(({ data, condition, entries }) =>
    clocks.map((clock) => {
      const chosen = raceMethods.flatMap(
        (method) =>
          best(
            entries.filter((entry) => entry.method === method),
            clock,
          ) ?? [],
      );
      const variability = condition === "" ? "" : `, ${condition} variability`;
      const optimum = chosen[0]?.rows[0]?.values.optimum;
      return {
        title: `${data}, ${clock}${variability}`,
        runs: chosen.flatMap(({ rows }) => rows.map((row) => traceOf(row, clock))),
        ...(typeof optimum === "number" ? { optimum } : {}),
      };
    }),
  );
}

/** What a race found. @param drawn the clocks that there are curves for */
export function raceFindings(rows: readonly Row[], drawn: readonly RaceClock[]): Findings {
  const entries = entriesOf(rows);
  const groups = groupsOf(entries);
  const withCondition = entries.some(({ condition }) => condition !== "");
  return {
    tables: [...heatTables(heatsOf(groups), withCondition), allTable(entries, withCondition)],
    comparisons: curvesOf(groups, drawn),
  };
}
