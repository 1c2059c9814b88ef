/**
 * `fedmtl convert`: rewrites a data file in another format; the names of the files say which.
 */
import { archiveFormats } from "../../data/importers/archive_formats.js";
import { dataFormats, formatOf, readTasks } from "../../data/read_tasks.js";
import { writeTasks } from "../../data/write_tasks.js";
import { version } from "../../version.js";
import { FedmtlError } from "../../errors.js";
import type { Arguments, ChoiceFlag, Command } from "../arguments.js";
import { exitCodes } from "../failures.js";
import { checkSeparate, checkWritable } from "../files.js";
import { writeJson } from "../output.js";
import { runnable } from "../runnable.js";
import { columnFlags, dataFile, jsonFlag, readOptions } from "../shared_arguments.js";
import { summaries } from "../summaries.js";
import { counted } from "../training_report.js";

const fromFlag = {
  name: "from",
  kind: "choice",
  choices: [...dataFormats, ...archiveFormats],
  help:
    "what IN is: the folder of UCI HAR (har), JSON of LEAF, a file or a folder (leaf), a MATLAB file up to 7.2 with cell arrays " +
    "X and Y (mat), or text",
  default: "by the name of the file or what is in the folder",
} as const satisfies ChoiceFlag;

const table = {
  name: "convert",
  summary:
    `${summaries.convert}: svmlight, .csv or .tsv, gzipped where a name ends in .gz. ` +
    "Numbers read back to the same bits. Rows come task by task; features are named x1, x2, …; weights go into a column " +
    "weight",
  positionals: [
    { name: "IN", help: `${dataFile.help}; or an archive as --from tells` },
    { name: "OUT", help: "the file to write; its name says the format, as for IN" },
  ],
  flags: [fromFlag, ...columnFlags, jsonFlag],
  examples: [
    "fedmtl convert patients.csv patients.svm.gz --task-column hospital --label-column readmitted",
    "fedmtl convert landmine.svm.gz landmine.csv",
    'fedmtl convert "UCI HAR Dataset" har.svm.gz',
    "fedmtl convert school.mat school.svm.gz",
  ],
} as const satisfies Command;

/** The command `convert`. */
export const command = runnable(table, convert);

async function convert({ flags, positionals }: Arguments<typeof table>): Promise<number> {
  const [from = "", to = ""] = positionals;
  await checkSeparate([from], [to]);
  await checkWritable(to);
  if (/\.(mat|json)$/i.test(to)) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `${to}: archives are only read; write to .csv, .tsv or another name for svmlight`,
    );
  }
  const tasks = await readTasks(from, readOptions(from, flags));
  const format = formatOf(to);
  await writeTasks(to, tasks, format);
  const { taskCount, rowCount, cols } = tasks;
  if (flags.json === true) {
    writeJson({ out: to, format, tasks: taskCount, samples: rowCount, features: cols, version });
  } else {
    process.stdout.write(
      `Wrote ${to} as ${format}: ${counted(taskCount, "task")}, ${counted(rowCount, "row")} of ${counted(cols, "feature")}.\n`,
    );
  }
  return exitCodes.done;
}
