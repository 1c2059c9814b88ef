/**
 * Figure 2 of the paper: stragglers by systems. In every round each device has a random share of its clock, from a tenth of
 * it (high variability) or nine tenths (low) to all.
 *
 * MOCHA and the mini-batch methods let a device do that share of n_min steps, n_min the rows of the smallest task, so that
 * all need the same time for them. CoCoA's theta has to be reached whatever the clock.
 */
import { KeyedRandom } from "../systems/keyed_random.js";
import type { WorkBudget } from "../systems/work_budgets.js";
import { generatedSource } from "./data_source.js";
import type { Experiment } from "./experiment.js";
import { race, raceMethods, worksOf } from "./race.js";
import { partsOfSetting, raceFindings, settingOf } from "./race_tables.js";

/** The least share of a clock. */
const least: Readonly<Record<string, number>> = { high: 0.1, low: 0.9 };

/** Device t's share in a round, in [least, 1]. */
function share(lowest: number, random: KeyedRandom, round: number, t: number): number {
  return lowest + (1 - lowest) * random.uniform(random.word("budget", round), t);
}

/** The steps that a device makes while one with all of its clock makes localEpochs n_min. */
function budgetOf(name: string, lowest: number): WorkBudget {
  return {
    name,
    steps({ round, random }, { rowCounts }, localEpochs, steps) {
      const fewest = rowCounts.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
      for (let t = 0; t < steps.length; t++) {
        steps[t] = Math.max(1, Math.round(localEpochs * fewest * share(lowest, random, round, t)));
      }
    },
  };
}

export const systems: Experiment = {
  name: "systems",
  summary:
    "time to a thousandth above the optimum where devices have a random share of their clock (figure 2)",
  generated: [generatedSource("generated", {})],
  seeds: 3,
  jobs: (sources, seeds) =>
    sources.flatMap(({ name: data }) =>
      Object.keys(least).flatMap((condition) =>
        raceMethods.flatMap((method) =>
          worksOf(method, true).flatMap((work) =>
            seeds.map((seed) => ({ data, method, setting: settingOf(condition, work), seed })),
          ),
        ),
      ),
    ),
  run(job, data) {
    const { condition, work } = partsOfSetting(job.setting);
    const lowest = least[condition] as number;
    const { names } = data.tasks;
    const random = new KeyedRandom(job.seed, names);
    return race(job, work, data, {
      budget: budgetOf(condition, lowest),
      shares: (round) => Float64Array.from(names, (_, t) => share(lowest, random, round, t)),
    });
  },
  findings: (rows) => raceFindings(rows, ["phone on lte", "wearable on lte"]),
};
