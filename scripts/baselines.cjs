// Measures the table of docs/baselines.md: what the methods that minimise one and the same P(W) need to come near its least
// value.
//
//     node scripts/baselines.cjs ../shared/data [landmine|har66]
//
// Prints it as Markdown. Rounds, FLOPs and bytes are counted, not timed: neither the machine nor its load changes them. Needs
// a built checkout and the data sets, which are not part of the project.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { createBaseline, fit, fixed, readTasks } = require("fedmtl");

const mostRounds = 5000;
const within = 1e-3;
const problems = [
  { name: "landmine", lambda1: 1e-3, options: {} },
  { name: "har66", lambda1: 1e-4, options: { positive: 4 } },
];

/** @typedef {{ rounds: number, flops: number, bytes: number, scaling?: number | undefined }} Cost */

/**
 * MOCHA with one local epoch a round; its certificates are not counted, as the others have none.
 * @param {import("fedmtl").TaskSet} tasks @param {import("fedmtl").FitOptions} options @param {number} least
 * @returns {Promise<Cost | undefined>}
 */
async function costOfMocha(tasks, options, least) {
  const stop = { gap: 1e-9, rounds: mostRounds };
  const run = fit(tasks, { ...options, seed: 1, certifyEvery: 1, localEpochs: 1, shrinking: false, stop });
  const cost = { rounds: 0, flops: 0, bytes: 0 };
  for await (const { round, steps, certificate } of run) {
    cost.rounds = round;
    cost.flops += 4 * steps * tasks.cols;
    cost.bytes += 8 * tasks.taskCount * (2 * tasks.cols + 10);
    if (certificate !== undefined && certificate.primal <= least * (1 + within)) {
      run.abort();
      return cost;
    }
  }
  return undefined;
}

/**
 * @param {"cocoa" | "minibatch-sdca" | "minibatch-sgd"} name @param {import("fedmtl").TaskSet} tasks
 * @param {import("fedmtl").BaselineOptions} options @param {number} least
 * @returns {Promise<Cost | undefined>}
 */
async function costOfBaseline(name, tasks, options, least) {
  const method = await createBaseline(name, tasks, { ...options, seed: 1 });
  const steps = name === "cocoa" ? method.rowCounts.map(() => 1e9) : method.rowCounts;
  const cost = { rounds: 0, flops: 0, bytes: 0, scaling: method.scaling };
  for (let round = 1; round <= mostRounds; round++) {
    const work = await method.round({ round, steps });
    for (let t = 0; t < method.taskCount; t++) {
      cost.flops += work.flops[t] ?? 0;
      cost.bytes += (work.bytesUp[t] ?? 0) + (work.bytesDown[t] ?? 0);
    }
    cost.rounds = round;
    if ((await method.objective()).primal <= least * (1 + within)) {
      method.dispose();
      return cost;
    }
  }
  method.dispose();
  return undefined;
}

/** @param {string} problem @param {string} method @param {Cost | undefined} cost */
function row(problem, method, cost) {
  const { rounds, flops, bytes, scaling } = cost ?? {};
  const number = (/** @type {number | undefined} */ value) =>
    value === undefined ? "" : value.toLocaleString("en", { maximumSignificantDigits: 3 });
  const shownRounds =
    rounds === undefined ? `> ${mostRounds.toLocaleString("en")}` : rounds.toLocaleString("en");
  const millions = (/** @type {number | undefined} */ value) => number(value && value / 1e6);
  return `| ${[problem, method, shownRounds, millions(flops), millions(bytes), scaling ?? ""].join(" | ")} |`;
}

/** @param {string} folder @param {typeof problems[number]} problem */
async function measure(folder, { name, lambda1, options }) {
  const tasks = await readTasks(path.join(folder, `${name}.svm.gz`));
  const text = fs.readFileSync(path.join(folder, `${name}_sigma.csv`), "utf8");
  const sigma = text
    .trim()
    .split("\n")
    .map((line) => line.split(",").map(Number));
  const relationship = fixed({ sigma, lambda1 });
  /** @type {import("fedmtl").FitOptions} */
  const problem = { ...options, relationship, loss: "hinge", weighting: "mean" };
  const { certificate } = await fit(tasks, { ...problem, stop: { gap: 1e-6 } }).result;
  const least = certificate.dual;
  for (const policy of /** @type {const} */ (["accelerated", "row", "paper"])) {
    console.log(row(name, `MOCHA, ${policy}`, await costOfMocha(tasks, { ...problem, policy }, least)));
  }
  const baseline = /** @type {import("fedmtl").BaselineOptions} */ (problem);
  for (const method of /** @type {const} */ (["cocoa", "minibatch-sdca", "minibatch-sgd"])) {
    console.log(row(name, method, await costOfBaseline(method, tasks, baseline, least)));
  }
}

async function main() {
  const [folder, only] = process.argv.slice(2);
  if (folder === undefined) {
    console.error("give the folder of the data sets");
    process.exit(2);
  }
  console.log("| problem | method | rounds | MFLOP | MB | scaling |\n|---|---|---|---|---|---|");
  for (const problem of problems.filter(({ name }) => only === undefined || name === only)) {
    await measure(folder, problem);
  }
}

main();
