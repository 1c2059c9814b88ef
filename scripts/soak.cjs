// `npm run soak`: what a long-lived service does to the package. 10,000 trainings one after the other, whose
// memory must stay within 5 % of that after the first 100; then 200 worker threads terminated in mid-training,
// after which the process must train on; then 200 times SIGKILL for a checkpointed training, which must resume with
// the same bits (soak_checkpoint.cjs); then 120 trainings on data of profile `har` that are aborted, which must end
// within 200 ms each. `npm run soak -- FITS TERMINATIONS KILLS ABORTS` changes the counts.
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { root, setup } = require("./setup.cjs");

const [fits = 10_000, terminations = 200, kills = 200, aborts = 120] = process.argv.slice(2).map(Number);
const landmine = path.join(root, "..", "shared", "data", "landmine.svm.gz");

/**
 * Runs a mode of the tests' process program, shows what it reports and how long it took.
 * @param {string[]} args
 * @returns {Record<string, unknown> | undefined} the report; undefined if the process failed or complained
 */
function report(...args) {
  const program = path.join(root, "test", "support", "life_process.cjs");
  const start = performance.now();
  // One arena and a small young generation: resident memory then shows what is held, not what malloc and V8 keep
  // for later. As they are they settle at a higher level, after some thousand trainings (docs/reliability.md).
  const done = spawnSync(process.execPath, ["--expose-gc", "--max-semi-space-size=1", program, ...args], {
    encoding: "utf8",
    env: { ...process.env, MALLOC_ARENA_MAX: "1" },
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${args[0]}, ${seconds} s: ${done.stdout.trim()}`);
  if (done.status === 0 && done.stderr === "") return JSON.parse(done.stdout);
  console.error(`${args.join(" ")}: status ${done.status}, signal ${done.signal}\n${done.stderr}`);
  return undefined;
}

setup();
const data = fs.existsSync(landmine) ? [landmine] : [];
const soaked = /** @type {{ growth: { rss: number } } | undefined} */ (report("soak", String(fits), ...data));
const flat = soaked !== undefined && soaked.growth.rss <= 0.05;
console.log(`memory: ${flat ? "flat" : "NOT flat"}`);
const healthy = report("terminate", String(terminations)) !== undefined;
console.log(`terminations: ${healthy ? "healthy" : "NOT healthy"}`);
const killer = path.join(__dirname, "soak_checkpoint.cjs");
const resumes = spawnSync(process.execPath, [killer, String(kills)], { stdio: "inherit" }).status === 0;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fedmtl-soak-"));
const har = path.join(folder, "har.svm");
spawnSync(process.execPath, [
  path.join(root, "dist", "cli", "main.js"),
  "generate",
  "--profile",
  "har",
  "--out",
  har,
]);
const aborted = /** @type {{ longestMilliseconds: number } | undefined} */ (
  report("abort", String(aborts), har)
);
fs.rmSync(folder, { recursive: true });
const prompt = aborted !== undefined && aborted.longestMilliseconds <= 200;
console.log(`aborts: ${prompt ? "prompt" : "NOT prompt"}`);
process.exitCode = flat && healthy && resumes && prompt ? 0 : 1;
