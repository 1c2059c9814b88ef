/**
 * Every option of a training, its default and its range: the one place where they stand. docs/options.md is made from it.
 */
import { availableParallelism } from "node:os";
import { FedmtlError, invalidChoice, nearestName, shown } from "./errors.js";
import type { Model } from "./mocha/model.js";
import { factoryName, families, type Relationship, traceNorm } from "./mocha/relationships.js";
import { inRange, inWords, type Range } from "./ranges.js";

/** The losses (docs/math.md, section 2). */
export const losses = [
  "hinge",
  "smoothed-hinge",
  "logistic",
  "squared",
  "epsilon-insensitive",
  "huber",
] as const;
/** The name of a loss. */
export type Loss = (typeof losses)[number];

/** How tasks weigh: `sum` of the losses of their rows (the paper), or their `mean` (the released code). */
export const weightings = ["sum", "mean"] as const;
export type Weighting = (typeof weightings)[number];

/** How rounds are made (docs/math.md, section 4); under each of them the dual never falls. */
export const policies = ["paper", "row", "spectral", "adaptive", "accelerated"] as const;
export type Policy = (typeof policies)[number];

/** Whether local steps go by inner products of rows (native/gram.hpp). */
export const gramChoices = ["auto", "on", "off"] as const;
export type GramChoice = (typeof gramChoices)[number];

/** Intercepts: none; an appended constant feature, penalised like the others; or a free one, an unpenalised b_t a task. */
export const intercepts = ["none", "penalized", "free"] as const;
export type Intercept = (typeof intercepts)[number];

/** Weights of classes: all the same, or n / (2 n_c) for each side, counted over all rows of all tasks. */
export const classWeights = ["none", "balanced"] as const;
export type ClassWeight = (typeof classWeights)[number];

/** When a training stops. */
export interface StopOptions {
  /** Relative duality gap, gap / max(|P|, |D|), by default 1e-3. */
  readonly gap?: number;
  /** The most rounds, W steps of all Omega steps together, by default 100,000. */
  readonly rounds?: number;
}

/** Checkpoints of a training, from which it can go on with the same bits (docs/checkpoints.md). */
export interface CheckpointOptions {
  /** The folder, for this training alone; it is made if need be. */
  readonly dir: string;
  /** Seconds between checkpoints, from 0, by default 30 unless everyRounds is given. */
  readonly everySeconds?: number;
  /** Rounds between checkpoints. */
  readonly everyRounds?: number;
  /** Go on from the newest checkpoint in the folder, or start if there is none, by default false. */
  readonly resume?: boolean;
  /** Told of checkpoints that cannot be used; by default a warning of the process. */
  readonly onWarning?: (message: string) => void;
}

/** Checkpoints with every default filled in. */
export type ResolvedCheckpoint = CheckpointOptions &
  Required<Pick<CheckpointOptions, "resume" | "onWarning">>;

/** Coordinate steps a task may make in a round; 0 means that it drops the round. */
export type Budgets = (round: number) => Float64Array;

/** What a training can be told; anything left out takes its default. */
export interface FitOptions {
  /** By default `hinge`. */
  readonly loss?: Loss;
  /** Width gamma of the smoothed hinge, above 0, by default 1. */
  readonly smoothing?: number;
  /** Half-width of the tube of the epsilon-insensitive loss, from 0, by default 0.1. */
  readonly lossEpsilon?: number;
  /** Residual at which the huber loss turns linear, above 0, by default 1. */
  readonly huberDelta?: number;
  /** By default `traceNorm()`. */
  readonly relationship?: Relationship;
  /** By default `sum`. */
  readonly weighting?: Weighting;
  /** By default `accelerated`. */
  readonly policy?: Policy;
  /** Local work a round, in passes over a task's rows, above 0, by default 1. */
  readonly localEpochs?: number;
  /**
   * Rows whose dual variable stays at an end of its domain are left out for up to 7 rounds, and the budget goes to the
   * others; certificates look at all rows. Without effect on squared and logistic and with a free intercept. By default
   * true with policy `adaptive` or `accelerated`, false with those of the paper.
   */
  readonly shrinking?: boolean;
  /**
   * Local steps by the inner products of a task's rows, which is faster where rounds make several passes over fewer rows than
   * features (docs/performance.md): by default `auto`, where it is expected to be and takes no more memory than the data. The
   * results are the same up to rounding. Without effect with a free intercept.
   */
  readonly gram?: GramChoice;
  /** Coordinate steps of every task for each round, instead of localEpochs: stragglers and drop-outs. */
  readonly budgets?: Budgets;
  /** Learned families: rounds of a W step before an Omega step; by default `auto`: until W is known as well as Omega. */
  readonly omegaEvery?: number | "auto";
  /** Learned families: the most Omega steps, by default 40. */
  readonly omegaSteps?: number;
  /** Learned families: relative fall of the joint objective at or below which Omega counts as learned; by default stop.gap. */
  readonly omegaTolerance?: number;
  readonly stop?: StopOptions;
  /** Rounds between certificates; by default `auto`: as many as keep them at 10 % of the arithmetic. */
  readonly certifyEvery?: number | "auto";
  /** Classification: this label against all others; by default the larger of exactly two labels. */
  readonly positive?: number;
  /**
   * More than two classes, each against the rest: one linear model a task and class, of which the largest decision wins. By
   * default false.
   */
  readonly multiclass?: boolean;
  /**
   * Classification: `balanced` multiplies the weight of a row by n / (2 n_c), n_c the rows of its side (+1 or -1) among all n
   * rows of all tasks. By default `none`.
   */
  readonly classWeight?: ClassWeight;
  /** By default `none`. */
  readonly intercept?: Intercept;
  /** Value of the constant feature of intercept `penalized`, above 0, by default 1: larger means less penalty. */
  readonly interceptScaling?: number;
  /** Bring features to mean 0 and variance 1 over all rows (sparse data: to mean square 1), by default false. */
  readonly standardize?: boolean;
  /** A whole number from 0, by default 0. */
  readonly seed?: number;
  /** Threads, by default one a processor; results do not depend on it. */
  readonly threads?: number;
  /** Begin where this model is, which has some of the tasks and the same features; by default all weights are 0. */
  readonly warmStart?: Model;
  /** Checkpoints, by default none; abort writes one too. */
  readonly checkpoint?: CheckpointOptions;
  /** Aborts the training: it then resolves with status "aborted" and the last model. */
  readonly signal?: AbortSignal;
}

/** The options of a training with every default filled in. */
export interface ResolvedOptions {
  readonly loss: Loss;
  readonly smoothing: number;
  readonly lossEpsilon: number;
  readonly huberDelta: number;
  readonly relationship: Relationship;
  readonly weighting: Weighting;
  readonly policy: Policy;
  readonly localEpochs: number;
  readonly shrinking: boolean;
  readonly gram: GramChoice;
  readonly budgets?: Budgets;
  readonly omegaEvery: number | "auto";
  readonly omegaSteps: number;
  readonly omegaTolerance: number;
  readonly stop: Required<StopOptions>;
  readonly certifyEvery: number | "auto";
  readonly positive?: number;
  readonly multiclass: boolean;
  readonly classWeight: ClassWeight;
  readonly intercept: Intercept;
  readonly interceptScaling: number;
  readonly standardize: boolean;
  readonly seed: number;
  readonly threads: number;
  readonly warmStart?: Model;
  readonly checkpoint?: ResolvedCheckpoint;
  readonly signal?: AbortSignal;
}

/** Defaults that do not depend on other options. */
export const defaults = {
  loss: "hinge",
  smoothing: 1,
  lossEpsilon: 0.1,
  huberDelta: 1,
  weighting: "sum",
  policy: "accelerated",
  localEpochs: 1,
  gram: "auto",
  omegaEvery: "auto",
  omegaSteps: 40,
  gap: 1e-3,
  rounds: 100_000,
  certifyEvery: "auto",
  multiclass: false,
  classWeight: "none",
  intercept: "none",
  interceptScaling: 1,
  standardize: false,
  seed: 0,
} as const;

/** Unless rounds between checkpoints are given. */
export const secondsBetweenCheckpoints = 30;

/** The names of all options. */
export const optionNames: readonly (keyof FitOptions)[] = [
  "loss",
  "smoothing",
  "lossEpsilon",
  "huberDelta",
  "relationship",
  "weighting",
  "policy",
  "localEpochs",
  "shrinking",
  "gram",
  "budgets",
  "omegaEvery",
  "omegaSteps",
  "omegaTolerance",
  "stop",
  "certifyEvery",
  "positive",
  "multiclass",
  "classWeight",
  "intercept",
  "interceptScaling",
  "standardize",
  "seed",
  "threads",
  "warmStart",
  "checkpoint",
  "signal",
];

/** @throws FedmtlError INVALID_OPTION unless it is an object and no array */
export function requireOptions(what: string, given: unknown, example: string): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new FedmtlError("INVALID_OPTION", `${what} ${shown(given)}; give an object, such as ${example}`);
  }
}

/** @throws FedmtlError INVALID_OPTION for a name that is not allowed */
export function rejectUnknownNames(what: string, given: object, allowed: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (!allowed.includes(name)) {
      throw invalidChoice(what, name, allowed);
    }
  }
}

/** One of the allowed values, or the fallback if none is given. @throws FedmtlError INVALID_OPTION */
export function choice<T extends string>(
  name: string,
  given: T | undefined,
  allowed: readonly T[],
  fallback: T,
): T {
  if (given === undefined) {
    return fallback;
  }
  if (!allowed.includes(given)) {
    throw invalidChoice(name, given, allowed);
  }
  return given;
}

/** The ranges of the numeric options; the command line uses them too. */
export const ranges = {
  smoothing: { above: 0 },
  lossEpsilon: { least: 0 },
  huberDelta: { above: 0 },
  localEpochs: { above: 0, most: 1e9 },
  omegaEvery: { least: 1, whole: true },
  omegaSteps: { least: 0, whole: true },
  omegaTolerance: { least: 0 },
  gap: { least: 0 },
  rounds: { least: 1, whole: true },
  certifyEvery: { least: 1, whole: true },
  positive: {},
  interceptScaling: { above: 0 },
  seed: { least: 0, most: Number.MAX_SAFE_INTEGER, whole: true },
  threads: { least: 1, most: 1024, whole: true },
} as const satisfies Record<string, Range>;

/** The ranges of the numeric options of `checkpoint`. */
export const checkpointRanges = {
  everySeconds: { least: 0 },
  everyRounds: { least: 1, whole: true },
} as const satisfies Record<string, Range>;

const allRanges = { ...ranges, ...checkpointRanges };

function numeric(name: keyof typeof allRanges, given: number | undefined, fallback: number): number {
  const value = given === undefined ? fallback : given;
  if (!inRange(value, allRanges[name])) {
    throw new FedmtlError("INVALID_OPTION", `${name} is ${shown(value)}; give ${inWords(allRanges[name])}`);
  }
  return value;
}

function numericOrAuto(
  name: "omegaEvery" | "certifyEvery",
  given: number | "auto" | undefined,
  fallback: number | "auto",
): number | "auto" {
  const value = given === undefined ? fallback : given;
  if (value !== "auto" && !inRange(value, ranges[name])) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `${name} is ${shown(value)}; give ${inWords(ranges[name])} or "auto"`,
    );
  }
  return value;
}

function boolean(name: string, given: boolean | undefined, fallback: boolean): boolean {
  if (given !== undefined && typeof given !== "boolean") {
    throw new FedmtlError("INVALID_OPTION", `${name} is ${shown(given)}; give true or false`);
  }
  return given ?? fallback;
}

function relationshipOf(given: Relationship | undefined): Relationship {
  if (given === undefined) {
    return traceNorm();
  }
  if (typeof given !== "object" || given === null || typeof given.family !== "string") {
    const near = typeof given === "string" ? nearestName(given, families.map(factoryName)) : undefined;
    throw new FedmtlError(
      "INVALID_OPTION",
      `relationship is ${shown(given)}; make one with ${near ?? "traceNorm"}({ lambda1 })`,
    );
  }
  return given;
}

function checkpointOf(given: CheckpointOptions): ResolvedCheckpoint {
  requireOptions("checkpoint is", given, '{ dir: "checkpoints" }');
  rejectUnknownNames("option of checkpoint", given, [
    "dir",
    "everySeconds",
    "everyRounds",
    "resume",
    "onWarning",
  ]);
  const { dir, everyRounds, onWarning } = given;
  if (typeof dir !== "string" || dir === "") {
    throw new FedmtlError("INVALID_OPTION", `dir of checkpoint is ${shown(dir)}; give a folder`);
  }
  const everySeconds =
    given.everySeconds ?? (everyRounds === undefined ? secondsBetweenCheckpoints : undefined);
  return {
    dir,
    ...(everySeconds === undefined ? {} : { everySeconds: numeric("everySeconds", everySeconds, 0) }),
    ...(everyRounds === undefined ? {} : { everyRounds: numeric("everyRounds", everyRounds, 0) }),
    resume: boolean("resume", given.resume, false),
    onWarning: onWarning ?? ((message) => process.emitWarning(message)),
  };
}

/**
 * Checks every option and fills in the defaults.
 *
 * @throws FedmtlError INVALID_OPTION: what was given, what is allowed, the nearest valid name
 */
export function resolveOptions(given: FitOptions = {}): ResolvedOptions {
  requireOptions("the options are", given, '{ loss: "hinge" }');
  rejectUnknownNames("option", given, optionNames);
  if (given.signal !== undefined && !(given.signal instanceof AbortSignal)) {
    throw new FedmtlError("INVALID_OPTION", "signal must be an AbortSignal");
  }
  if (given.budgets !== undefined && typeof given.budgets !== "function") {
    throw new FedmtlError("INVALID_OPTION", "budgets must be a function of the round");
  }
  if (given.multiclass === true && given.positive !== undefined) {
    throw new FedmtlError(
      "INVALID_OPTION",
      "positive names one label against the rest, multiclass takes each of them; give one of the two",
    );
  }
  const { stop = {} } = given;
  requireOptions("stop is", stop, "{ gap: 1e-3, rounds: 1000 }");
  rejectUnknownNames("option of stop", stop, ["gap", "rounds"]);
  const gap = numeric("gap", stop.gap, defaults.gap);
  const policy = choice("policy", given.policy, policies, defaults.policy);
  return {
    loss: choice("loss", given.loss, losses, defaults.loss),
    smoothing: numeric("smoothing", given.smoothing, defaults.smoothing),
    lossEpsilon: numeric("lossEpsilon", given.lossEpsilon, defaults.lossEpsilon),
    huberDelta: numeric("huberDelta", given.huberDelta, defaults.huberDelta),
    relationship: relationshipOf(given.relationship),
    weighting: choice("weighting", given.weighting, weightings, defaults.weighting),
    policy,
    localEpochs: numeric("localEpochs", given.localEpochs, defaults.localEpochs),
    shrinking: boolean("shrinking", given.shrinking, policy === "adaptive" || policy === "accelerated"),
    gram: choice("gram", given.gram, gramChoices, defaults.gram),
    ...(given.budgets === undefined ? {} : { budgets: given.budgets }),
    omegaEvery: numericOrAuto("omegaEvery", given.omegaEvery, defaults.omegaEvery),
    omegaSteps: numeric("omegaSteps", given.omegaSteps, defaults.omegaSteps),
    omegaTolerance: numeric("omegaTolerance", given.omegaTolerance, gap),
    stop: { gap, rounds: numeric("rounds", stop.rounds, defaults.rounds) },
    certifyEvery: numericOrAuto("certifyEvery", given.certifyEvery, defaults.certifyEvery),
    ...(given.positive === undefined ? {} : { positive: numeric("positive", given.positive, 0) }),
    multiclass: boolean("multiclass", given.multiclass, defaults.multiclass),
    classWeight: choice("classWeight", given.classWeight, classWeights, defaults.classWeight),
    intercept: choice("intercept", given.intercept, intercepts, defaults.intercept),
    interceptScaling: numeric("interceptScaling", given.interceptScaling, defaults.interceptScaling),
    standardize: boolean("standardize", given.standardize, defaults.standardize),
    seed: numeric("seed", given.seed, defaults.seed),
    threads: numeric("threads", given.threads, availableParallelism()),
    ...(given.warmStart === undefined ? {} : { warmStart: given.warmStart }),
    ...(given.checkpoint === undefined ? {} : { checkpoint: checkpointOf(given.checkpoint) }),
    ...(given.signal === undefined ? {} : { signal: given.signal }),
  };
}
