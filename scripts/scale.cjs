// Measures what docs/scale.md says: how time and memory of a training grow with the number of tasks.
//
//     node scripts/scale.cjs [TASKS ...]        by default 1000 10000 100000 1000000
//     node scripts/scale.cjs --cut              what the cut of the spectrum does
//
// Every task has 20 rows of 50 dense float32 features, built in chunks; trace-norm, 50 rounds, 5 Omega steps. Each
// size runs in a process of its own, one after the other, so that its peak of memory is its own. Needs a built
// checkout; a million tasks need 8 GB.
"use strict";

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const rows = 20;
const cols = 50;
const rounds = 50;
const omegaSteps = 5;

/**
 * Uniform numbers in [-1, 1): xorshift32, seeded by the task so that a task is the same whatever the number of tasks.
 * @param {number} seed
 */
function uniforms(seed) {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 0x80000000;
  };
}

/**
 * The tasks' true models lie near 5 common directions, as the relationship supposes; labels have noise.
 * @param {number} tasks
 */
function buildTasks(tasks) {
  const { TaskSetBuilder } = require("fedmtl");
  const builder = new TaskSetBuilder({ cols, precision: "float32" });
  const common = uniforms(0);
  const directions = Array.from({ length: 5 }, () => Float64Array.from({ length: cols }, common));
  const data = new Float32Array(rows * cols);
  const labels = new Float64Array(rows);
  const model = new Float64Array(cols);
  for (let t = 0; t < tasks; t++) {
    const next = uniforms(t + 1);
    for (let j = 0; j < cols; j++) {
      model[j] = 0.1 * next();
    }
    for (const direction of directions) {
      const share = next();
      for (let j = 0; j < cols; j++) {
        model[j] = (model[j] ?? 0) + share * (direction[j] ?? 0);
      }
    }
    for (let i = 0; i < rows; i++) {
      let score = next();
      for (let j = 0; j < cols; j++) {
        const x = next();
        data[i * cols + j] = x;
        score += x * (model[j] ?? 0);
      }
      labels[i] = score > 0 ? 1 : -1;
    }
    builder.append(`device-${t}`, { data, cols }, labels);
  }
  return builder.finish();
}

/** Peak resident memory of this process so far, in bytes. */
function peakBytes() {
  const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kibibytes) * 1024;
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/**
 * Trains; several times where one training is too short to be timed.
 * @param {number} tasks
 */
async function measure(tasks) {
  const { fit, traceNorm } = require("fedmtl");
  const start = performance.now();
  const set = buildTasks(tasks);
  const buildSeconds = (performance.now() - start) / 1000;
  const buildPeak = peakBytes();
  const runs = [];
  for (let repetition = 0; repetition < Math.min(50, Math.max(1, 2e5 / tasks)); repetition++) {
    const { history, certificate } = await fit(set, {
      relationship: traceNorm({ lambda1: 1 }),
      ...{ omegaEvery: 5, omegaSteps, stop: { gap: 0, rounds } },
    }).result;
    runs.push({ seconds: [...history.column("seconds")], omega: history.omegaSteps, certificate });
  }
  const seconds = runs.flatMap((run) => run.seconds);
  const omega = runs.flatMap((run) => run.omega);
  return {
    ...{ tasks, buildSeconds, buildPeak, setBytes: set.bytes },
    rounds: seconds.length / runs.length,
    roundSeconds: median(seconds),
    leastSeconds: Math.min(...seconds),
    omegaSteps: omega.length / runs.length,
    omegaSeconds: median(omega.map((step) => step.seconds)),
    rank: omega.at(-1)?.rank ?? 0,
    relativeGap: runs[0]?.certificate.relativeGap ?? Number.NaN,
    peak: peakBytes(),
    // data, labels, V and W
    needed: tasks * (rows * (4 * cols + 8) + 2 * 8 * cols),
  };
}

/** @param {Awaited<ReturnType<typeof measure>>} result */
function tableRow(result) {
  const { tasks, buildSeconds, roundSeconds, omegaSeconds, relativeGap, peak, needed } = result;
  return [
    ...[tasks.toLocaleString("en"), buildSeconds.toFixed(2), roundSeconds.toPrecision(3)],
    ...[((roundSeconds / tasks) * 1e6).toFixed(2), omegaSeconds.toPrecision(2), relativeGap.toExponential(1)],
    ...[(peak / 1e6).toFixed(0), (needed / 1e6).toFixed(0), (peak / needed).toFixed(2)],
  ].join(" | ");
}

/** @param {number[]} sizes */
function measureAll(sizes) {
  const results = sizes.map((tasks) => {
    const output = execFileSync(process.execPath, [__filename, "--one", String(tasks)], {
      cwd: path.join(__dirname, ".."),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    process.stderr.write(output);
    return /** @type {Awaited<ReturnType<typeof measure>>} */ (JSON.parse(output));
  });
  const head = ["tasks", "build, s", "round, s", "a task and round, µs", "Omega step, s", "relative gap"];
  console.log(`| ${[...head, "peak, MB", "data, labels, V, W, MB", "peak / these"].join(" | ")} |`);
  console.log(`|${"---|".repeat(9)}`);
  for (const result of results) {
    console.log(`| ${tableRow(result)} |`);
  }
}

/** Ranks by omegaTolerance, a hundredth of which the cut may cost (0 cuts nothing), and the objective after 20 steps. */
async function measureCut() {
  const { fit, traceNorm } = require("fedmtl");
  const set = buildTasks(5000);
  const steps = [5, 10, 15, 20];
  console.log(
    `| lambda1 | omegaTolerance | ${steps.map((step) => `rank, step ${step}`).join(" | ")} | bound | F |`,
  );
  console.log(`|${"---|".repeat(4 + steps.length)}`);
  for (const lambda1 of [1, 5]) {
    let uncut = Number.NaN;
    for (const omegaTolerance of [0, 1e-4, 1e-3, 1e-2]) {
      const { history } = await fit(set, {
        ...{ relationship: traceNorm({ lambda1, epsilon: 1e-7 }), omegaTolerance, omegaSteps: 30 },
        stop: { gap: 1e-4 },
      }).result;
      const certified = [...history].filter(({ omegaStep, certificate }) => omegaStep === 20 && certificate);
      const objective = certified.at(-1)?.certificate?.jointObjective ?? Number.NaN;
      uncut = omegaTolerance === 0 ? objective : uncut;
      const taken = history.omegaSteps.slice(0, 20);
      const bound = Math.max(...taken.map((step) => step.cutBound)).toExponential(0);
      const excess = omegaTolerance === 0 ? objective.toFixed(1) : (objective / uncut - 1).toExponential(1);
      const ranks = steps.map((step) => taken[step - 1]?.rank);
      console.log(`| ${[lambda1, omegaTolerance, ...ranks, bound, excess].join(" | ")} |`);
    }
  }
}

function main() {
  const [first, ...others] = process.argv.slice(2);
  if (first === "--one") {
    void measure(Number(others[0])).then((result) => console.log(JSON.stringify(result)));
  } else if (first === "--cut") {
    void measureCut();
  } else {
    measureAll(first === undefined ? [1e3, 1e4, 1e5, 1e6] : [first, ...others].map(Number));
  }
}

if (require.main === module) {
  main();
}

module.exports = { buildTasks, peakBytes, uniforms };
