// `npm run build:gyp`: builds the addon by the other route, node-gyp, and loads it. node-gyp always writes to
// build/, which is cmake-js's, so it works in build-gyp/, a folder of links to the sources.
"use strict";

const { execFileSync, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { root, setup } = require("./setup.cjs");
const { addonPath } = require("./native_build.cjs");

const tree = path.join(root, "build-gyp");

/** The node-gyp that npm brings along. */
function nodeGyp() {
  const npm = execFileSync("npm", ["root", "--global"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return path.join(npm.trim(), "npm", "node_modules", "node-gyp", "bin", "node-gyp.js");
}

/** The folder with Node's own headers when they are installed with it; else node-gyp downloads them. */
function headerArguments() {
  const prefix = path.resolve(process.execPath, "..", "..");
  return fs.existsSync(path.join(prefix, "include", "node", "node_api.h")) ? [`--nodedir=${prefix}`] : [];
}

setup();
fs.mkdirSync(tree, { recursive: true });
for (const name of ["binding.gyp", "package.json", "native", "bindings", "node_modules"]) {
  fs.rmSync(path.join(tree, name), { force: true });
  fs.symlinkSync(path.join("..", name), path.join(tree, name));
}
const args = [nodeGyp(), "rebuild", "--release", "--jobs=max", ...headerArguments()];
// Only looked at, never used: without optimisation, which takes half the time.
const env = { ...process.env, CXXFLAGS: "-O0" };
const done = spawnSync(process.execPath, args, { cwd: tree, env, stdio: ["ignore", "inherit", "inherit"] });
if (done.status !== 0) process.exit(1);

const built = Object.keys(require(path.join(tree, "build", "Release", "addon.node"))).sort();
const expected = Object.keys(require(addonPath)).sort();
if (JSON.stringify(built) !== JSON.stringify(expected)) {
  console.error(`node-gyp's addon exports ${built.join(", ")}; cmake-js's exports ${expected.join(", ")}`);
  process.exit(1);
}
console.log(`node-gyp's addon loads and exports ${built.join(", ")}`);
