/**
 * Local steps by inner products of rows against steps by features, and the choice between them: the same training with
 * `gram` on, off and auto, by turns, on the time of its rounds, the making of G included.
 */
import { fit, type GramChoice, mean, type TaskSet } from "fedmtl";
import { denseProblem } from "../problems.js";
import { short } from "../support.js";
import { publishSection } from "./publish.js";
import { spreadOf, spreadText } from "./statistics.js";

const repeats = short ? 1 : 7;
const rounds = short ? 2 : 40;

/** rows × features of each of some tasks, so that each case has about the same number of rows. */
const shapes = [
  { tasks: 40, rows: 50, cols: 100 },
  { tasks: 20, rows: 100, cols: 100 },
  { tasks: 20, rows: 100, cols: 561 },
  { tasks: 8, rows: 350, cols: 561 },
  { tasks: 4, rows: 561, cols: 561 },
  { tasks: 4, rows: 400, cols: 2000 },
  { tasks: 2, rows: 1000, cols: 2000 },
];
const epochs = [2, 4, 10];

/** Seconds of the rounds. */
async function time(tasks: TaskSet, gram: GramChoice, localEpochs: number): Promise<number> {
  const { history } = await fit(tasks, {
    ...{ loss: "smoothed-hinge", weighting: "mean", positive: 1, threads: 1, shrinking: false },
    ...{ relationship: mean({ lambda1: 1e-3, lambda2: 1e-3 }), gram, localEpochs, certifyEvery: 1_000_000 },
    stop: { gap: 0, rounds },
  }).result;
  return history.total("seconds");
}

async function row(tasks: TaskSet, shape: (typeof shapes)[number], localEpochs: number): Promise<string> {
  const ratios: number[] = [];
  const choices: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const off = await time(tasks, "off", localEpochs);
    const on = await time(tasks, "on", localEpochs);
    const auto = await time(tasks, "auto", localEpochs);
    ratios.push(on / off);
    choices.push(auto / Math.min(on, off));
  }
  const name = `${shape.tasks} × ${shape.rows} × ${shape.cols.toLocaleString("en")}`;
  return `| ${name} | ${localEpochs} | ${spreadText(spreadOf(ratios))} | **${spreadText(spreadOf(choices))}** |`;
}

async function main(): Promise<void> {
  const rows = [];
  for (const shape of short ? shapes.slice(0, 1) : shapes) {
    const tasks = denseProblem(shape);
    for (const localEpochs of epochs) {
      rows.push(await row(tasks, shape, localEpochs));
    }
    tasks.dispose();
  }
  publishSection("gram", `Smoothed hinge, relationship \`mean\`, ${rounds} rounds, one thread.`, [
    "| tasks × rows × features | local epochs a round | on / off | auto / the better of both (goal 1.1) |",
    "|---|---|---|---|",
    ...rows,
  ]);
}

void main();
