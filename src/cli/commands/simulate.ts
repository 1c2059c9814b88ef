/**
 * `fedmtl simulate`: federated methods on a virtual clock, one after the other on the same data, devices and faults.
 */
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { readTasks } from "../../data/read_tasks.js";
import type { TaskSet } from "../../data/task_set.js";
import { FedmtlError } from "../../errors.js";
import { writeAtomically } from "../../files.js";
import type { CheckpointOptions } from "../../options.js";
import { simulate } from "../../systems/simulate.js";
import {
  type MethodName,
  resolveSimulation,
  type SimulateOptions,
} from "../../systems/simulation_options.js";
import type { Arguments, Command } from "../arguments.js";
import { checkpointFlags, checkpointOptions } from "../checkpoint_flags.js";
import { aboutFile, exitCodes } from "../failures.js";
import { checkSeparate, checkWritable } from "../files.js";
import { short, writeJson } from "../output.js";
import { createProgress } from "../progress.js";
import { runnable } from "../runnable.js";
import { columnFlags, dataFile, jsonFlag, precisionFlag, readOptions } from "../shared_arguments.js";
import {
  baselineFlagsWithoutEffect,
  baselineOf,
  methodsOf,
  simulationFlags,
  systemsOptions,
} from "../simulation_flags.js";
import {
  type FinishedSimulation,
  simulationJson,
  simulationLine,
  simulationText,
} from "../simulation_report.js";
import { summaries } from "../summaries.js";
import { printable } from "../terminal.js";
import {
  checkTasksOfRelationship,
  fileAtFault,
  flagsWithoutEffect,
  trainingOptions,
} from "../training_options.js";
import { type Interruption, listenForInterruption } from "../training_run.js";

const table = {
  name: "simulate",
  summary: summaries.simulate,
  positionals: [dataFile],
  flags: [
    ...simulationFlags,
    precisionFlag,
    ...columnFlags,
    {
      name: "history",
      kind: "string",
      placeholder: "FILE.jsonl",
      help: "write one JSON object a round and method",
    },
    ...checkpointFlags,
    jsonFlag,
  ],
  examples: [
    "fedmtl simulate landmine.svm.gz --relationship mean --lambda2 0.01 --method mocha,cocoa --network lte",
    "fedmtl simulate har.svm --positive 4 --devices phone:0.5,wearable:0.5 --deadline 0.5 --budget deadline --theta",
    "fedmtl simulate landmine.svm.gz --drop 0.3 --sample 0.5 --history rounds.jsonl",
    "fedmtl simulate landmine.svm.gz --trace phones.csv --checkpoint landmine.checkpoints --resume --json",
  ],
} as const satisfies Command;

/** Characters of history that are written together. */
const chunkLength = 1 << 16;

type Flags = Arguments<typeof table>["flags"];

/** The command `simulate`. */
export const command = runnable(table, run);

async function run({ flags, positionals: [path = ""] }: Arguments<typeof table>): Promise<number> {
  const interruption = listenForInterruption();
  const methods = methodsOf(flags);
  const checkpoint = checkpointOptions(flags);
  const { stop: _, ...training } = await trainingOptions(withoutOthers(flags));
  const options: SimulateOptions = { ...training, ...(await systemsOptions(flags)) };
  resolveSimulation(options);
  if (flags.perTask === true && flags.history === undefined) {
    throw new FedmtlError("INVALID_OPTION", "--per-task needs --history FILE.jsonl");
  }
  for (const sentence of [
    ...flagsWithoutEffect(withoutOthers(flags)),
    ...baselineFlagsWithoutEffect(methods, flags),
  ]) {
    process.stderr.write(`fedmtl: ${sentence}\n`);
  }
  await checkSeparate([path, flags.trace, flags.edges, flags.omega, flags.sigma], [flags.history]);
  if (flags.history !== undefined) {
    await checkWritable(flags.history);
  }
  const tasks = await readTasks(path, readOptions(path, flags));
  if (options.relationship !== undefined) {
    await checkTasksOfRelationship(withoutOthers(flags), options.relationship, tasks.names);
  }
  const plan = { tasks, methods, options, checkpoint, flags, interruption };
  const simulations = await simulateAll(plan).catch((error: unknown) => {
    throw aboutFile(fileOf(path, flags, error), error);
  });
  if (flags.json === true) {
    writeJson(simulationJson(tasks, simulations));
  } else {
    process.stdout.write(simulationText(tasks, simulations));
    process.stdout.write(flags.history === undefined ? "" : `Wrote ${printable(flags.history)}.\n`);
  }
  if (interruption.happened) {
    const hint = checkpoint === undefined ? "" : "; --resume goes on from there";
    process.stderr.write(`fedmtl: interrupted; the result is that of the last finished round${hint}\n`);
    return exitCodes.interrupted;
  }
  return exitCodes.done;
}

/** The flags that are a training's. */
function withoutOthers({ gap, rounds, ...flags }: Flags): Omit<Flags, "gap" | "rounds"> {
  return flags;
}

/** The file that an error is about: the trace, whose messages begin with its name, or one of those of a training. */
function fileOf(data: string, flags: Flags, error: unknown): string {
  const aboutTrace =
    flags.trace !== undefined && error instanceof Error && error.message.startsWith(`${flags.trace}, line `);
  return aboutTrace ? (flags.trace ?? data) : fileAtFault(data, withoutOthers(flags), error);
}

/** What the command shall do. */
interface Plan {
  readonly tasks: TaskSet;
  readonly methods: readonly MethodName[];
  readonly options: SimulateOptions;
  readonly checkpoint: CheckpointOptions | undefined;
  readonly flags: Flags;
  readonly interruption: Interruption;
}

/** Every method in turn; the history is written whole or not at all. */
async function simulateAll(plan: Plan): Promise<FinishedSimulation[]> {
  const { methods, flags, interruption } = plan;
  const finished: FinishedSimulation[] = [];
  const all = async (handle?: FileHandle): Promise<void> => {
    for (const method of methods) {
      if (!interruption.happened) {
        finished.push(await simulateOne(plan, method, handle));
      }
    }
  };
  await (flags.history === undefined ? all() : writeAtomically(flags.history, all));
  return finished;
}

async function simulateOne(plan: Plan, method: MethodName, handle?: FileHandle): Promise<FinishedSimulation> {
  const { tasks, flags, checkpoint, interruption } = plan;
  const baseline = baselineOf(method, flags);
  const folder =
    checkpoint === undefined ? {} : { checkpoint: { ...checkpoint, dir: join(checkpoint.dir, method) } };
  // Arrays of tasks hold only until the callback returns, so their lines are made there.
  const linesOfTasks = new Map<number, string>();
  const perTask: Pick<SimulateOptions, "onRound"> =
    flags.perTask === true && handle !== undefined
      ? {
          onRound: (round, each) =>
            linesOfTasks.set(round.round, simulationLine(round, { method, seed }, each)),
        }
      : {};
  const start = performance.now();
  const run = simulate(tasks, { ...plan.options, method, baseline, ...folder, ...perTask });
  const { seed, stop } = run.options;
  interruption.whenItHappens(() => run.abort());
  let time = 0;
  const progress = createProgress({
    ...{ stream: process.stderr, targetGap: stop.gap, rounds: stop.rounds },
    describe: ({ round }) => `${method}: round ${round}, ${short(time)} virtual seconds`,
  });
  let chunk = "";
  try {
    for await (const record of run) {
      time = record.time;
      progress.update(record);
      if (handle !== undefined) {
        chunk += linesOfTasks.get(record.round) ?? simulationLine(record, { method, seed }, undefined);
        linesOfTasks.delete(record.round);
      }
      if (chunk.length >= chunkLength) {
        await handle?.writeFile(chunk);
        chunk = "";
      }
    }
    await handle?.writeFile(chunk);
  } finally {
    progress.finish();
  }
  const result = await run.result;
  if (result.resumedFrom !== undefined) {
    process.stderr.write(`fedmtl: ${method} was resumed from ${printable(result.resumedFrom)}\n`);
    if (flags.perTask === true) {
      process.stderr.write(
        `fedmtl: the lines of its rounds before that have no tasks; a checkpoint keeps their sums\n`,
      );
    }
  }
  return { options: run.options, result, wallSeconds: (performance.now() - start) / 1000 };
}
