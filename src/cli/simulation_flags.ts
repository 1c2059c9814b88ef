/**
 * The flags of `fedmtl simulate` that are about devices, links and methods, and the options of `simulate` they stand for.
 */
import {
  type BaselineName,
  baselineNames,
  baselineNumbers,
  ownOptionsOf,
  tuningNumbers,
} from "../baselines/options.js";
import { FedmtlError, invalidChoice } from "../errors.js";
import { type Availability, dayNight } from "../systems/availability.js";
import { deviceNames } from "../systems/devices.js";
import { bursts, type Faults, independentDrops } from "../systems/faults.js";
import { isPaperNetwork, linkNames, networkNames } from "../systems/links.js";
import {
  type MethodName,
  methodNames,
  simulationDefaults,
  simulationRanges,
  type SimulateOptions,
} from "../systems/simulation_options.js";
import { readTrace, traceRepeatRange } from "../systems/trace.js";
import { budgetNames } from "../systems/work_budgets.js";
import type { Arguments, Command } from "./arguments.js";
import { present } from "./present.js";
import { number, trainingFlags } from "./training_flags.js";

type TrainingFlag = (typeof trainingFlags)[number];

/** What a simulation has in another form, or not at all. */
const others = ["gap", "rounds", "multiclass"] as const;
type Other = (typeof others)[number];

const isShared = (flag: TrainingFlag): flag is Exclude<TrainingFlag, { readonly name: Other }> =>
  !(others as readonly string[]).includes(flag.name);

const { theta, maxSteps, lambda, batch, mu, attraction, scaling } = baselineNumbers;

/** The flags of the systems model. */
export const systemsFlags = [
  {
    name: "method",
    kind: "string",
    placeholder: "NAME[,NAME...]",
    help: `what to simulate: ${methodNames.join(", ")}`,
    default: simulationDefaults.method,
  },
  {
    name: "network",
    kind: "string",
    placeholder: "NAME[:SHARE,NAME:SHARE...]",
    help: `how devices are connected: ${networkNames.join(", ")}; or shares of the first four, as in wifi:0.7,3g:0.3`,
    default: simulationDefaults.network,
  },
  {
    name: "devices",
    kind: "string",
    placeholder: "NAME[:SHARE,NAME:SHARE...]",
    help: `what tasks run on: ${deviceNames.join(", ")}; or shares of them`,
    default: simulationDefaults.devices,
  },
  {
    ...number(
      "drop",
      "probability that an invited device does not answer a round",
      { least: 0, most: 1 },
      "0",
    ),
    placeholder: "P",
  },
  {
    name: "bursts",
    kind: "numbers",
    min: 0,
    placeholder: "SHARE,ROUNDS",
    help: "devices fail in runs: the share of rounds, and how many a run lasts on average",
  },
  {
    name: "trace",
    kind: "string",
    placeholder: "FILE.csv",
    help: "when devices are there: lines device,start,end in virtual seconds, with that header",
  },
  number("trace-repeat", "seconds after which the trace begins anew", traceRepeatRange),
  {
    name: "day-night",
    kind: "numbers",
    min: 0,
    max: 24,
    placeholder: "FROM,TO[,SPREAD]",
    help: "hours of each device's day between which it is there, and over how many hours their clocks are spread",
  },
  {
    name: "budget",
    kind: "choice",
    choices: budgetNames,
    help: "steps of a round: local epochs (fixed), 10 to 100 % or 90 to 100 % of the smallest task (high, low), what fits the deadline",
    default: simulationDefaults.budget,
  },
  number("deadline", "virtual seconds that the server waits for answers", simulationRanges.deadline),
  {
    ...number("sample", "devices invited to a round: a fraction up to 1, or a count above 1", { above: 0 }),
    placeholder: "F",
  },
  number("rounds", "most rounds", simulationRanges.rounds, `${simulationDefaults.rounds}`),
  number("seconds", "most virtual seconds", simulationRanges.seconds),
  number(
    "gap",
    "relative duality gap to reach, of methods with a dual",
    simulationRanges.gap,
    `${simulationDefaults.gap.toExponential()}, or 0 with another target`,
  ),
  number("primal", "primal to reach", simulationRanges.primal),
  number("optimum", "the optimum, for --suboptimality", simulationRanges.optimum),
  number("suboptimality", "relative distance from --optimum to reach", simulationRanges.epsilon),
  number(
    "evaluate-every",
    "rounds between evaluations of the objective",
    simulationRanges.evaluateEvery,
    `${simulationDefaults.evaluateEvery}`,
  ),
  { name: "theta", kind: "boolean", help: "bound the theta of every participant in every round" },
  { name: "per-task", kind: "boolean", help: "write what every round was to each task into --history" },
  {
    ...number("cocoa-theta", "cocoa: quality that all tasks solve to", { least: 0 }, `${theta.fallback}`),
    below: 1,
  },
  number("max-steps", "cocoa: most steps of a task", maxSteps.range, `${maxSteps.fallback}`),
  number(
    "lambda",
    "baselines without a relationship: weight of the ridge",
    lambda.range,
    "lambda1 + lambda2",
  ),
  number("batch", "fedavg, fedprox, ditto: rows of a gradient step", batch.range, `${batch.fallback}`),
  number("mu", "fedprox: weight of the proximal term", mu.range, `${mu.fallback}`),
  number("attraction", "ditto: pull of the common model", attraction.range, `${attraction.fallback}`),
  number(
    "scaling",
    "baselines that are tuned: the scaling, instead of a search",
    scaling.range,
    "searched for",
  ),
  number(
    "tuning-rounds",
    "baselines that are tuned: rounds of each candidate",
    tuningNumbers.rounds.range,
    `${tuningNumbers.rounds.fallback}`,
  ),
] as const;

/** All flags of the command but those about files and output. */
export const simulationFlags = [...trainingFlags.filter(isShared), ...systemsFlags] as const;

/** The values of these flags as given. */
export type SystemsFlags = Arguments<Command & { readonly flags: typeof systemsFlags }>["flags"];

/** The methods to simulate, in the order given. @throws FedmtlError INVALID_OPTION */
export function methodsOf({ method = simulationDefaults.method }: SystemsFlags): MethodName[] {
  const names = method.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !(methodNames as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw invalidChoice("value of --method", unknown, methodNames);
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new FedmtlError("INVALID_OPTION", `--method names ${twice} twice; name it once`);
  }
  return names as MethodName[];
}

/** A preset, or shares of presets. @throws FedmtlError INVALID_OPTION */
function presetOf<Name extends string>(
  flag: string,
  text: string,
  names: readonly Name[],
): Name | { shares: Partial<Record<Name, number>> } {
  const parts = text.split(",").map((part) => part.trim().split(":"));
  const unknown = parts
    .map(([name = ""]) => name)
    .find((name) => !(names as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw invalidChoice(`value of ${flag}`, unknown, names);
  }
  const [first = []] = parts;
  if (parts.length === 1 && first.length === 1) {
    return first[0] as Name;
  }
  const shares: Partial<Record<Name, number>> = {};
  for (const [name, share = "", ...more] of parts) {
    const value = share.trim() === "" ? Number.NaN : Number(share);
    if (!(value >= 0 && Number.isFinite(value)) || more.length > 0 || Object.hasOwn(shares, name ?? "")) {
      throw new FedmtlError(
        "INVALID_OPTION",
        `${flag} must be one name, or NAME:SHARE,NAME:SHARE with every name once and shares from 0, got ${JSON.stringify(text)}`,
      );
    }
    shares[name as Name] = value;
  }
  return { shares };
}

function networkOf(text: string | undefined): SimulateOptions["network"] {
  if (text === undefined || isPaperNetwork(text)) {
    return text;
  }
  return presetOf(
    "--network",
    text,
    text.includes(":") ? linkNames : networkNames,
  ) as SimulateOptions["network"];
}

async function availabilityOf({
  trace,
  traceRepeat,
  dayNight: hours,
}: SystemsFlags): Promise<Availability[]> {
  if (traceRepeat !== undefined && trace === undefined) {
    throw new FedmtlError("INVALID_OPTION", "--trace-repeat needs --trace FILE.csv");
  }
  const models: Availability[] = [];
  if (hours !== undefined) {
    const [from, to, spread] = hours;
    if (from === undefined || to === undefined || hours.length > 3) {
      throw new FedmtlError(
        "INVALID_OPTION",
        `--day-night must be FROM,TO or FROM,TO,SPREAD, got ${hours.length} numbers`,
      );
    }
    models.push(dayNight({ from, to, ...(spread === undefined ? {} : { spread }) }));
  }
  if (trace !== undefined) {
    models.push(await readTrace(trace, traceRepeat === undefined ? {} : { repeat: traceRepeat }));
  }
  return models;
}

function faultsOf({ drop, bursts: runs }: SystemsFlags): Faults[] {
  const models: Faults[] = drop === undefined ? [] : [independentDrops(drop)];
  if (runs !== undefined) {
    const [share, rounds] = runs;
    if (share === undefined || rounds === undefined || runs.length > 2) {
      throw new FedmtlError("INVALID_OPTION", `--bursts must be SHARE,ROUNDS, got ${runs.length} numbers`);
    }
    models.push(bursts({ share, rounds }));
  }
  return models;
}

function samplingOf(sample: number | undefined): SimulateOptions["sampling"] {
  if (sample === undefined) {
    return undefined;
  }
  if (sample > 1 && !Number.isSafeInteger(sample)) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `--sample must be a fraction up to 1 or a whole number above 1, got ${sample}`,
    );
  }
  return sample <= 1 ? { fraction: sample } : { count: sample };
}

function stopOf({
  rounds,
  seconds,
  gap,
  primal,
  optimum,
  suboptimality,
}: SystemsFlags): SimulateOptions["stop"] {
  if ((optimum === undefined) !== (suboptimality === undefined)) {
    throw new FedmtlError("INVALID_OPTION", "--optimum and --suboptimality go together; give both");
  }
  return present({
    ...{ rounds, seconds, gap, primal },
    suboptimality:
      optimum === undefined || suboptimality === undefined ? undefined : { optimum, epsilon: suboptimality },
  });
}

/**
 * The systems model's options that the flags stand for, all methods' in common.
 *
 * @throws FedmtlError INVALID_OPTION; BAD_INPUT, IO for the file of --trace
 */
export async function systemsOptions(flags: SystemsFlags): Promise<SimulateOptions> {
  const { devices, budget, deadline, evaluateEvery, theta: wantTheta } = flags;
  return present({
    network: networkOf(flags.network),
    devices: devices === undefined ? undefined : presetOf("--devices", devices, deviceNames),
    availability: await availabilityOf(flags),
    faults: faultsOf(flags),
    sampling: samplingOf(flags.sample),
    stop: stopOf(flags),
    ...{ budget, deadline, evaluateEvery, theta: wantTheta },
  }) as SimulateOptions;
}

/** The flags that are baselines' own, as options of baselines. */
function baselineOptionsOf(flags: SystemsFlags): NonNullable<SimulateOptions["baseline"]> {
  const { cocoaTheta, maxSteps: most, tuningRounds } = flags;
  const { lambda: ridge, batch: rows, mu: proximal, attraction: pull, scaling: step } = flags;
  return present({
    ...{
      theta: cocoaTheta,
      maxSteps: most,
      lambda: ridge,
      batch: rows,
      mu: proximal,
      attraction: pull,
      scaling: step,
    },
    tuning: tuningRounds === undefined ? undefined : { rounds: tuningRounds },
  });
}

const isBaseline = (name: MethodName): name is BaselineName =>
  (baselineNames as readonly string[]).includes(name);

/** What one method is told of the flags that are baselines' own. */
export function baselineOf(
  method: MethodName,
  flags: SystemsFlags,
): NonNullable<SimulateOptions["baseline"]> {
  const own: readonly string[] = isBaseline(method) ? ownOptionsOf(method) : [];
  return Object.fromEntries(Object.entries(baselineOptionsOf(flags)).filter(([name]) => own.includes(name)));
}

/** Names of flags whose option has another. */
const flagNames: Readonly<Record<string, string>> = {
  theta: "cocoa-theta",
  maxSteps: "max-steps",
  tuning: "tuning-rounds",
};

/** A sentence for each flag of a baseline that none of the methods has. */
export function baselineFlagsWithoutEffect(methods: readonly MethodName[], flags: SystemsFlags): string[] {
  const taken = methods.flatMap((method) => Object.keys(baselineOf(method, flags)));
  return Object.keys(baselineOptionsOf(flags))
    .filter((name) => !taken.includes(name))
    .map((name) => {
      const takers = baselineNames.filter((method) =>
        (ownOptionsOf(method) as readonly string[]).includes(name),
      );
      return `--${flagNames[name] ?? name} has no effect without --method ${takers.join(" or ")}`;
    });
}
