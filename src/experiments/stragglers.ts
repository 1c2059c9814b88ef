/**
 * Figure 1 of the paper: stragglers by statistics. Devices are alike, but have more or fewer rows, and subproblems that are
 * easier or harder. CoCoA asks all of them for the same quality theta and waits for the slowest; MOCHA lets each do an amount
 * of work that is known before.
 */
import { generatedSource } from "./data_source.js";
import type { Experiment } from "./experiment.js";
import { isPhysical, raceClockNames } from "./network_clocks.js";
import { race, raceMethods, worksOf } from "./race.js";
import { raceFindings } from "./race_tables.js";

export const stragglers: Experiment = {
  name: "stragglers",
  summary:
    "time to a thousandth above the optimum on 3G, LTE and WiFi, tasks of uneven size (figure 1 of the paper)",
  generated: [generatedSource("generated", { rows: [20, 200], spread: 0.6 })],
  seeds: 3,
  jobs: (sources, seeds) =>
    sources.flatMap(({ name: data }) =>
      raceMethods.flatMap((method) =>
        worksOf(method).flatMap((setting) => seeds.map((seed) => ({ data, method, setting, seed }))),
      ),
    ),
  run: (job, data) => race(job, job.setting, data),
  findings: (rows) => raceFindings(rows, raceClockNames.filter(isPhysical)),
};
