// `npm test`: sets the checkout up, runs vitest and ctest to the end, and prints what their result files say.
// The last line is `N passed, N failed`; the status is 0 only if nothing failed and both ran tests.
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { root, setup } = require("./setup.cjs");
const { browserPackages } = require("./system_packages.cjs");

const results = path.join(root, "build", "test-results");

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Runs a test program with its output shown; its old result file is removed first.
 * @param {string} resultFile
 * @param {string} program
 * @param {string[]} args
 * @returns {boolean} whether it says that all is well
 */
function run(resultFile, program, args) {
  fs.rmSync(resultFile, { force: true });
  return spawnSync(program, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] }).status === 0;
}

/**
 * A runner that fails without a failed test (a crash, a file that does not load), that leaves no result file or
 * that finds no test has failed once.
 * @param {string} name
 * @param {boolean} ok
 * @param {() => Counts} read
 * @returns {Counts}
 */
function settle(name, ok, read) {
  /** @type {Counts} */
  let counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    counts = read();
  } catch (error) {
    console.error(`${name}: its results cannot be read: ${error}`);
    return { ...counts, failed: 1 };
  }
  if (counts.passed + counts.failed + counts.skipped === 0) {
    console.error(`${name}: no tests were found`);
    return { ...counts, failed: 1 };
  }
  if (!ok && counts.failed === 0) {
    console.error(`${name}: failed outside its tests`);
    return { ...counts, failed: 1 };
  }
  return counts;
}

function vitest() {
  const file = path.join(results, "vitest.json");
  const program = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const ok = run(file, process.execPath, [program, ...args]);
  return settle("vitest", ok, () => {
    /** @type {{ testResults: { status: string, assertionResults: { status: string }[] }[] }} */
    const report = JSON.parse(fs.readFileSync(file, "utf8"));
    const tests = report.testResults.flatMap((one) => one.assertionResults);
    // A file that does not load has no tests of its own.
    const broken = report.testResults.filter(
      (one) => one.status === "failed" && one.assertionResults.length === 0,
    );
    const passed = tests.filter((one) => one.status === "passed").length;
    const failed = tests.filter((one) => one.status === "failed").length;
    return { passed, failed: failed + broken.length, skipped: tests.length - passed - failed };
  });
}

function ctest() {
  const file = path.join(results, "ctest.xml");
  const args = ["--test-dir", path.join(root, "build"), "--output-on-failure", "--output-junit", file];
  const ok = run(file, "ctest", [...args, "--parallel", String(os.availableParallelism())]);
  return settle("ctest", ok, () => {
    const report = fs.readFileSync(file, "utf8");
    const statuses = [...report.matchAll(/<testcase [^>]*\bstatus="(\w+)"/g)].map((match) => match[1]);
    const passed = statuses.filter((status) => status === "run").length;
    const failed = statuses.filter((status) => status === "fail").length;
    return { passed, failed, skipped: statuses.length - passed - failed };
  });
}

setup({ tests: true, tools: process.env.CI === "true" ? browserPackages : [] });
fs.mkdirSync(results, { recursive: true });
const [ts, cpp] = [vitest(), ctest()];
const failed = ts.failed + cpp.failed;
const skipped = ts.skipped + cpp.skipped;
if (skipped > 0) console.log(`${skipped} skipped (vitest ${ts.skipped}, ctest ${cpp.skipped})`);
console.log(`${ts.passed + cpp.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
