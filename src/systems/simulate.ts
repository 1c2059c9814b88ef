/**
 * Simulation: from tasks and a description of their devices to a run that can be watched, aborted and awaited.
 */
import { TaskSet } from "../data/task_set.js";
import { FedmtlError } from "../errors.js";
import { CheckpointFolder } from "../mocha/checkpoint.js";
import { digest, type Facts, factsOf } from "../mocha/checkpoint_file.js";
import type { Model } from "../mocha/model.js";
import { foldScaling, separateIntercepts } from "../mocha/model_parts.js";
import { type PreparedData, prepareData } from "../mocha/prepare.js";
import { Run } from "../run.js";
import { absenceInWords, type AbsentDevice, absentDevices } from "./absence.js";
import type { DeviceTotals } from "./device_totals.js";
import type { Method, MethodObjective } from "./method.js";
import { createMethod, trainingOptions } from "./methods.js";
import { Simulation, type SimulationStatus } from "./simulation.js";
import { type SimulatedRound, SimulationHistory } from "./simulation_history.js";
import { type ResolvedSimulation, resolveSimulation, type SimulateOptions } from "./simulation_options.js";

/** What a simulation leaves. */
export interface SimulationResult {
  readonly status: SimulationStatus;
  /** The method's name. */
  readonly method: string;
  readonly history: SimulationHistory;
  /** Virtual seconds. */
  readonly time: number;
  /** After the last round. */
  readonly objective: MethodObjective;
  /** Models for features as they are given: d weights a task, m × d task-major, and m intercepts. */
  readonly weights: Float64Array;
  readonly intercepts: Float64Array;
  /** Of `mocha`, and of own methods that make one. */
  readonly model?: Model;
  /** Of baselines that are tuned: the scaling that was used. */
  readonly scaling?: number;
  /** Sums over the rounds, an entry a task. */
  readonly devices: DeviceTotals;
  /** Devices that never answered. */
  readonly absent: readonly AbsentDevice[];
  /** What their absence does, in a sentence. */
  readonly consequence?: string;
  /** The checkpoint that the simulation went on from, if it did. */
  readonly resumedFrom?: string;
}

/** A simulation under way; see {@link Run}. */
export class SimulationRun extends Run<SimulationResult, SimulatedRound, ResolvedSimulation> {}

/**
 * Trains by a federated method as it would go on devices and links of a given kind, on a virtual clock. Starts at once. The
 * result depends on data, options and seed alone, not on the machine's speed or threads.
 *
 * @param tasks the data, a task a device; copied or shared at once
 * @param options see SimulateOptions; everything has a default
 * @returns a run; it never throws: bad options or data reject `run.result` (and iteration)
 */
export function simulate(tasks: TaskSet, options: SimulateOptions = {}): SimulationRun {
  const history = new SimulationHistory();
  let resolved: ResolvedSimulation;
  let handle: Handle | undefined;
  let result: Promise<SimulationResult>;
  try {
    resolved = resolveSimulation(options);
    handle = { aborted: false };
    result = runSimulation(tasks, resolved, history, handle, () => run.wake());
  } catch (error) {
    resolved = resolveSimulation();
    result = Promise.reject(error);
  }
  const run = new SimulationRun(result, resolved, history, () => {
    if (handle !== undefined) {
      handle.aborted = true;
      handle.simulation?.abort();
    }
  });
  run.listenTo(resolved.signal);
  return run;
}

/** The simulation once there is one, and whether it shall end. */
interface Handle {
  aborted: boolean;
  simulation?: Simulation;
}

async function runSimulation(
  tasks: TaskSet,
  options: ResolvedSimulation,
  history: SimulationHistory,
  handle: Handle,
  onRound: () => void,
): Promise<SimulationResult> {
  if (!(tasks instanceof TaskSet)) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      "the first argument of simulate must be a TaskSet; make one with readTasks",
    );
  }
  const prepared = prepareData(tasks, trainingOptions(options));
  const { names } = tasks;
  const method = await createMethod({ tasks, prepared }, options);
  try {
    const simulation = new Simulation(method, names, options, history, onRound);
    handle.simulation = simulation;
    if (handle.aborted) {
      simulation.abort();
    }
    const { folder, resumedFrom } = await openCheckpoints(prepared, options, simulation);
    const status = await simulation.run(folder);
    const ended = { status, method: method.name, history, time: simulation.time };
    const objective = simulation.objective as MethodObjective;
    const absent = absentDevices(names, simulation.totals, simulation.attendance);
    const consequence = absenceInWords(absent, history.length);
    return {
      ...ended,
      objective,
      ...(await modelsOf(method, status, prepared, names)),
      devices: simulation.totals,
      absent,
      ...(consequence === undefined ? {} : { consequence }),
      ...(resumedFrom === undefined ? {} : { resumedFrom }),
    };
  } finally {
    method.dispose();
  }
}

type Models = Pick<SimulationResult, "weights" | "intercepts" | "model" | "scaling">;

/** The models that a method has made, for features as they are given. */
async function modelsOf(
  method: Method & { readonly scaling?: number },
  status: SimulationStatus,
  data: PreparedData,
  names: readonly string[],
): Promise<Models> {
  const model = await method.finish?.(status === "converged" ? "converged" : "budget");
  if (model !== undefined) {
    const weights = new Float64Array(names.length * model.cols);
    for (const [t, name] of names.entries()) {
      weights.set(model.weights(name), t * model.cols);
    }
    return { weights, intercepts: Float64Array.from(names, (name) => model.intercept(name)), model };
  }
  const [W, intercepts] = separateIntercepts(method.weights(), new Float64Array(names.length), data);
  const raw = foldScaling({ W, intercepts }, W.length / names.length, data.scaling);
  const { scaling } = method;
  return { weights: raw.W, intercepts: raw.intercepts, ...(scaling === undefined ? {} : { scaling }) };
}

async function openCheckpoints(
  prepared: PreparedData,
  options: ResolvedSimulation,
  simulation: Simulation,
): Promise<{ folder?: CheckpointFolder; resumedFrom?: string }> {
  const { checkpoint } = options;
  if (checkpoint === undefined) {
    return {};
  }
  const { folder, found } = await CheckpointFolder.open(
    checkpoint,
    simulationFacts(prepared, options, simulation),
  );
  if (found === undefined) {
    return { folder };
  }
  simulation.restore(found.state);
  return { folder, resumedFrom: found.path };
}

/** Descriptions longer than this, of many devices, become digests. */
const longestDescription = 200;

const shortened = (text: string): string =>
  text.length <= longestDescription ? text : `digest ${digest(Buffer.from(text))}`;

/** What must be the same for a simulation to go on with the same bits. */
function simulationFacts(prepared: PreparedData, options: ResolvedSimulation, { method }: Simulation): Facts {
  const { devices, network, availability, faults, budget, sampling, deadline, evaluateEvery } = options;
  const described = (part: unknown): string =>
    typeof part === "function" ? "given by a function" : shortened(JSON.stringify(part));
  const partsOf = (parts: readonly { readonly name: string; readonly facts?: object }[]): string =>
    shortened(JSON.stringify(parts.map(({ name, facts }) => ({ name, ...facts }))));
  return {
    ...factsOf(trainingOptions(options), prepared, undefined, undefined),
    method: method.name,
    baseline: described(options.baseline),
    devices: described(devices),
    network: described(network),
    availability: partsOf(availability),
    faults: partsOf(faults),
    budget: partsOf([budget]),
    sampling: described(sampling ?? "all"),
    deadline: String(deadline),
    evaluateEvery,
    theta: options.theta,
  };
}
