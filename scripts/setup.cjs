// Brings a checkout to where it can run: system packages, npm packages, native build, TypeScript build. Every
// step is skipped when its result is there and current. Uses Node's builtins only.
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const native = require("./native_build.cjs");
const system = require("./system_packages.cjs");

const { root } = native;
const typescriptStamp = path.join(native.buildDirectory, "typescript.stamp.json");

/**
 * Prints why the set-up cannot go on, and ends the process.
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  process.stderr.write(`\nsetup: ${message}\n`);
  process.exit(1);
}

/**
 * Runs one step of the set-up and prints its name and time.
 * @param {string} name
 * @param {() => string | undefined} work returns what went wrong, undefined when nothing did
 */
function step(name, work) {
  process.stderr.write(`setup: ${name} ... `);
  const start = performance.now();
  const problem = work();
  if (problem !== undefined) fail(problem);
  process.stderr.write(`${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}

/**
 * Runs a program quietly.
 * @param {string} program
 * @param {string[]} args
 * @returns {string | undefined} what it printed when it failed, undefined when it succeeded
 */
function quietly(program, args) {
  const done = spawnSync(program, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (done.status === 0) return undefined;
  return `${path.basename(program)} ${args.join(" ")} failed:\n${done.stdout ?? ""}${done.stderr ?? ""}${done.error ?? ""}`;
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    fail(`Node 20.19 or later is needed, this is ${process.version}.`);
}

/** @param {system.SystemPackage[]} packages */
function provideSystemPackages(packages) {
  const missing = system.missingPackages(packages);
  if (missing.length === 0) return;
  step(`system packages (${missing.map((one) => one.apt).join(", ")})`, () => {
    const problem = system.installPackages(missing);
    return problem && `${problem}\n${system.remedy(missing)}`;
  });
}

/** @returns {boolean} whether node_modules holds what package-lock.json says */
function npmPackagesAreCurrent() {
  /** @typedef {Record<string, { version?: string, optional?: boolean }>} Packages */
  const wanted = /** @type {Packages} */ (
    native.readJson(path.join(root, "package-lock.json")).packages ?? {}
  );
  const have = /** @type {Packages} */ (
    native.readJson(path.join(root, "node_modules", ".package-lock.json")).packages ?? {}
  );
  return Object.entries(wanted).every(
    ([place, { version, optional }]) =>
      place === "" || (have[place] === undefined ? optional === true : have[place].version === version),
  );
}

function npmCi() {
  // The addon is built below, so no install script is needed; development tools are, whatever NODE_ENV says.
  const args = ["ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund"];
  const started = process.env.npm_execpath;
  // Started by npm, use that npm; started by node, the one on PATH.
  if (started !== undefined && path.basename(started) === "npm-cli.js") {
    return quietly(process.execPath, [started, ...args]);
  }
  return quietly("npm", args);
}

function buildTypeScript() {
  const digest = native.contentDigest([
    ...["src", "tsconfig.json", "tsconfig.build.json", "package-lock.json"],
    "scripts/bundle.cjs",
  ]);
  const dist = path.join(root, "dist");
  if (fs.existsSync(dist) && native.readJson(typescriptStamp).sources === digest) return;
  step("TypeScript", () => {
    // Into a fresh folder, so that dist never keeps the output of a file that is gone.
    const fresh = path.join(native.buildDirectory, "dist");
    fs.rmSync(fresh, { recursive: true, force: true });
    const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
    const problem = quietly(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", fresh]);
    if (problem !== undefined) return problem;
    // Only now: the package itself has just been installed.
    const bundling = require("./bundle.cjs").bundleProgram(fresh);
    if (bundling !== undefined) return bundling;
    fs.rmSync(dist, { recursive: true, force: true });
    fs.renameSync(fresh, dist);
    fs.writeFileSync(typescriptStamp, JSON.stringify({ sources: digest }));
    return undefined;
  });
}

/**
 * Does what is missing of the whole set-up; ends the process with status 1 when it cannot.
 * @param {{ native?: boolean, tests?: boolean, tools?: system.SystemPackage[] }} [options] native: build the addon
 * (default); tests: also the native tests; tools: what else the machine must have
 */
function setup({ native: withNative = true, tests = false, tools = [] } = {}) {
  checkNode();
  const nativeIsStale = withNative && !native.nativeIsCurrent({ tests });
  provideSystemPackages([
    ...(nativeIsStale ? system.buildPackages : []),
    ...(nativeIsStale && tests ? system.testPackages : []),
    ...tools,
  ]);
  if (!npmPackagesAreCurrent()) step("npm packages", npmCi);
  if (nativeIsStale) {
    step("native addon", () => {
      const cause = native.buildNative({ tests, warningsAreErrors: true });
      return cause && `the native build failed: ${cause}\nThe whole output is in ${native.logPath}`;
    });
  }
  buildTypeScript();
}

module.exports = { setup, root };
