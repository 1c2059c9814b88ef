// Kills a checkpointed `fedmtl train` with SIGKILL at random moments and resumes it, again and again, as the machine of a
// backend job might. For the tests and the soak test; plain JavaScript, so that Node runs it as it is.
"use strict";

const { spawn, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const program = path.resolve(__dirname, "..", "..", "dist", "cli", "main.js");

/** Certified at the ends of W steps only, so that every training makes all of its rounds, Omega steps between them. */
const flags = [
  ...["--loss", "smoothed-hinge", "--lambda1", "1e-2", "--weighting", "mean", "--gap", "1e-12"],
  ...["--omega-every", "40", "--omega-steps", "30", "--rounds", "8000", "--seed", "3"],
  ...["--certify-every", "1e9"],
];

/** @param {string[]} args */
function mustRun(args) {
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`fedmtl ${args.join(" ")}: status ${status}\n${stderr}`);
}

/**
 * Runs the program and kills it after a while, unless it ends before.
 * @param {string[]} args
 * @param {number} milliseconds
 * @returns {Promise<boolean>} whether it was killed
 */
function runAndKill(args, milliseconds) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (signal === "SIGKILL") done(true);
      else if (code === 0) done(false);
      else fail(new Error(`fedmtl ${args.join(" ")}: status ${code}\n${stderr}`));
    });
  });
}

/** The lines of a history without what is different every time. @param {string} file */
function historyOf(file) {
  const lines = fs.readFileSync(file, "utf8").trimEnd().split("\n");
  return JSON.stringify(lines.map((line) => ({ ...JSON.parse(line), seconds: 0 })));
}

/**
 * @param {{ kills: number, seed: number, folder: string }} options `folder`: an empty one for the files
 * @returns {Promise<{ kills: number, trainings: number, resumed: number }>} what was done: each training that came to its end
 * had the same bits as one that was left alone, or the promise rejects; `resumed` counts starts that found a checkpoint
 */
async function killAndResume({ kills, seed, folder }) {
  const { RandomStream, streamKey } = require("fedmtl/reference");
  const stream = new RandomStream(streamKey(seed, "kills", 0));
  const file = (/** @type {string} */ name) => path.join(folder, name);
  const data = file("data.svm");
  mustRun(["generate", "--tasks", "8", "--cols", "12", "--clusters", "2", "--out", data]);
  const outputs = (/** @type {string} */ name) => ["--out", file(name), "--history", file(`${name}.jsonl`)];
  const start = performance.now();
  mustRun(["train", data, ...flags, ...outputs("whole")]);
  const whole = performance.now() - start;

  const counts = { kills: 0, trainings: 0, resumed: 0 };
  while (counts.kills < kills) {
    const checkpoints = file(`checkpoints-${counts.trainings}`);
    const args = ["train", data, ...flags, ...outputs("pieces")];
    args.push("--checkpoint", checkpoints, "--checkpoint-seconds", "0.02", "--resume");
    for (let ended = false; !ended; ) {
      const present = fs.existsSync(checkpoints) ? fs.readdirSync(checkpoints) : [];
      if (present.some((name) => !name.startsWith("."))) counts.resumed++;
      // At most two checkpoints, one about to be removed, and one half written by each of two processes.
      if (present.length > 5) throw new Error(`too many files: ${present.join(", ")}`);
      const wait = counts.kills < kills ? stream.uniform() * whole : 1e9;
      ended = !(await runAndKill(args, wait));
      if (!ended) counts.kills++;
    }
    counts.trainings++;
    const same =
      fs.readFileSync(file("whole")).equals(fs.readFileSync(file("pieces"))) &&
      historyOf(file("whole.jsonl")) === historyOf(file("pieces.jsonl"));
    if (!same) throw new Error(`training ${counts.trainings} has other bits; its files are in ${folder}`);
    fs.rmSync(checkpoints, { recursive: true });
  }
  return counts;
}

module.exports = { killAndResume };
