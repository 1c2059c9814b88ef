/**
 * `fedmtl predict`: decision values, labels and, where the model has them, probabilities of the rows of a data file.
 */
import { readTasks } from "../../data/read_tasks.js";
import { csvText } from "../../data/csv_text.js";
import type { TaskSet } from "../../data/task_set.js";
import { writeAtomically } from "../../files.js";
import { Model } from "../../mocha/model.js";
import { labelsFrom, largestOf, probabilitiesFrom, rowOf } from "../../mocha/predictions.js";
import type { Arguments, Command } from "../arguments.js";
import { exitCodes, withFile } from "../failures.js";
import { checkSeparate } from "../files.js";
import { writePieces } from "../output.js";
import { runnable } from "../runnable.js";
import { columnFlags, dataFile, modelFile, readOptions, unknownTaskFlag } from "../shared_arguments.js";
import { summaries } from "../summaries.js";

const table = {
  name: "predict",
  summary:
    `${summaries.predict}, as CSV: row,task,decision,label and, for the logistic loss, probability. ` +
    "Of several classes these are of the one predicted. Rows are numbered from 1 and come task by task, tasks in the order in which they first appear in the file",
  positionals: [modelFile, dataFile],
  flags: [
    ...columnFlags,
    unknownTaskFlag,
    { name: "out", kind: "string", placeholder: "FILE.csv", help: "write a file instead of stdout" },
  ],
  examples: ["fedmtl predict landmine.safetensors new.svm --out predictions.csv"],
} as const satisfies Command;

/** The command `predict`. */
export const command = runnable(table, predict);

/** Rows that are written together. */
const rowsAPiece = 4096;

async function predict({ flags, positionals }: Arguments<typeof table>): Promise<number> {
  const [modelPath = "", dataPath = ""] = positionals;
  await checkSeparate([modelPath, dataPath], [flags.out]);
  const model = await Model.load(modelPath);
  const tasks = await readTasks(dataPath, readOptions(dataPath, flags));
  const options = flags.unknownTask === undefined ? {} : { unknownTask: flags.unknownTask };
  const decisions = await withFile(dataPath, () => model.decisions(tasks, options));
  const pieces = csvPieces(model, tasks, decisions);
  if (flags.out === undefined) {
    await writePieces(pieces);
  } else {
    await writeAtomically(flags.out, async (handle) => {
      for (const piece of pieces) {
        await handle.writeFile(piece);
      }
    });
  }
  return exitCodes.done;
}

function* csvPieces(model: Model, tasks: TaskSet, decisions: Float64Array): Generator<string> {
  const offsets = tasks.offsets();
  const { hasProbabilities } = model;
  const width = model.classes?.length ?? 1;
  const labels = labelsFrom(decisions, model);
  let piece = `row,task,decision,label${hasProbabilities ? ",probability" : ""}\n`;
  for (const [t, name] of tasks.names.entries()) {
    const task = csvText(name);
    for (let row = offsets[t] ?? 0; row < (offsets[t + 1] ?? 0); row++) {
      const ofRow = rowOf(decisions, row, width);
      const place = largestOf(ofRow);
      const probability = hasProbabilities ? `,${probabilitiesFrom(ofRow, model)[place]}` : "";
      piece += `${row + 1},${task},${ofRow[place]},${labels[row]}${probability}\n`;
      if ((row + 1) % rowsAPiece === 0) {
        yield piece;
        piece = "";
      }
    }
  }
  yield piece;
}
