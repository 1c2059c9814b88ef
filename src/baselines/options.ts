/**
 * What the baselines can be told, and which of them takes what: the one place where their options stand.
 */
import { FedmtlError, invalidChoice, shown } from "../errors.js";
import { isLearned, type Relationship } from "../mocha/relationships.js";
import { type FitOptions, rejectUnknownNames, requireOptions, resolveOptions } from "../options.js";
import { inRange, inWords, type Range } from "../ranges.js";

/** The names of the baselines, as {@link createBaseline} takes them. */
export const baselineNames = [
  "cocoa",
  "minibatch-sdca",
  "minibatch-sgd",
  "global",
  "local",
  "fedavg",
  "fedprox",
  "mean-mtl",
  "ditto",
] as const;
/** One of {@link baselineNames}. */
export type BaselineName = (typeof baselineNames)[number];

/** The loss, its shape and how rows and tasks weigh, as in a training. */
export type ProblemOptions = Pick<
  FitOptions,
  "loss" | "smoothing" | "lossEpsilon" | "huberDelta" | "weighting" | "positive" | "seed" | "threads"
>;

/** How a scaling is chosen: every candidate runs for some rounds, and the lowest objective wins. */
export interface TuningOptions {
  /** Rounds a candidate, from 1, by default 100. */
  readonly rounds?: number;
  /** Local work of these rounds in passes over a task's rows, above 0, by default 1. */
  readonly localEpochs?: number;
  /** The candidates, each above 0; by default powers of 4 or 10, see the method. */
  readonly candidates?: readonly number[];
}

/** Options of a baseline; a method refuses those that it does not have. */
export interface BaselineOptions extends ProblemOptions {
  /** cocoa, minibatch-sdca, minibatch-sgd: how tasks relate, needed; of a family that is not learned. */
  readonly relationship?: Relationship;
  /** cocoa: the quality that every task solves its subproblem to, in [0, 1), by default 0.5. */
  readonly theta?: number;
  /** cocoa: coordinate steps after which a task answers whatever its theta, from 1, by default 1000. */
  readonly maxSteps?: number;
  /** The methods that are tuned: the scaling, above 0, instead of a search. */
  readonly scaling?: number;
  /** The methods that are tuned: the search. */
  readonly tuning?: TuningOptions;
  /** global, local, fedavg, fedprox, ditto: weight of the ridge lambda/2 ||w||^2, above 0, by default 1. */
  readonly lambda?: number;
  /** mean-mtl: weight of 1/2 sum_t ||w_t - mean||^2, above 0, by default 1. */
  readonly lambda1?: number;
  /** mean-mtl: weight of 1/2 sum_t ||w_t||^2, above 0, by default 0.1. */
  readonly lambda2?: number;
  /** fedavg, fedprox, ditto: rows a local gradient step takes together, from 1, by default 10. */
  readonly batch?: number;
  /** fedprox: weight of mu/2 ||w - w_server||^2 in the local problem, from 0, by default 0.01. */
  readonly mu?: number;
  /** ditto: weight of 1/2 ||v_t - w||^2 in each personal problem, from 0, by default 1. */
  readonly attraction?: number;
}

const problemNames = [
  "loss",
  "smoothing",
  "lossEpsilon",
  "huberDelta",
  "weighting",
  "positive",
  "seed",
  "threads",
] as const satisfies readonly (keyof ProblemOptions)[];

const ownNames: Readonly<Record<BaselineName, readonly (keyof BaselineOptions)[]>> = {
  cocoa: ["relationship", "theta", "maxSteps"],
  "minibatch-sdca": ["relationship", "scaling", "tuning"],
  "minibatch-sgd": ["relationship", "scaling", "tuning"],
  global: ["lambda"],
  local: ["lambda"],
  fedavg: ["lambda", "batch", "scaling", "tuning"],
  fedprox: ["lambda", "batch", "mu", "scaling", "tuning"],
  "mean-mtl": ["lambda1", "lambda2"],
  ditto: ["lambda", "batch", "attraction", "scaling", "tuning"],
};

/** @internal Options that are a baseline's own, beside those of the problem. */
export const ownOptionsOf = (name: BaselineName): readonly (keyof BaselineOptions)[] => ownNames[name];

/** @internal Whether a baseline is told how tasks relate. */
export const takesRelationship = (name: BaselineName): boolean => ownNames[name].includes("relationship");

/** @internal Defaults and ranges of the numbers that are baselines' own. */
export const baselineNumbers = {
  theta: { fallback: 0.5, range: { least: 0, most: 1 - Number.EPSILON } },
  maxSteps: { fallback: 1000, range: { least: 1, whole: true } },
  lambda: { fallback: 1, range: { above: 0 } },
  lambda1: { fallback: 1, range: { above: 0 } },
  lambda2: { fallback: 0.1, range: { above: 0 } },
  batch: { fallback: 10, range: { least: 1, whole: true } },
  mu: { fallback: 0.01, range: { least: 0 } },
  attraction: { fallback: 1, range: { least: 0 } },
  scaling: { fallback: undefined, range: { above: 0 } },
} as const satisfies Record<string, { fallback: number | undefined; range: Range }>;

/** @internal The same of the search for a scaling. */
export const tuningNumbers = {
  rounds: { fallback: 100, range: { least: 1, whole: true } },
  localEpochs: { fallback: 1, range: { above: 0 } },
} as const;

/** The problem's options with every default. */
export type ResolvedProblem = Required<Omit<ProblemOptions, "positive">> & Pick<ProblemOptions, "positive">;

/** A baseline's options with every default; `relationship` where the method takes one. */
export interface ResolvedBaseline {
  readonly problem: ResolvedProblem;
  readonly relationship: Relationship | undefined;
  readonly theta: number;
  readonly maxSteps: number;
  readonly lambda: number;
  readonly lambda1: number;
  readonly lambda2: number;
  readonly batch: number;
  readonly mu: number;
  readonly attraction: number;
  readonly scaling: number | undefined;
  readonly tuning: {
    readonly rounds: number;
    readonly localEpochs: number;
    readonly candidates: readonly number[] | undefined;
  };
}

function checked(name: string, value: unknown, range: Range): number {
  if (!inRange(value, range)) {
    throw new FedmtlError("INVALID_OPTION", `${name} is ${shown(value)}; give ${inWords(range)}`);
  }
  return value;
}

function problemOf(given: BaselineOptions): ResolvedProblem {
  const own = Object.fromEntries(
    problemNames.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
  ) as ProblemOptions;
  const { loss, smoothing, lossEpsilon, huberDelta, weighting, seed, threads, positive } =
    resolveOptions(own);
  const problem = { loss, smoothing, lossEpsilon, huberDelta, weighting, seed, threads };
  return positive === undefined ? problem : { ...problem, positive };
}

/** @throws FedmtlError INVALID_OPTION for a method without its relationship, or with a learned one */
function relationshipOf(name: BaselineName, given: Relationship | undefined): Relationship | undefined {
  if (!takesRelationship(name)) {
    return undefined;
  }
  const { relationship } = resolveOptions(given === undefined ? {} : { relationship: given });
  if (given === undefined) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `${name} needs a relationship; make one with mean, graph, fixed, independent or global`,
    );
  }
  if (isLearned(relationship)) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `${name} takes a relationship that is given, "${relationship.family}" is learned; ` +
        "use mean, graph, fixed, independent or global, such as fixed({ sigma }) of a trained model",
    );
  }
  return relationship;
}

function tuningOf(given: TuningOptions): ResolvedBaseline["tuning"] {
  requireOptions("tuning is", given, "{ rounds: 100 }");
  rejectUnknownNames("option of tuning", given, ["rounds", "localEpochs", "candidates"]);
  const { candidates } = given;
  if (candidates !== undefined && !(Array.isArray(candidates) && candidates.length > 0)) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `candidates of tuning is ${Array.isArray(candidates) ? "empty" : shown(candidates)}; give an array of at least one number`,
    );
  }
  return {
    rounds: checked(
      "rounds of tuning",
      given.rounds ?? tuningNumbers.rounds.fallback,
      tuningNumbers.rounds.range,
    ),
    localEpochs: checked(
      "localEpochs of tuning",
      given.localEpochs ?? tuningNumbers.localEpochs.fallback,
      tuningNumbers.localEpochs.range,
    ),
    candidates: candidates?.map((candidate) => checked("a candidate of tuning", candidate, { above: 0 })),
  };
}

/** @throws FedmtlError INVALID_OPTION */
export function baselineNameOf(given: string): BaselineName {
  const name = baselineNames.find((known) => known === given);
  if (name === undefined) {
    throw invalidChoice("baseline", given, baselineNames);
  }
  return name;
}

/**
 * Checks every option of a baseline and fills in the defaults.
 *
 * @throws FedmtlError INVALID_OPTION: what was given, what is allowed, the nearest valid name
 */
export function resolveBaseline(name: BaselineName, given: BaselineOptions): ResolvedBaseline {
  requireOptions(`the options of ${name} are`, given, '{ weighting: "mean" }');
  rejectUnknownNames(`option of ${name}`, given, [...ownNames[name], ...problemNames]);
  const number = (option: Exclude<keyof typeof baselineNumbers, "scaling">): number =>
    checked(option, given[option] ?? baselineNumbers[option].fallback, baselineNumbers[option].range);
  return {
    problem: problemOf(given),
    relationship: relationshipOf(name, given.relationship),
    theta: number("theta"),
    maxSteps: number("maxSteps"),
    lambda: number("lambda"),
    lambda1: number("lambda1"),
    lambda2: number("lambda2"),
    batch: number("batch"),
    mu: number("mu"),
    attraction: number("attraction"),
    scaling:
      given.scaling === undefined
        ? undefined
        : checked("scaling", given.scaling, baselineNumbers.scaling.range),
    tuning: tuningOf(given.tuning ?? {}),
  };
}
