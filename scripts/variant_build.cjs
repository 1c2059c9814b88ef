// Builds variants of the native code beside build/, each in a folder of its own: with sanitizers, with fuzz
// targets. Used by `npm run sanitize` and `npm run fuzz`.
"use strict";

const { spawn, spawnSync } = require("node:child_process");
const { once } = require("node:events");
const os = require("node:os");
const path = require("node:path");
const { root } = require("./native_build.cjs");
const { onPath } = require("./system_packages.cjs");

/**
 * Runs a program with its output shown.
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string> }} [options] env: added to this process's
 * @returns {boolean} whether it ended with status 0
 */
function run(program, args, { cwd = root, env = {} } = {}) {
  const done = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (done.error) console.error(`${program}: ${done.error.message}`);
  return done.status === 0;
}

/**
 * Runs the tests of a GoogleTest program, a share of them in each of as many processes as there are processors.
 * @param {string} program
 * @param {Record<string, string>} env added to this process's
 * @returns {Promise<boolean>} whether all passed
 */
async function runShards(program, env) {
  const shards = os.availableParallelism();
  const ends = Array.from({ length: shards }, (_, shard) => {
    const share = { GTEST_TOTAL_SHARDS: `${shards}`, GTEST_SHARD_INDEX: `${shard}` };
    const child = spawn(program, ["--gtest_brief=1"], {
      cwd: root,
      env: { ...process.env, ...env, ...share },
      stdio: ["ignore", "inherit", "inherit"],
    });
    return once(child, "close");
  });
  return (await Promise.all(ends)).every(([status]) => status === 0);
}

/**
 * Runs `work` and prints its name, its outcome and its time.
 * @param {string} name
 * @param {() => boolean | Promise<boolean>} work
 * @returns {Promise<boolean>} what `work` returns
 */
async function timed(name, work) {
  const start = performance.now();
  const ok = await work();
  console.log(`-- ${name}: ${ok ? "ok" : "FAILED"}, ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return ok;
}

/**
 * Configures and builds a variant.
 * @param {string} folder its name, below the root
 * @param {Record<string, string>} definitions cmake's variables
 * @param {string[]} targets
 * @returns {Promise<boolean>} whether it was built
 */
function buildVariant(folder, definitions, targets) {
  const given = Object.entries(definitions).map(([name, value]) => `-D${name}=${value}`);
  const generator = onPath("ninja") || onPath("ninja-build") ? "Ninja" : "Unix Makefiles";
  // No build type: the flags are the variant's own.
  const configure = ["-S", ".", "-B", folder, "-G", generator, "-DCMAKE_BUILD_TYPE=None", ...given];
  const build = ["--build", folder, "--parallel", String(os.availableParallelism()), "--target", ...targets];
  return timed(`building ${folder}`, () => {
    const quietly = { cwd: root, encoding: /** @type {const} */ ("utf8") };
    for (const args of [configure, build]) {
      const done = spawnSync("cmake", args, quietly);
      if (done.status !== 0) {
        console.error(`cmake ${args.join(" ")} failed:\n${done.stdout ?? ""}${done.stderr ?? ""}`);
        return false;
      }
    }
    return true;
  });
}

module.exports = {
  root,
  run,
  runShards,
  timed,
  buildVariant,
  variantPath: (/** @type {string[]} */ ...names) => path.join(root, ...names),
};
