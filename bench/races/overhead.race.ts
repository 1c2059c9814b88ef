/**
 * What stands around the solver: the start of the process, the TypeScript loop, certificates, set-up, reading.
 */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { fit, type FitOptions, mean, readTasks, type TaskSet, traceNorm } from "fedmtl";
import { denseProblem, sparseRows, svmlightText } from "../problems.js";
import { short } from "../support.js";
import { emptyNode, root, runProcess } from "./processes.js";
import { publishSection } from "./publish.js";
import { spreadOf, spreadText } from "./statistics.js";

const folder = mkdtempSync(join(tmpdir(), "fedmtl-overhead-"));
const repeats = short ? 1 : 11;

interface Finding {
  readonly what: string;
  readonly values: readonly number[];
  readonly goal: string;
}

async function repeat(measure: () => Promise<number> | number): Promise<number[]> {
  const values = [];
  for (let i = 0; i < repeats; i++) {
    values.push(await measure());
  }
  return values;
}

/** Milliseconds of a training of one round on five rows, less an empty Node beside it: start, round, model, end. */
async function processStart(): Promise<Finding> {
  const data = join(folder, "five.svm");
  writeFileSync(data, svmlightText(sparseRows(5, 20, 3), 6));
  const program = join(root, "dist", "cli", "main.js");
  const args = [program, "train", data, "--relationship", "independent", "--rounds", "1", "--positive", "1"];
  const train = { program: process.execPath, args };
  const values = await repeat(() => 1000 * (runProcess(train).seconds - runProcess(emptyNode).seconds));
  return {
    what: "`fedmtl train` of one round on five rows over `node -e 0`, whole process, ms",
    values,
    goal: "60",
  };
}

/** A training's seconds: of its rounds, measured in native code, and of the whole call. */
async function times(tasks: TaskSet, options: FitOptions): Promise<{ rounds: number; call: number }> {
  const start = performance.now();
  const { history } = await fit(tasks, { positive: 1, threads: 1, ...options }).result;
  return { rounds: history.total("seconds"), call: (performance.now() - start) / 1000 };
}

/** Share of the time between rounds, from trainings of few and of many rounds, so that set-up falls out. */
async function loopShare(): Promise<Finding> {
  const tasks = denseProblem({ tasks: short ? 100 : 10_000, rows: 20, cols: 50 });
  const relationship = mean({ lambda1: 1e-2, lambda2: 1e-2 });
  const values = await repeat(async () => {
    const few = await times(tasks, { relationship, stop: { gap: 0, rounds: 5 } });
    const many = await times(tasks, { relationship, stop: { gap: 0, rounds: short ? 10 : 65 } });
    return 100 * (1 - (many.rounds - few.rounds) / (many.call - few.call));
  });
  return { what: "time of a training that is not rounds, 10,000 tasks × 20 rows × 50, %", values, goal: "2" };
}

async function certificateShare(): Promise<Finding> {
  const tasks = denseProblem({ tasks: 29, rows: 500, cols: 60 });
  const relationship = mean({ lambda1: 1e-2, lambda2: 1e-2 });
  const rounds = short ? 10 : 200;
  const values = await repeat(async () => {
    const without = await times(tasks, { relationship, certifyEvery: rounds, stop: { gap: 0, rounds } });
    const auto = await times(tasks, { relationship, stop: { gap: 0, rounds } });
    return 100 * (1 - without.rounds / auto.rounds);
  });
  return {
    what: "certificates in `auto`, share of the rounds' time, 29 tasks × 500 rows × 60, %",
    values,
    goal: "10",
  };
}

async function landmine(): Promise<Finding[]> {
  const path = join(root, "..", "shared", "data", "landmine.svm.gz");
  if (!existsSync(path)) {
    return [];
  }
  const tasks = await readTasks(path);
  const options: FitOptions = { weighting: "mean", relationship: traceNorm({ lambda1: 1e-3 }), threads: 1 };
  const values = await repeat(async () => {
    const start = performance.now();
    const { history } = await fit(tasks, options).result;
    const omega = history.omegaSteps.reduce((sum, { seconds }) => sum + seconds, 0);
    return (performance.now() - start) / 1000 / (history.total("seconds") + omega);
  });
  return [
    { what: "landmine, one thread, trace-norm: the call of fit over its native time", values, goal: "1.2" },
  ];
}

/** Megabytes of uncompressed text a second of processor time. */
async function reading(): Promise<Finding[]> {
  const text = svmlightText(sparseRows(short ? 500 : 60_000, 50_000, 60), 6);
  const plain = join(folder, "text.svm");
  writeFileSync(plain, text);
  writeFileSync(`${plain}.gz`, gzipSync(text));
  const findings = [];
  for (const [path, goal] of [
    [plain, "300"],
    [`${plain}.gz`, "200"],
  ] as const) {
    const values = await repeat(async () => {
      const before = process.cpuUsage();
      (await readTasks(path)).dispose();
      const { user, system } = process.cpuUsage(before);
      return text.length / (user + system);
    });
    const size = `${(text.length / 1e6).toFixed(1)} MB in ${(statSync(path).size / 1e6).toFixed(1)}`;
    findings.push({
      what: `reading svmlight, ${size}, MB per second of processor time`,
      values,
      goal: `at least ${goal}`,
    });
  }
  return findings;
}

async function main(): Promise<void> {
  const findings = [
    await processStart(),
    await loopShare(),
    await certificateShare(),
    ...(await landmine()),
    ...(await reading()),
  ];
  rmSync(folder, { recursive: true });
  publishSection("overhead", "What stands around the solver.", [
    "| what | median [quartiles] | goal |",
    "|---|---|---|",
    ...findings.map(
      ({ what, values, goal }) => `| ${what} | **${spreadText(spreadOf(values))}** | ${goal} |`,
    ),
  ]);
}

void main();
