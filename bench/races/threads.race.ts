/**
 * Two threads against one: the same training, by turns, on the rounds' own time and on the whole call.
 */
import { fit, mean, TaskSet } from "fedmtl";
import { generate } from "../../dist/data/generate.js";
import { denseProblem } from "../problems.js";
import { short } from "../support.js";
import { publishSection } from "./publish.js";
import { spreadOf, spreadText } from "./statistics.js";

const pairs = short ? 1 : 9;

interface Case {
  readonly name: string;
  readonly rounds: number;
  make(): TaskSet;
}

function harProfile(): TaskSet {
  const { features, recipe, labels, ids, taskOfRow } = generate({ profile: "har", seed: 1 });
  const tasks = Array.from(taskOfRow, (task) => ids[task] ?? "");
  return TaskSet.fromDense({ features, cols: recipe.cols, labels, tasks });
}

const cases: readonly Case[] = [
  { name: "profile har: 30 tasks × 281 to 409 rows × 561", rounds: short ? 5 : 150, make: harProfile },
  {
    name: "10,000 tasks × 100 rows × 100",
    rounds: short ? 2 : 12,
    make: () => denseProblem({ tasks: short ? 100 : 10_000, rows: 100, cols: 100 }),
  },
  {
    name: "one task × 20,000 rows × 100",
    rounds: short ? 2 : 50,
    make: () => denseProblem({ tasks: 1, rows: short ? 200 : 20_000, cols: 100 }),
  },
];

/** Seconds of the rounds on one and two threads, and how many times as fast two are, on the rounds and on the call. */
interface Pair {
  readonly one: number;
  readonly two: number;
  readonly rounds: number;
  readonly call: number;
}

/** Seconds of the rounds alone, and of the call. */
async function time(
  tasks: TaskSet,
  threads: number,
  rounds: number,
): Promise<{ rounds: number; call: number }> {
  const start = performance.now();
  const relationship = mean({ lambda1: 1e-2, lambda2: 1e-2 });
  const { history } = await fit(tasks, {
    ...{ loss: "smoothed-hinge", weighting: "mean", relationship, threads, positive: 1 },
    stop: { gap: 0, rounds },
  }).result;
  return { rounds: history.total("seconds"), call: (performance.now() - start) / 1000 };
}

async function row({ name, rounds, make }: Case): Promise<string> {
  const tasks = make();
  await time(tasks, 2, rounds);
  const found: Pair[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const one = await time(tasks, 1, rounds);
    const two = await time(tasks, 2, rounds);
    found.push({
      one: one.rounds,
      two: two.rounds,
      rounds: one.rounds / two.rounds,
      call: one.call / two.call,
    });
  }
  tasks.dispose();
  const spread = (key: keyof Pair): string => spreadText(spreadOf(found.map((pair) => pair[key])));
  return `| ${name} | ${rounds} | ${spread("one")} | ${spread("two")} | **${spread("rounds")}** | ${spread("call")} |`;
}

async function main(): Promise<void> {
  const rows = [];
  for (const one of cases) {
    rows.push(await row(one));
  }
  publishSection(
    "threads",
    "Smoothed hinge, relationship `mean`, policy `accelerated`, a local epoch a round.",
    [
      "| data | rounds | 1 thread, s | 2 threads, s | times as fast, rounds | the whole call of fit |",
      "|---|---|---|---|---|---|",
      ...rows,
    ],
  );
}

void main();
