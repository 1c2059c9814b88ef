/**
 * `fedmtl inspect`: what is in a data file or in a model file; the file's first bytes say which it is.
 */
import { readTasks } from "../../data/read_tasks.js";
import { Model } from "../../mocha/model.js";
import type { Arguments, Command } from "../arguments.js";
import { exitCodes } from "../failures.js";
import { detectContent } from "../files.js";
import { describeData, dataText } from "../inspect_data.js";
import { describeModel, modelText } from "../inspect_model.js";
import { writeJson } from "../output.js";
import { runnable } from "../runnable.js";
import { columnFlags, jsonFlag, readOptions } from "../shared_arguments.js";
import { summaries } from "../summaries.js";

const table = {
  name: "inspect",
  summary: summaries.inspect,
  positionals: [
    { name: "FILE", help: "DATA (svmlight, .csv or .tsv, plain or .gz) or MODEL; its content says which" },
  ],
  flags: [
    {
      name: "clusters",
      kind: "integer",
      placeholder: "K",
      min: 1,
      help: "model: how many clusters of tasks to show",
      default: "those trained with, else where the distances of their tree make the largest step",
    },
    ...columnFlags,
    jsonFlag,
  ],
  examples: ["fedmtl inspect landmine.svm.gz", "fedmtl inspect landmine.safetensors --json"],
} as const satisfies Command;

/** The command `inspect`. */
export const command = runnable(table, inspect);

async function inspect({ flags, positionals: [path = ""] }: Arguments<typeof table>): Promise<number> {
  const json = flags.json === true;
  if ((await detectContent(path)) === "model") {
    const model = await Model.load(path);
    const found = await describeModel(model, flags.clusters);
    json ? writeJson(found) : process.stdout.write(modelText(model, found, flags.clusters !== undefined));
  } else {
    const tasks = await readTasks(path, readOptions(path, flags));
    json ? writeJson(describeData(tasks)) : process.stdout.write(dataText(describeData(tasks)));
  }
  return exitCodes.done;
}
