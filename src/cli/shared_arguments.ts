/** Arguments and flags that several commands have. */
import { formatOf, type ReadOptions } from "../data/read_tasks.js";
import { unknownTaskPolicies } from "../mocha/model.js";
import type { BooleanFlag, ChoiceFlag, Positional, StringFlag } from "./arguments.js";
import { present } from "./present.js";

/** The data file of a command, by its place. */
export const dataFile = {
  name: "DATA",
  help: "svmlight text with qid:TASK as the task of a row, or .csv or .tsv with a header; all of them plain or .gz",
} as const satisfies Positional;

/** The model file of a command, by its place. */
export const modelFile = {
  name: "MODEL",
  help: "a file written by train --out",
} as const satisfies Positional;

/** Which columns of a CSV or TSV file are not features. */
export const columnFlags = [
  {
    name: "task-column",
    kind: "string",
    placeholder: "C",
    help: "csv, tsv: the column of the tasks' names; without a column of that name all rows are one task",
    default: "task",
  },
  {
    name: "label-column",
    kind: "string",
    placeholder: "C",
    help: "csv, tsv: the column of the labels",
    default: "label",
  },
  {
    name: "weight-column",
    kind: "string",
    placeholder: "C",
    help: "csv, tsv: the column of the rows' weights, at least 0",
    default: "none, every row weighs 1",
  },
] as const satisfies readonly StringFlag[];

/** Flags that say how data are read. */
interface ReadFlags {
  readonly taskColumn?: string;
  readonly labelColumn?: string;
  readonly weightColumn?: string;
  readonly precision?: "float64" | "float32";
  /** Of convert: the format, whatever the name. */
  readonly from?: NonNullable<ReadOptions["format"]>;
}

/** The options that the flags stand for; flags without effect on such a file are said on stderr. */
export function readOptions(path: string, flags: ReadFlags): ReadOptions {
  const { taskColumn, labelColumn, weightColumn, precision, from: format } = flags;
  const columns = { taskColumn, labelColumn, weightColumn };
  if (!["csv", "tsv"].includes(format ?? formatOf(path))) {
    for (const [i, value] of Object.values(columns).entries()) {
      if (value !== undefined) {
        process.stderr.write(`fedmtl: --${columnFlags[i]?.name} has no effect without a .csv or .tsv file\n`);
      }
    }
  }
  return present({ ...columns, precision, format });
}

/** What becomes of tasks that the model does not have. */
export const unknownTaskFlag = {
  name: "unknown-task",
  kind: "choice",
  choices: unknownTaskPolicies,
  help: "rows of a task that the model does not have: an error, or the mean of its tasks' models",
  default: "error",
} as const satisfies ChoiceFlag;

/** One JSON object instead of text. */
export const jsonFlag = {
  name: "json",
  kind: "boolean",
  help: "print exactly one JSON object on stdout",
} as const satisfies BooleanFlag;

/** How many bits a feature value has in memory. */
export const precisionFlag = {
  name: "precision",
  kind: "choice",
  choices: ["float64", "float32"],
  help: "how feature values are stored; arithmetic is in float64",
  default: "float64",
} as const satisfies ChoiceFlag;
