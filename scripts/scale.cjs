// Measures what docs/scale.md says: how time and memory of a training grow with the number of tasks.
//
//     node scripts/scale.cjs [TASKS ...]        by default 1000 10000 100000 1000000
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

/** @param {number} tasks */
async function measure(tasks) {
  const { fit, traceNorm } = require("fedmtl");
  const start = performance.now();
  const set = buildTasks(tasks);
  const built = performance.now();
  const cpuBefore = process.cpuUsage();
  const peakOfBuild = peakBytes();
  const { history, certificate } = await fit(set, {
    relationship: traceNorm({ lambda1: 1 }),
    ...{ omegaEvery: 5, omegaSteps, stop: { gap: 0, rounds } },
  }).result;
  const seconds = [...history.column("seconds")];
  const cpu = process.cpuUsage(cpuBefore);
  const n = tasks * rows;
  return {
    tasks,
    buildSeconds: (built - start) / 1000,
    buildPeak: peakOfBuild,
    setBytes: set.bytes,
    fitSeconds: (performance.now() - built) / 1000,
    rounds: history.length,
    roundSeconds: median(seconds),
    minSeconds: Math.min(...seconds),
    cpu: (cpu.user + cpu.system) / 1e6,
    roundsSeconds: seconds.reduce((sum, value) => sum + value, 0),
    omegaSteps: history.omegaSteps,
    relativeGap: certificate.relativeGap,
    peak: peakBytes(),
    // data, labels, V and W
    needed: n * cols * 4 + n * 8 + 2 * tasks * cols * 8,
  };
}

/** @param {number[]} sizes */
function measureAll(sizes) {
  const results = sizes.map((tasks) => {
    const output = execFileSync(process.execPath, [__filename, "--one", String(tasks)], {
      cwd: path.join(__dirname, ".."),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    console.error(output.trim());
    return JSON.parse(output);
  });
  console.log(JSON.stringify(results));
}

const [first, ...others] = process.argv.slice(2);
if (first === "--one") {
  void measure(Number(others[0])).then((result) => console.log(JSON.stringify(result)));
} else {
  measureAll(first === undefined ? [1e3, 1e4, 1e5, 1e6] : [first, ...others].map(Number));
}
