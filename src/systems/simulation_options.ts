/**
 * What a simulation can be told, with every default: the systems model's part here, the training's part in src/options.ts.
 */
import { type BaselineName, baselineNames, type BaselineOptions } from "../baselines/options.js";
import { FedmtlError, invalidChoice, shown } from "../errors.js";
import {
  type FitOptions,
  optionNames,
  rejectUnknownNames,
  requireOptions,
  type ResolvedOptions,
  resolveOptions,
} from "../options.js";
import { inRange, inWords, type Range } from "../ranges.js";
import type { Availability } from "./availability.js";
import { type Faults, independentDrops } from "./faults.js";
import type { Devices, Network } from "./fleet.js";
import { isPaperNetwork, networkNames } from "./links.js";
import type { MethodFactory } from "./methods.js";
import { type Sampling, samplingOf } from "./sampling.js";
import type { SimulatedRound } from "./simulation_history.js";
import type { TaskRound } from "./task_round.js";
import { type BudgetName, budgetOf, type WorkBudget } from "./work_budgets.js";

/** The methods by name: MOCHA with the policy that is asked for, with that of the paper, and the baselines. */
export const methodNames = ["mocha", "mocha-paper", ...baselineNames] as const;
export type MethodName = "mocha" | "mocha-paper" | BaselineName;

/** When a simulation stops; whichever comes first. Objectives are looked at on evaluated rounds. */
export interface SimulationStop {
  /** The most rounds, from 1, by default 1,000. */
  readonly rounds?: number;
  /** Virtual seconds, above 0. */
  readonly seconds?: number;
  /**
   * Relative duality gap, of methods that have a dual; by default 1e-3, and 0 beside primal or suboptimality. With a learned
   * relationship it is the `gap` of `fit`, and the simulation ends where the training would.
   */
  readonly gap?: number;
  /** The primal to come down to. */
  readonly primal?: number;
  /** (primal - optimum) / |optimum| at most epsilon, for an optimum known from elsewhere. */
  readonly suboptimality?: { readonly optimum: number; readonly epsilon: number };
}

/** Options of `fit` that a simulation does not have or has in another form. */
type NotOfSimulations = "budgets" | "multiclass" | "warmStart" | "stop";

/** What a simulation can be told; anything left out takes its default. */
export interface SimulateOptions extends Omit<FitOptions, NotOfSimulations> {
  /**
   * The name of a method, or what makes one; by default `mocha`, with the policy that `policy` names. `mocha-paper` is the same
   * with policy `paper`.
   */
  readonly method?: MethodName | MethodFactory;
  /** Own options of a baseline: theta, batch, scaling, tuning, lambda, ... (docs/baselines.md). */
  readonly baseline?: Omit<BaselineOptions, keyof FitOptions>;
  /** What tasks run on: a preset, a Device, one of either a task, or a function; by default `phone`. */
  readonly devices?: Devices;
  /** How they are connected: a preset, a Link, one of either a task, or a function; by default `lte`. */
  readonly network?: Network;
  /** When devices are there; of several models all must say so. By default always. */
  readonly availability?: Availability | readonly Availability[];
  /** Which of the invited fail: a probability for all, one a task, or models. By default none. */
  readonly faults?: number | readonly number[] | Float64Array | Faults | readonly Faults[];
  /** Steps of a round: `fixed`, `high`, `low`, `deadline`, or a WorkBudget. By default `fixed`: localEpochs passes. */
  readonly budget?: BudgetName | WorkBudget;
  /** Which of the devices that are there are invited: { fraction } or { count }; by default all. */
  readonly sampling?: Sampling;
  /** Seconds that the server waits for answers in a round, above 0; by default until the slowest. */
  readonly deadline?: number;
  readonly stop?: SimulationStop;
  /** Rounds between evaluations of the objective, from 1, by default 1; the last round is evaluated always. */
  readonly evaluateEvery?: number;
  /** Whether every participant bounds its theta, by default false. */
  readonly theta?: boolean;
  /** Told of every round and of what it was to each task; the arrays hold until it returns. */
  readonly onRound?: (round: SimulatedRound, tasks: TaskRound) => void;
}

/** The options of a simulation with every default filled in. */
export interface ResolvedSimulation extends Omit<ResolvedOptions, "stop" | "budgets" | "warmStart"> {
  readonly method: MethodName | MethodFactory;
  readonly baseline: Omit<BaselineOptions, keyof FitOptions>;
  readonly devices: Devices;
  readonly network: Network;
  readonly availability: readonly Availability[];
  readonly faults: readonly Faults[];
  readonly budget: WorkBudget;
  readonly sampling?: Sampling;
  /** Infinity without one. */
  readonly deadline: number;
  readonly stop: Required<Pick<SimulationStop, "rounds" | "gap">> & SimulationStop;
  readonly evaluateEvery: number;
  readonly theta: boolean;
  readonly onRound?: (round: SimulatedRound, tasks: TaskRound) => void;
}

const notOfSimulations: readonly string[] = ["budgets", "multiclass", "warmStart", "stop"];
const trainingNames = optionNames.filter((name) => !notOfSimulations.includes(name));

const ownNames = [
  ...(["method", "baseline", "devices", "network", "availability", "faults", "budget", "sampling"] as const),
  ...(["deadline", "stop", "evaluateEvery", "theta", "onRound"] as const),
] as const satisfies readonly (keyof SimulateOptions)[];

/** Defaults of the systems model's own options. */
export const simulationDefaults = {
  method: "mocha",
  devices: "phone",
  network: "lte",
  budget: "fixed",
  rounds: 1000,
  evaluateEvery: 1,
} as const;

/** Ranges of its numbers; the command line uses them too. */
export const simulationRanges = {
  deadline: { above: 0 },
  evaluateEvery: { least: 1, whole: true },
  rounds: { least: 1, whole: true },
  seconds: { above: 0 },
  gap: { least: 0 },
  primal: {},
  optimum: {},
  epsilon: { above: 0 },
} as const satisfies Record<string, Range>;

function number(name: keyof typeof simulationRanges, given: unknown): number {
  const range = simulationRanges[name];
  if (!inRange(given, range)) {
    throw new FedmtlError("INVALID_OPTION", `${name} is ${shown(given)}; give ${inWords(range)}`);
  }
  return given;
}

function stopOf(given: SimulationStop): ResolvedSimulation["stop"] {
  requireOptions("stop is", given, "{ rounds: 100 }");
  rejectUnknownNames("option of stop", given, ["rounds", "seconds", "gap", "primal", "suboptimality"]);
  const { seconds, primal, suboptimality } = given;
  if (suboptimality !== undefined) {
    requireOptions("suboptimality is", suboptimality, "{ optimum: 0.31, epsilon: 1e-3 }");
    rejectUnknownNames("number of suboptimality", suboptimality, ["optimum", "epsilon"]);
    number("optimum", suboptimality.optimum);
    number("epsilon", suboptimality.epsilon);
  }
  const exact = primal !== undefined || suboptimality !== undefined;
  return {
    rounds: number("rounds", given.rounds ?? simulationDefaults.rounds),
    gap: number("gap", given.gap ?? (exact ? 0 : 1e-3)),
    ...(seconds === undefined ? {} : { seconds: number("seconds", seconds) }),
    ...(primal === undefined ? {} : { primal: number("primal", primal) }),
    ...(suboptimality === undefined ? {} : { suboptimality }),
  };
}

/** A model or several. @throws FedmtlError INVALID_OPTION for anything else */
function models<T extends object>(
  what: string,
  given: T | readonly T[] | undefined,
  key: keyof T,
): readonly T[] {
  const list = given === undefined ? [] : Array.isArray(given) ? (given as readonly T[]) : [given as T];
  for (const model of list) {
    if (typeof model !== "object" || model === null || typeof model[key] !== "function") {
      throw new FedmtlError(
        "INVALID_OPTION",
        `${what} is ${shown(model)}; give an object with a function ${String(key)}, or an array of such`,
      );
    }
  }
  return list;
}

const isNumbers = (given: unknown): given is number | readonly number[] | Float64Array =>
  typeof given === "number" ||
  given instanceof Float64Array ||
  (Array.isArray(given) && typeof given[0] === "number");

function faultsOf(given: SimulateOptions["faults"]): readonly Faults[] {
  return isNumbers(given) ? [independentDrops(given)] : models<Faults>("faults", given, "drop");
}

function methodOf(given: SimulateOptions["method"]): ResolvedSimulation["method"] {
  const method = given ?? simulationDefaults.method;
  if (typeof method !== "function" && !methodNames.includes(method)) {
    throw invalidChoice("method", method, methodNames);
  }
  return method;
}

/** @throws FedmtlError INVALID_OPTION for another policy */
function policyOfPaper(given: FitOptions["policy"]): Pick<FitOptions, "policy"> {
  if (given !== undefined && given !== "paper") {
    throw new FedmtlError(
      "INVALID_OPTION",
      `policy is ${shown(given)}; the method mocha-paper has policy "paper", take mocha for another one`,
    );
  }
  return { policy: "paper" };
}

function networkOf(given: Network | undefined): Network {
  const network = given ?? simulationDefaults.network;
  if (typeof network === "string" && !(networkNames as readonly string[]).includes(network)) {
    throw invalidChoice("network", network, networkNames);
  }
  return network;
}

/** What goes together and what does not. @throws FedmtlError INVALID_OPTION */
function checkTogether({ network, deadline, budget }: ResolvedSimulation): void {
  const limited = deadline !== Number.POSITIVE_INFINITY;
  if (limited && isPaperNetwork(network)) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `a deadline needs devices and links, ${network} is the released code's constant; take 3g, lte, 5g or wifi`,
    );
  }
  if (budget.needsDeadline === true && !limited) {
    throw new FedmtlError("INVALID_OPTION", `budget "${budget.name}" needs a deadline`);
  }
}

/**
 * Checks every option of a simulation and fills in the defaults.
 *
 * @throws FedmtlError INVALID_OPTION: what was given, what is allowed, the nearest valid name
 */
export function resolveSimulation(given: SimulateOptions = {}): ResolvedSimulation {
  requireOptions("the options are", given, '{ method: "mocha", network: "lte" }');
  rejectUnknownNames("option", given, [...trainingNames, ...ownNames]);
  const stop = stopOf(given.stop ?? {});
  const training = Object.fromEntries(
    Object.entries(given).filter(([name]) => trainingNames.includes(name as never)),
  );
  const method = methodOf(given.method);
  const policy = method === "mocha-paper" ? policyOfPaper(given.policy) : {};
  const { stop: _, ...fit } = resolveOptions({ ...training, ...policy, stop: { gap: stop.gap } });
  const { sampling, deadline, theta = false, onRound, baseline = {} } = given;
  if (typeof theta !== "boolean") {
    throw new FedmtlError("INVALID_OPTION", `theta is ${shown(theta)}; give true or false`);
  }
  requireOptions("baseline is", baseline, "{ theta: 0.5 }");
  const resolved: ResolvedSimulation = {
    ...fit,
    method,
    baseline,
    devices: given.devices ?? simulationDefaults.devices,
    network: networkOf(given.network),
    availability: models<Availability>("availability", given.availability, "at"),
    faults: faultsOf(given.faults),
    budget: budgetOf(given.budget),
    ...(sampling === undefined ? {} : { sampling: samplingOf(sampling) as Sampling }),
    deadline: deadline === undefined ? Number.POSITIVE_INFINITY : number("deadline", deadline),
    stop,
    evaluateEvery: number("evaluateEvery", given.evaluateEvery ?? simulationDefaults.evaluateEvery),
    theta,
    ...(onRound === undefined ? {} : { onRound }),
  };
  checkTogether(resolved);
  return resolved;
}
