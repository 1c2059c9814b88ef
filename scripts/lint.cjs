// `npm run lint`: Biome, clang-format and the type checker over everything; all three run, any can fail.
// With --write (`npm run format`) it formats instead of checking.
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { root, setup } = require("./setup.cjs");
const { lintPackages } = require("./system_packages.cjs");

/**
 * @param {string} folder
 * @returns {string[]} the C++ files below it
 */
function cppFiles(folder) {
  return fs
    .readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(cpp|hpp)$/.test(name))
    .map((name) => path.join(folder, name));
}

/**
 * @param {string} name
 * @param {string} program
 * @param {string[]} args
 */
function run(name, program, args) {
  const ok = spawnSync(program, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] }).status === 0;
  console.log(`${name}: ${ok ? "ok" : "failed"}`);
  return ok;
}

// The tests import the built package, so the type checker needs dist.
setup({ native: false, tools: lintPackages });
const write = process.argv.includes("--write");
const bin = (/** @type {string[]} */ ...names) => path.join(root, "node_modules", ...names);
const cpp = ["native", "bindings", "bench/native"].flatMap(cppFiles);
const checks = [
  run("biome", process.execPath, [
    bin("@biomejs", "biome", "bin", "biome"),
    "check",
    ...(write ? ["--write"] : []),
  ]),
  run("clang-format", "clang-format", [...(write ? ["-i"] : ["--dry-run", "-Werror"]), ...cpp]),
  run("tsc", process.execPath, [bin("typescript", "bin", "tsc"), "--noEmit"]),
];
process.exitCode = checks.every(Boolean) ? 0 : 1;
