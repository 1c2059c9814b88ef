// `npm run bench [-- NAME...]`: sets the checkout up, then runs the suites bench/NAME.bench.ts and the races
// bench/races/NAME.race.ts, or those named. `--short` is a form of half a minute that only shows that all of it works.
// Races append what they measured to bench/RESULTS.md, except in the short form.
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { root, setup } = require("./setup.cjs");

/**
 * @param {string[]} folder within the root
 * @param {string} ending of the files' names
 * @returns {Map<string, string>} the files there by name, without the ending
 */
function programs(folder, ending) {
  const files = fs.readdirSync(path.join(root, ...folder)).filter((file) => file.endsWith(ending));
  return new Map(files.map((file) => [path.basename(file, ending), path.join(root, ...folder, file)]));
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: "boolean", default: false } },
});
setup();
const all = new Map([...programs(["bench"], ".bench.ts"), ...programs(["bench", "races"], ".race.ts")]);
const names = positionals.length > 0 ? positionals : [...all.keys()];
const unknown = names.filter((name) => !all.has(name));
if (unknown.length > 0) {
  console.error(`unknown suite or race ${unknown.join(", ")}; there are: ${[...all.keys()].join(", ")}`);
  process.exit(2);
}
const env = { ...process.env, ...(values.short ? { FEDMTL_BENCH_SHORT: "1" } : {}) };
const failed = names.filter((name) => {
  const args = ["--import", "tsx", /** @type {string} */ (all.get(name))];
  return spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", env }).status !== 0;
});
if (failed.length > 0) console.error(`failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
