// A worker thread that loads the package. workerData "train": posts the digest of a short training and ends.
// "endless": posts "started" after the first rounds and trains until it is terminated.
"use strict";

const { parentPort, workerData } = require("node:worker_threads");
const { endless, makeTasks, train } = require("./life_problem.cjs");

/** @param {string} message */
const post = (message) => parentPort?.postMessage(message);

async function main() {
  const tasks = makeTasks({ tasks: 12, rows: 20, cols: 10 });
  if (workerData === "train") {
    post(await train(tasks));
    return;
  }
  const { fit, traceNorm } = require("fedmtl");
  const run = fit(tasks, {
    relationship: traceNorm({ lambda1: 0.1 }),
    threads: 2,
    omegaEvery: 3,
    ...endless,
  });
  for await (const { round } of run) if (round === 1) post("started");
}

main();
