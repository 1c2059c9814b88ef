/**
 * The flags of `fedmtl cv`: those of a training, with lists in the place of the relationship's numbers, and how to compare.
 */
import { FedmtlError } from "../errors.js";
import { metricNames } from "../metrics/directions.js";
import type { MetricName } from "../metrics/evaluate.js";
import { type Hyperparameter, hyperparameters } from "../mocha/relationships.js";
import { refits, selectionDefaults, selectionRanges } from "../selection/cross_validate.js";
import { averages } from "../selection/fold_runner.js";
import { defaultGrid, type Grid } from "../selection/grid.js";
import { type Arguments, type Command, type ListFlag, propertyName } from "./arguments.js";
import { number, type TrainingFlags, trainingFlags } from "./training_flags.js";

type TrainingFlag = (typeof trainingFlags)[number];
type GridFlag = Extract<TrainingFlag, { readonly name: Hyperparameter | "clusters" }>;

/** The number of the relationship that a flag sets, by the flag's property; undefined for another flag. */
function hyperparameterOf(property: string): Hyperparameter | undefined {
  return property === "clusters" ? "k" : hyperparameters.find((name) => name === property);
}

const isGridFlag = (flag: TrainingFlag): flag is GridFlag =>
  hyperparameterOf(propertyName(flag.name)) !== undefined;

/** A number of the relationship as a list. */
function listOf({ name, help, ...flag }: GridFlag): ListFlag & { readonly name: GridFlag["name"] } {
  const values = defaultGrid[hyperparameterOf(name) ?? "lambda1"]?.join(",");
  const fallback = values === undefined ? {} : { default: values };
  return { ...flag, name, help: `values to try: ${help}`, kind: "numbers", ...fallback };
}

const dashed = (metric: MetricName): string =>
  metric.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** All flags of the command but those about files. */
export const selectionFlags = [
  ...trainingFlags.filter((flag): flag is Exclude<TrainingFlag, GridFlag> => !isGridFlag(flag)),
  ...trainingFlags.filter(isGridFlag).map(listOf),
  number("folds", "parts of each task's rows", selectionRanges.folds, `${selectionDefaults.folds}`),
  {
    name: "metric",
    kind: "choice",
    choices: metricNames.map(dashed),
    help: "what models are compared by",
    default: "error, or rmse for numbers",
  },
  {
    name: "average",
    kind: "choice",
    choices: averages,
    help: "whether every task counts the same (macro) or every row (micro)",
    default: selectionDefaults.average,
  },
  number(
    "parallel",
    "worker processes; they do not change the result",
    selectionRanges.parallel,
    `${selectionDefaults.parallel}`,
  ),
  {
    name: "refit",
    kind: "choice",
    choices: refits,
    help: "train on all rows with this choice",
    default: "none; best with --out",
  },
  {
    name: "path",
    kind: "boolean",
    help: "no folds: train on all rows along lambda1, the largest first, and show the certificates",
  },
  { name: "out", kind: "string", placeholder: "MODEL", help: "write the refitted model, a safetensors file" },
] as const;

/** The values of these flags as given. */
export type SelectionFlags = Arguments<Command & { readonly flags: typeof selectionFlags }>["flags"];

/** The flags of a training at the first point of the grid, those of them that are no grid, and the grid. */
export function splitGrid(flags: SelectionFlags): {
  readonly training: TrainingFlags;
  readonly beside: TrainingFlags;
  readonly grid: Grid;
} {
  const { folds, metric, average, parallel, refit, path, out, ...shared } = flags;
  const given = Object.entries(shared).filter(([name]) => hyperparameterOf(name) !== undefined);
  const named = given.map(([name, values]) => [hyperparameterOf(name), values]);
  const grid: Grid = { ...defaultGrid, ...Object.fromEntries(named) };
  const lists = Object.entries({ lambda1: defaultGrid.lambda1, ...Object.fromEntries(given) });
  const first = lists.map(([name, values]) => [name, (values as readonly number[])[0]]);
  const isBeside = ([name]: [string, unknown]): boolean => hyperparameterOf(name) === undefined;
  const beside: TrainingFlags = Object.fromEntries(Object.entries(shared).filter(isBeside));
  return { training: { ...shared, ...Object.fromEntries(first) }, beside, grid };
}

/** The metric as the library names it. */
export function metricOf({ metric }: SelectionFlags): MetricName | undefined {
  return metricNames.find((name) => dashed(name) === metric);
}

/** A sentence for each flag that has no effect beside the others. @throws FedmtlError INVALID_OPTION for --out without a model */
export function foldFlagsWithoutEffect(flags: SelectionFlags): string[] {
  if (flags.out !== undefined && (flags.path === true || flags.refit === "none")) {
    const beside = flags.path === true ? "--path" : "--refit none";
    throw new FedmtlError(
      "INVALID_OPTION",
      `--out has nothing to write with ${beside}; leave one of them out`,
    );
  }
  const names = flags.path === true ? (["folds", "metric", "average", "parallel", "refit"] as const) : [];
  return names
    .filter((name) => flags[name] !== undefined)
    .map((name) => `--${name} has no effect with --path`);
}
