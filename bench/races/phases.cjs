// Where the time of `fedmtl train` goes: the same work in one process, with the time since the process was started
// printed at each stage, as JSON. `node phases.cjs DATA LAMBDA1 GAP OUT`.
"use strict";

const stages = { node: performance.now() };

/** @param {string[]} args */
async function main([data = "", lambda1 = "1", gap = "1e-3", out = ""]) {
  const { fit, independent, readTasks } = require("../../dist/index.js");
  const load = performance.now();
  const tasks = await readTasks(data);
  const parse = performance.now();
  const run = fit(tasks, {
    loss: "hinge",
    positive: 1,
    relationship: independent({ lambda1: Number(lambda1) }),
    stop: { gap: Number(gap), rounds: 1_000_000 },
    threads: 1,
  });
  const { model, history } = await run.result;
  const fitted = performance.now();
  await model.save(out);
  const write = performance.now();
  // Rounds include the certificates that were due; what is left is set-up, hops and the last certificate.
  const rounds = history.column("seconds").reduce((sum, seconds) => sum + seconds, 0);
  Object.assign(stages, { load, parse, fit: fitted, write });
  process.stdout.write(JSON.stringify({ stages, rounds, roundCount: history.length }));
}

void main(process.argv.slice(2));
