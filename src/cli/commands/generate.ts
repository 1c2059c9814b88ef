/**
 * `fedmtl generate`: synthetic federated data, written as svmlight text; says which task is in which cluster.
 */
import {
  type GenerateOptions,
  generate,
  profileNames,
  profiles,
  type Recipe,
  type SyntheticData,
} from "../../data/generate.js";
import { writeSvmlight } from "../../data/write_svmlight.js";
import { version } from "../../version.js";
import type { Arguments, Command } from "../arguments.js";
import { exitCodes } from "../failures.js";
import { checkWritable } from "../files.js";
import { grouped, writeJson } from "../output.js";
import { runnable } from "../runnable.js";
import { jsonFlag } from "../shared_arguments.js";
import { summaries } from "../summaries.js";

const table = {
  name: "generate",
  summary: summaries.generate,
  positionals: [],
  flags: [
    {
      name: "profile",
      kind: "choice",
      choices: profileNames,
      help: "the recipe to start from",
      default: "custom",
    },
    { name: "tasks", kind: "integer", help: "number of tasks" },
    { name: "cols", kind: "integer", help: "number of features" },
    { name: "clusters", kind: "integer", help: "number of clusters; task t is in cluster t modulo this" },
    { name: "min-rows", kind: "integer", help: "least number of rows of a task" },
    { name: "max-rows", kind: "integer", help: "largest number of rows of a task" },
    {
      name: "kind",
      kind: "choice",
      choices: ["classification", "regression"],
      help: "labels -1 / +1 or real numbers",
    },
    {
      name: "noise",
      kind: "number",
      help: "fraction of labels flipped, or standard deviation of the label noise",
    },
    { name: "margin", kind: "number", help: "classification: mean distance of rows from the class boundary" },
    { name: "common", kind: "number", help: "share of the centres that all clusters have in common" },
    { name: "deviation", kind: "number", help: "length of a task's own part of its model, against 1" },
    { name: "density", kind: "number", help: "fraction of the features that a model uses" },
    { name: "correlation", kind: "number", help: "correlation of neighbouring features" },
    { name: "shift", kind: "number", help: "spread over tasks of a feature's mean" },
    { name: "spread", kind: "number", help: "spread over tasks of the logarithm of a feature's scale" },
    { name: "seed", kind: "integer", min: 0, help: "same seed, same data", default: "0" },
    {
      name: "out",
      kind: "string",
      placeholder: "FILE.svm[.gz]",
      help: "the file to write",
      default: "PROFILE.svm",
    },
    jsonFlag,
  ],
  examples: [
    "fedmtl generate --profile har --out har.svm.gz",
    "fedmtl generate --tasks 12 --clusters 3 --cols 40 --seed 7 --out toy.svm",
  ],
} as const satisfies Command;

/** The command `generate`. */
export const command = runnable(table, run);

async function run({ flags }: Arguments<typeof table>): Promise<number> {
  const { profile = "custom", out = `${profile}.svm`, json, minRows, maxRows, ...numbers } = flags;
  await checkWritable(out);
  const [least, most] = profiles[profile].rows;
  const rows: Recipe["rows"] = [
    minRows ?? Math.min(least, maxRows ?? least),
    maxRows ?? Math.max(most, minRows ?? most),
  ];
  const options: GenerateOptions = { profile, ...numbers, rows };
  const data = generate(options);
  await writeSvmlight(out, data);
  if (json === true) {
    writeJson(description(data, profile, numbers.seed ?? 0, out));
  } else {
    process.stdout.write(text(data, profile, out));
  }
  return exitCodes.done;
}

/** The names of the tasks of each cluster. */
function members({ ids, clusters, recipe }: SyntheticData): string[][] {
  return Array.from({ length: recipe.clusters }, (_, cluster) =>
    ids.filter((_, task) => clusters[task] === cluster),
  );
}

function description(data: SyntheticData, profile: string, seed: number, out: string): object {
  const { recipe, labels } = data;
  return {
    out,
    profile,
    seed,
    tasks: recipe.tasks,
    samples: labels.length,
    features: recipe.cols,
    clusters: members(data),
    recipe,
    version,
  };
}

function text(data: SyntheticData, profile: string, out: string): string {
  const { recipe, labels } = data;
  return [
    `Wrote ${out}: ${grouped(labels.length)} rows of ${grouped(recipe.cols)} features, ${grouped(recipe.tasks)} tasks, profile ${profile}.`,
    "True clusters:",
    ...members(data).map((tasks, cluster) => `  ${cluster + 1}: ${tasks.join(" ")}`),
    "",
  ].join("\n");
}
