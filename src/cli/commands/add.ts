/**
 * `fedmtl add`: the tasks of a data file that a model does not have, each solved against the tasks that it has.
 */
import { readTasks } from "../../data/read_tasks.js";
import { FedmtlError } from "../../errors.js";
import { Model } from "../../mocha/model.js";
import type { AddedTask } from "../../mocha/model_parts.js";
import { version } from "../../version.js";
import type { Arguments, Command } from "../arguments.js";
import { exitCodes, withFile } from "../failures.js";
import { checkSeparate, checkWritable } from "../files.js";
import { grouped, table as textTable, timeInWords, writeJson } from "../output.js";
import { readRelations } from "../new_task_relations.js";
import { runnable } from "../runnable.js";
import { columnFlags, dataFile, jsonFlag, modelFile, readOptions } from "../shared_arguments.js";
import { summaries } from "../summaries.js";
import { printable, shorten } from "../terminal.js";
import { counted } from "../training_report.js";

const table = {
  name: "add",
  summary: `${summaries.add}: each is solved against those that the model has, which stay as they are`,
  positionals: [modelFile, dataFile],
  flags: [
    { name: "out", kind: "string", placeholder: "MODEL", help: "write the model with the new tasks; needed" },
    { name: "gap", kind: "number", min: 0, help: "relative duality gap to reach", default: "0.0001" },
    {
      name: "edges",
      kind: "string",
      placeholder: "FILE.csv",
      help: "for a model of graph: lines taskA,taskB,weight of the new tasks",
    },
    {
      name: "omega",
      kind: "string",
      placeholder: "FILE.csv",
      help: "for a model of fixed: precision over all tasks, the new ones last",
    },
    {
      name: "sigma",
      kind: "string",
      placeholder: "FILE.csv",
      help: "for a model of fixed: covariance over all tasks, the new ones last",
    },
    ...columnFlags,
    jsonFlag,
  ],
  examples: ["fedmtl add school.safetensors new-schools.svm --out schools.safetensors"],
} as const satisfies Command;

/** The command `add`. */
export const command = runnable(table, add);

/** A task that was added, and how long that took. */
type Timed = AddedTask & { readonly seconds: number };

async function add({ flags, positionals }: Arguments<typeof table>): Promise<number> {
  const [modelPath = "", dataPath = ""] = positionals;
  const { out } = flags;
  if (out === undefined) {
    throw new FedmtlError(
      "INVALID_OPTION",
      "add needs --out MODEL: the file of the model with the new tasks",
    );
  }
  await checkSeparate([modelPath, dataPath, flags.edges, flags.omega, flags.sigma], [out]);
  await checkWritable(out);
  const before = await Model.load(modelPath);
  const tasks = await readTasks(dataPath, readOptions(dataPath, flags));
  const known = new Set(before.names);
  const fresh = tasks.names.filter((one) => !known.has(one));
  const relationsOf = await readRelations(flags, before, fresh);
  const gap = flags.gap === undefined ? {} : { gap: flags.gap };
  const added: Timed[] = [];
  let model = before;
  for (const [i, name] of fresh.entries()) {
    const start = performance.now();
    const current = model;
    const options = { ...gap, ...relationsOf(i) };
    model = await withFile(dataPath, () => current.addTask(name, tasks.select([name]), options));
    const [newest] = model.added.slice(-1);
    added.push({ ...(newest as AddedTask), seconds: (performance.now() - start) / 1000 });
  }
  await model.save(out);
  const left = tasks.names.filter((name) => known.has(name));
  if (left.length > 0) {
    const them = left.length === 1 ? "a task" : `${left.length} tasks`;
    process.stderr.write(
      `fedmtl: the model has ${them} of the data already; their rows were not looked at\n`,
    );
  }
  if (flags.json === true) {
    writeJson({ tasks: model.names.length, added, version });
  } else {
    process.stdout.write(addedText(model, added, out));
  }
  return exitCodes.done;
}

function addedText(model: Model, added: readonly Timed[], out: string): string {
  const rows = added.map(({ task, rows: count, certificate, seconds }) => [
    shorten(printable(task), 30),
    grouped(count),
    certificate === undefined ? "-" : Math.max(0, certificate.relativeGap).toExponential(1),
    timeInWords(seconds),
  ]);
  return [
    ...(rows.length === 0 ? [] : [textTable([["task", "rows", "gap", "time"], ...rows])]),
    `Wrote ${out}: ${counted(model.names.length, "task")}, ${added.length} of them new.\n`,
  ].join("\n");
}
