/**
 * The experiments by name.
 */
import { invalidChoice } from "../errors.js";
import type { Experiment } from "./experiment.js";
import { faults } from "./faults.js";
import { release } from "./release.js";
import { rounds } from "./rounds.js";
import { scale } from "./scale.js";
import { skew } from "./skew.js";
import { stragglers } from "./stragglers.js";
import { systems } from "./systems.js";
import { table1 } from "./table1.js";

/** In the order of the help. */
export const experiments: readonly Experiment[] = [
  table1,
  stragglers,
  systems,
  faults,
  skew,
  rounds,
  scale,
  release,
];

/** @throws FedmtlError INVALID_OPTION for an unknown name, with the nearest valid one */
export function experimentNamed(name: string): Experiment {
  const found = experiments.find((experiment) => experiment.name === name);
  if (found === undefined) {
    throw invalidChoice(
      "experiment",
      name,
      experiments.map((experiment) => experiment.name),
    );
  }
  return found;
}
