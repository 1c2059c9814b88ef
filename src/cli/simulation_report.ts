/**
 * What a simulation found: as one JSON object, as lines of a history, and as text for people.
 */
import type { TaskSet } from "../data/task_set.js";
import { native } from "../native.js";
import type { SimulationResult } from "../systems/simulate.js";
import type { SimulatedRound } from "../systems/simulation_history.js";
import type { ResolvedSimulation } from "../systems/simulation_options.js";
import type { TaskRound } from "../systems/task_round.js";
import { isPaperNetwork } from "../systems/links.js";
import { relativeGap } from "../mocha/history.js";
import { version } from "../version.js";
import { bytesInWords, grouped, short, table } from "./output.js";
import { printable } from "./terminal.js";
import { counted } from "./training_report.js";

/** A simulation of one method that has ended. */
export interface FinishedSimulation {
  readonly options: ResolvedSimulation;
  readonly result: SimulationResult;
  /** Wall time. */
  readonly wallSeconds: number;
}

/** Names of absent devices that a text lists. */
const absentListed = 5;

const given = (part: unknown): unknown => (typeof part === "function" ? "given by a function" : part);

/** What all methods of a command have in common. */
function sharedJson(tasks: TaskSet, options: ResolvedSimulation): object {
  const { loss, relationship, weighting, seed, threads, deadline, sampling } = options;
  return {
    ...{ tasks: tasks.taskCount, samples: tasks.rowCount, features: tasks.cols, nnz: tasks.nnz },
    ...{ loss, relationship: relationship.family, weighting },
    ...{ lambda1: relationship.lambda1, lambda2: relationship.lambda2 },
    network: given(options.network),
    devices: given(options.devices),
    availability: options.availability.map(({ name, facts }) => ({ name, ...facts })),
    faults: options.faults.map(({ name, facts }) => ({ name, ...facts })),
    budget: options.budget.name,
    deadline: Number.isFinite(deadline) ? deadline : null,
    sampling: sampling ?? null,
    ...{ seed, threads, precision: tasks.precision, kernel: native.versions().kernel, version },
  };
}

function methodJson({ result, wallSeconds }: FinishedSimulation): object {
  const { status, method, history, time, objective, absent, consequence = null, scaling = null } = result;
  const { primal, dual = null } = objective;
  const gap = dual === null ? null : primal - dual;
  const total = (name: Parameters<typeof history.total>[0]): number => history.total(name);
  return {
    ...{ method, status, rounds: history.length, omegaSteps: history.at(history.length - 1)?.omegaStep ?? 0 },
    ...{ time, primal, dual, gap },
    relativeGap: dual === null || gap === null ? null : relativeGap(primal, dual, gap),
    ...{ steps: total("steps"), bytesUp: total("bytesUp"), bytesDown: total("bytesDown") },
    ...{ flops: total("flops"), joules: total("joules"), participants: total("participants") },
    ...{ invited: total("invited"), dropped: total("dropped"), left: total("left"), late: total("late") },
    ...{ absent, consequence, scaling, resumedFrom: result.resumedFrom ?? null, wallSeconds },
  };
}

/** The object of `simulate --json`. */
export function simulationJson(tasks: TaskSet, simulations: readonly FinishedSimulation[]): object {
  const [first] = simulations;
  return {
    ...(first === undefined ? {} : sharedJson(tasks, first.options)),
    methods: simulations.map(methodJson),
  };
}

/**
 * One round as a line of a history: what a line of `train --history` has, and the method, the seed, virtual time and energy;
 * with `tasks`, arrays of what the round was to each of them.
 */
export function simulationLine(
  { objective, theta, ...sums }: SimulatedRound,
  { method, seed }: { readonly method: string; readonly seed: number },
  tasks: TaskRound | undefined,
): string {
  const target = objective === undefined ? {} : objective;
  const bounds = theta === undefined ? {} : { thetaMean: theta.mean, thetaMax: theta.max };
  const each =
    tasks === undefined
      ? {}
      : { tasks: Object.fromEntries(Object.entries(tasks).map(([name, values]) => [name, [...values]])) };
  return `${JSON.stringify({ method, seed, ...sums, ...bounds, ...target, ...each })}\n`;
}

/** The text of `simulate`. */
export function simulationText(tasks: TaskSet, simulations: readonly FinishedSimulation[]): string {
  const [first] = simulations;
  if (first === undefined) {
    return "";
  }
  const { network, devices, deadline } = first.options;
  const unit = isPaperNetwork(network) ? "units of the released code" : "virtual seconds";
  const limit = Number.isFinite(deadline) ? `, deadline ${short(deadline)} s` : "";
  const rows = simulations.map(({ result }) => rowOf(result));
  return [
    `Simulated ${counted(tasks.taskCount, "device")}: ${counted(tasks.rowCount, "row")} of ${counted(tasks.cols, "feature")}.`,
    `Network ${inWords(network)}, devices ${inWords(devices)}, budget ${first.options.budget.name}${limit}; time in ${unit}.`,
    "",
    table([["method", "ended", "rounds", "time", "up", "down", "FLOPs", "energy", "primal", "gap"], ...rows]),
    ...simulations.flatMap(({ result }) => absenceText(result)),
    "",
  ].join("\n");
}

function inWords(part: unknown): string {
  if (typeof part === "string") {
    return part;
  }
  if (typeof part === "object" && part !== null && "shares" in part) {
    return Object.entries(part.shares as Record<string, number>)
      .map(([name, share]) => `${name}:${share}`)
      .join(",");
  }
  return "as given";
}

function rowOf({ method, status, history, time, objective }: SimulationResult): string[] {
  const { primal, dual } = objective;
  const gap = dual === undefined ? "-" : short(relativeGap(primal, dual, primal - dual));
  return [
    method,
    status,
    grouped(history.length),
    short(time),
    bytesInWords(history.total("bytesUp")),
    bytesInWords(history.total("bytesDown")),
    history.total("flops").toExponential(1),
    `${short(history.total("joules"))} J`,
    primal.toPrecision(6),
    gap,
  ];
}

function absenceText({ method, absent, consequence }: SimulationResult): string[] {
  if (consequence === undefined) {
    return [];
  }
  const listed = absent.slice(0, absentListed).map(({ task }) => printable(task));
  const more = absent.length > absentListed ? ` and ${absent.length - absentListed} more` : "";
  return [`${method}: ${listed.join(", ")}${more}: ${consequence}.`];
}
