/**
 * The flags of a training; their choices, ranges and defaults are those of the library.
 */
import { families, familyTraits, independent, traceNorm } from "../mocha/relationships.js";
import {
  classWeights,
  defaults,
  gramChoices,
  intercepts,
  losses,
  policies,
  ranges,
  weightings,
} from "../options.js";
import type { Range } from "../ranges.js";
import type { Arguments, Command, NumberFlag } from "./arguments.js";

/** A flag with a number of a given range as its value. */
export function number<const Name extends string>(name: Name, help: string, range: Range, fallback?: string) {
  const { least, above, most, whole } = range;
  return {
    name,
    kind: whole === true ? "integer" : "number",
    help,
    ...(least === undefined ? {} : { min: least }),
    ...(above === undefined ? {} : { above }),
    ...(most === undefined ? {} : { max: most }),
    ...(fallback === undefined ? {} : { default: fallback }),
  } as const satisfies NumberFlag;
}

/** As `number`, with the word `auto` as another value. */
function numberOrAuto<const Name extends string>(name: Name, help: string, range: Range, fallback: string) {
  return { ...number(name, help, range, fallback), words: ["auto"] } as const;
}

const lambdas = independent();
const own = familyTraits.clustered.numbers;
const { rho } = familyTraits["sparse-precision"].numbers;

/** The flags of everything that decides what a training computes. */
export const trainingFlags = [
  { name: "loss", kind: "choice", choices: losses, help: "the loss", default: defaults.loss },
  number(
    "smoothing",
    "smoothed-hinge: width of the smoothed corner",
    ranges.smoothing,
    `${defaults.smoothing}`,
  ),
  number(
    "loss-epsilon",
    "epsilon-insensitive: residuals up to this cost nothing",
    ranges.lossEpsilon,
    `${defaults.lossEpsilon}`,
  ),
  number(
    "huber-delta",
    "huber: residual at which the loss turns linear",
    ranges.huberDelta,
    `${defaults.huberDelta}`,
  ),
  {
    name: "relationship",
    kind: "choice",
    choices: families,
    help: "how tasks relate",
    default: traceNorm().family,
  },
  number(
    "epsilon",
    "trace-norm: floor of the relationship",
    {},
    "a tenth of the mean singular value, squared",
  ),
  number("clusters", "clustered: number of clusters", own.k.range),
  number(
    "eta",
    "clustered: penalty inside the span of the clusters, against 1 + eta outside",
    {},
    `${own.eta.fallback}`,
  ),
  number(
    "rho",
    "sparse-precision: penalty on every entry of the precision over tasks",
    {},
    `${rho.fallback}`,
  ),
  {
    name: "edges",
    kind: "string",
    placeholder: "FILE.csv",
    help: "graph: lines taskA,taskB,weight",
  },
  {
    name: "omega",
    kind: "string",
    placeholder: "FILE.csv",
    help: "fixed: precision over tasks, a row a task",
  },
  {
    name: "sigma",
    kind: "string",
    placeholder: "FILE.csv",
    help: "fixed: covariance over tasks, a row a task",
  },
  number("lambda1", "weight of the relationship", {}, `${lambdas.lambda1}`),
  number(
    "lambda2",
    "weight of the ridge on every model; mean and graph need one above 0",
    {},
    `${lambdas.lambda2}`,
  ),
  {
    name: "weighting",
    kind: "choice",
    choices: weightings,
    help: "whether a task's rows count by the sum of their losses or by the mean",
    default: defaults.weighting,
  },
  {
    name: "class-weight",
    kind: "choice",
    choices: classWeights,
    help: "balanced: both sides weigh the same, counted over all rows of all tasks",
    default: defaults.classWeight,
  },
  {
    name: "intercept",
    kind: "choice",
    choices: intercepts,
    help: "constant feature (penalized), or an unpenalised intercept a task (free)",
    default: defaults.intercept,
  },
  number(
    "intercept-scaling",
    "value of the constant feature; larger means less penalty",
    ranges.interceptScaling,
    `${defaults.interceptScaling}`,
  ),
  {
    name: "policy",
    kind: "choice",
    choices: policies,
    help: "how the server combines what tasks send",
    default: defaults.policy,
  },
  number(
    "local-epochs",
    "local work a round, in passes over a task's rows",
    ranges.localEpochs,
    `${defaults.localEpochs}`,
  ),
  {
    name: "shrinking",
    kind: "choice",
    choices: ["on", "off"],
    help: "leave out rows at rest for up to 7 rounds (hinge-like losses)",
    default: "on with policy adaptive or accelerated",
  },
  {
    name: "gram",
    kind: "choice",
    choices: gramChoices,
    help: "local steps by inner products of rows, for several passes over few rows of many features",
    default: defaults.gram,
  },
  numberOrAuto(
    "omega-every",
    "learned relationships: rounds between Omega steps",
    ranges.omegaEvery,
    defaults.omegaEvery,
  ),
  number(
    "omega-steps",
    "learned relationships: most Omega steps",
    ranges.omegaSteps,
    `${defaults.omegaSteps}`,
  ),
  number(
    "omega-tolerance",
    "learned relationships: relative fall of the joint objective that counts as none",
    ranges.omegaTolerance,
    "the gap",
  ),
  number("gap", "relative duality gap to reach", ranges.gap, `${defaults.gap}`),
  number("rounds", "most rounds", ranges.rounds, `${defaults.rounds}`),
  numberOrAuto("certify-every", "rounds between certificates", ranges.certifyEvery, defaults.certifyEvery),
  number("seed", "seed of all random choices", ranges.seed, `${defaults.seed}`),
  number("threads", "threads; they do not change the result", ranges.threads, "one a processor"),
  {
    ...number("positive", "this label is +1, all others are -1", ranges.positive, "the larger of two"),
    placeholder: "LABEL",
  },
  {
    name: "multiclass",
    kind: "boolean",
    help: "more than two classes, each against the rest",
  },
  {
    name: "standardize",
    kind: "boolean",
    help: "bring features to mean 0 and variance 1 (sparse data: scale only)",
  },
] as const;

/** The values of these flags as given. */
export type TrainingFlags = Arguments<Command & { readonly flags: typeof trainingFlags }>["flags"];
