// A small problem and its training, for programs that run outside vitest: workers and child processes of the
// tests of a training's life, and the soak test. Plain JavaScript, so that Node runs it as it is.
"use strict";

const { createHash } = require("node:crypto");

/** @typedef {import("fedmtl").TaskSet} TaskSet */

/**
 * @param {{ tasks: number, rows: number, cols: number }} shape `rows` are those of a task
 * @returns {TaskSet} tasks with related random models; the same in every process
 */
function makeTasks({ tasks, rows, cols }) {
  const { TaskSet } = require("fedmtl");
  const { RandomStream, streamKey } = require("fedmtl/reference");
  const stream = new RandomStream(streamKey(1, "life", 0));
  const features = Float64Array.from({ length: tasks * rows * cols }, () => stream.uniform() - 0.5);
  const labels = Float64Array.from({ length: tasks * rows }, (_, row) => {
    const score = (features[row * cols] ?? 0) + 0.2 * (stream.uniform() - 0.5);
    return score > 0 ? 1 : -1;
  });
  const names = Array.from({ length: tasks * rows }, (_, row) => `task ${Math.floor(row / rows)}`);
  return TaskSet.fromDense({ features, cols, labels, tasks: names });
}

/**
 * @param {import("fedmtl").FitResult} result
 * @returns {string} a digest of the bits of W and of the certificate
 */
function digest({ model, certificate }) {
  const hash = createHash("sha256");
  for (const name of model.names) hash.update(model.weights(name));
  return hash.update(Float64Array.of(certificate.primal, certificate.dual)).digest("hex");
}

/**
 * @param {TaskSet} tasks
 * @returns {Promise<string>} the digest of a short training
 */
async function train(tasks) {
  const { fit, traceNorm } = require("fedmtl");
  const run = fit(tasks, { relationship: traceNorm({ lambda1: 0.1 }), threads: 2, stop: { rounds: 40 } });
  return digest(await run.result);
}

/** A training that ends only when somebody ends it, in all of its phases: rounds, certificates, Omega steps. */
const endless = {
  stop: { gap: 0, rounds: Number.MAX_SAFE_INTEGER },
  omegaSteps: 1_000_000,
  omegaTolerance: 0,
};

module.exports = { makeTasks, digest, train, endless };
