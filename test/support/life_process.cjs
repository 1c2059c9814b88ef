// A process of its own for what could take a process down: `node [--expose-gc] life_process.cjs MODE [N] [FILE]`.
// It prints one line of JSON at its end.
"use strict";

const path = require("node:path");
const { setTimeout: delay } = require("node:timers/promises");
const { Worker } = require("node:worker_threads");
const { endless, makeTasks, train } = require("./life_problem.cjs");

const small = { tasks: 12, rows: 20, cols: 10 };

/**
 * @param {string} what
 * @returns {Worker}
 */
const startWorker = (what) => new Worker(path.join(__dirname, "life_worker.cjs"), { workerData: what });

/**
 * @param {Worker} worker
 * @returns {Promise<unknown>} its first message
 */
const firstMessage = (worker) =>
  new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));

/** Everything unreachable is freed: finalizers of native objects run in turns of the event loop. */
async function collect() {
  for (let turn = 0; turn < 4; turn++) {
    globalThis.gc?.();
    await delay(1);
  }
}

/** N workers load the package and train at once, then the main thread does. */
async function load(/** @type {number} */ count) {
  const workers = Array.from({ length: count }, () => startWorker("train"));
  const digests = await Promise.all(workers.map(firstMessage));
  return { digests: [...digests, await train(makeTasks(small))] };
}

/**
 * Terminates N workers in mid-training, at moments spread over the first milliseconds. In the first half no other
 * thread has loaded the package, so that it is unloaded each time; in the second half the main thread has it.
 */
async function terminate(/** @type {number} */ count) {
  for (let i = 0; i < count; i++) {
    if (i === Math.floor(count / 2)) await train(makeTasks(small));
    const worker = startWorker("endless");
    await firstMessage(worker);
    await delay(i % 7);
    await worker.terminate();
  }
  return { digest: await train(makeTasks(small)), terminated: count };
}

/** Calls process.exit N milliseconds into three trainings that spend their time in OpenBLAS. */
async function exit(/** @type {number} */ milliseconds) {
  const { fit, traceNorm } = require("fedmtl");
  const tasks = makeTasks({ tasks: 300, rows: 2, cols: 200 });
  const options = { relationship: traceNorm({ lambda1: 1e-3 }), threads: 2, omegaEvery: 1, ...endless };
  const runs = [1, 2, 3].map((seed) => fit(tasks, { ...options, seed }));
  await Promise.all(runs.map((run) => run[Symbol.asyncIterator]().next()));
  await delay(milliseconds);
  process.exit(0);
}

/** Makes and drops N task sets of 1 MB each, and after them models; how far memory rose, and what is left. */
async function garbage(/** @type {number} */ count) {
  const { TaskSet } = require("fedmtl");
  const [rows, cols] = [1280, 100];
  const data = {
    features: Float64Array.from({ length: rows * cols }, (_, i) => Math.sin(i)),
    cols,
    labels: Float64Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? 1 : -1)),
    tasks: Array.from({ length: rows }, (_, row) => `task ${row % 4}`),
  };
  await trainModel(TaskSet.fromDense(data));
  await collect();
  const before = process.memoryUsage();
  let peak = 0;
  for (let i = 0; i < count; i++) {
    TaskSet.fromDense(data);
    await delay(0);
    peak = Math.max(peak, process.memoryUsage().rss - before.rss);
  }
  const tasks = TaskSet.fromDense(data);
  const models = [];
  for (let i = 0; i < 50; i++) models.push(new WeakRef(await trainModel(tasks)));
  tasks.dispose();
  await collect();
  const left = process.memoryUsage().external - before.external;
  const alive = models.filter((model) => model.deref() !== undefined).length;
  return { allocated: count * rows * cols * 8, peak, left, alive };
}

async function trainModel(/** @type {import("fedmtl").TaskSet} */ tasks) {
  const { fit } = require("fedmtl");
  return (await fit(tasks, { threads: 2, stop: { rounds: 3 } }).result).model;
}

/** Trainings that fail or are abandoned and that nobody ever awaits. */
async function unwatched() {
  const { fit } = require("fedmtl");
  const unhandled = /** @type {string[]} */ ([]);
  process.on("unhandledRejection", (reason) => unhandled.push(String(reason)));
  const tasks = makeTasks(small);
  const given = /** @type {any[]} */ ([
    { loss: "hnge" },
    { losss: "hinge" },
    null,
    { stop: { gap: -1 } },
    { relationship: "mean" },
    { budgets: () => new Float64Array(1) },
  ]);
  for (const options of given) fit(tasks, options);
  fit(/** @type {any} */ (undefined));
  fit(tasks, { signal: AbortSignal.abort() });
  fit(tasks).abort();
  await collect();
  await delay(50);
  return { unhandled };
}

/** N trainings one after the other; resident memory after the first hundred (a fifth, if N is small) and after all. */
async function soak(/** @type {number} */ count, /** @type {string | undefined} */ file) {
  const { fit, independent, mean, readTasks, traceNorm } = require("fedmtl");
  const tasks = file === undefined ? makeTasks({ tasks: 20, rows: 50, cols: 20 }) : await readTasks(file);
  const warmUp = Math.min(100, Math.ceil(count / 5));
  /** @type {import("fedmtl").FitOptions[]} */
  const kinds = [
    { relationship: traceNorm({ lambda1: 0.1 }), standardize: true, intercept: "penalized" },
    { relationship: mean({ lambda1: 0.1, lambda2: 0.1 }), loss: "logistic" },
    { relationship: independent({ lambda1: 0.1 }), policy: "row" },
    { relationship: traceNorm({ lambda1: 0.01 }), loss: "squared", weighting: "mean" },
  ];
  let early = { rss: 0, external: 0 };
  for (let i = 1; i <= count; i++) {
    const { model } = await fit(tasks, {
      ...kinds[i % kinds.length],
      threads: 2,
      stop: { rounds: 5 },
      seed: i,
    }).result;
    if (i % 10 === 0 || i === warmUp || i === count) {
      model.evaluate(tasks);
      await collect();
    }
    if (i === warmUp) early = process.memoryUsage();
  }
  const { rss, external } = process.memoryUsage();
  const growth = { rss: rss / early.rss - 1, externalBytes: external - early.external };
  return { fits: count, warmUp, rssEarlyBytes: early.rss, rssEndBytes: rss, growth };
}

/**
 * Aborts N trainings of FILE in mid-round, a third each in rounds of 1, 50 and 10^6 local epochs, at moments spread over
 * 30 milliseconds; the time from abort() to the result.
 */
async function abort(/** @type {number} */ count, /** @type {string | undefined} */ file) {
  const { fit, readTasks, traceNorm } = require("fedmtl");
  const tasks = file === undefined ? makeTasks({ tasks: 20, rows: 300, cols: 200 }) : await readTasks(file);
  const latencies = [];
  for (let i = 0; i < count; i++) {
    const localEpochs = [1, 50, 1_000_000][i % 3] ?? 1;
    const run = fit(tasks, { relationship: traceNorm({ lambda1: 0.01 }), localEpochs, seed: i, ...endless });
    await delay(20 + (i % 30));
    const start = performance.now();
    run.abort();
    const { status } = await run.result;
    if (status !== "aborted") throw new Error(`training ${i} ended as ${status}`);
    latencies.push(performance.now() - start);
  }
  latencies.sort((a, b) => a - b);
  const rounded = (/** @type {number | undefined} */ value) => Number((value ?? Number.NaN).toFixed(1));
  return {
    aborted: count,
    medianMilliseconds: rounded(latencies[Math.floor(count / 2)]),
    longestMilliseconds: rounded(latencies.at(-1)),
  };
}

const modes = { load, terminate, exit, garbage, unwatched, soak, abort };

/** @param {string | undefined} name */
const isMode = (name) => name !== undefined && Object.hasOwn(modes, name);

async function main() {
  const [mode, count = "1", file] = process.argv.slice(2);
  if (!isMode(mode)) throw new Error(`unknown mode ${mode}; allowed: ${Object.keys(modes).join(", ")}`);
  console.log(JSON.stringify(await modes[/** @type {keyof typeof modes} */ (mode)](Number(count), file)));
}

main();
