// Builds build/Release/addon.node (and, for development, the GoogleTest binary) through cmake-js, and tells
// whether that is needed at all. Shared by the repository's set-up and by the package's install script.
"use strict";

const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { onPath } = require("./system_packages.cjs");

const root = path.resolve(__dirname, "..");
const buildDirectory = path.join(root, "build");
const addonPath = path.join(buildDirectory, "Release", "addon.node");
const logPath = path.join(buildDirectory, "native-build.log");
const stampPath = path.join(buildDirectory, "native.stamp.json");

/**
 * @param {string[]} entries files and folders, relative to the root; what does not exist counts as empty
 * @returns {string} a digest of the names and contents of all files below them
 */
function contentDigest(entries) {
  const hash = createHash("sha256");
  /** @param {string} relative */
  const add = (relative) => {
    const stat = fs.statSync(path.join(root, relative), { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (stat.isDirectory()) {
      for (const name of fs.readdirSync(path.join(root, relative)).sort()) add(`${relative}/${name}`);
    } else {
      hash.update(`${relative}\0${stat.size}\0`).update(fs.readFileSync(path.join(root, relative)));
    }
  };
  entries.forEach(add);
  return hash.digest("hex");
}

/**
 * @param {string} file
 * @returns {Record<string, unknown>} the JSON object in it, empty when there is none
 */
function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}

/** What the built files depend on: our sources and the headers of the dependencies they are compiled with. */
function sourcesDigest() {
  const lock = /** @type {{ packages?: Record<string, { version?: string }> }} */ (
    readJson(path.join(root, "package-lock.json"))
  );
  const headers = ["node-addon-api", "node-api-headers", "cmake-js"].map(
    (name) => lock.packages?.[`node_modules/${name}`]?.version,
  );
  return `${contentDigest(["CMakeLists.txt", "native", "bindings"])} ${headers.join(" ")} ${process.arch}`;
}

/**
 * @param {{ tests: boolean }} wanted whether the GoogleTest binary must be there too
 * @returns {boolean} whether the addon is built from the present sources and loads
 */
function nativeIsCurrent({ tests }) {
  const stamp = readJson(stampPath);
  if (stamp.sources !== sourcesDigest() || (tests && stamp.tests !== true)) return false;
  if (tests && !fs.existsSync(path.join(buildDirectory, "native_tests"))) return false;
  try {
    require(addonPath);
    return true;
  } catch {
    return false;
  }
}

/** @returns {string} the build tool cmake shall drive; named, because it cannot be changed later in one folder */
function generator() {
  return onPath("ninja") || onPath("ninja-build") ? "Ninja" : "Unix Makefiles";
}

/** @returns {boolean} whether build/ was configured here and for another generator or another place */
function configuredOtherwise() {
  const cache = path.join(buildDirectory, "CMakeCache.txt");
  if (!fs.existsSync(cache)) return false;
  const text = fs.readFileSync(cache, "utf8");
  const value = (/** @type {string} */ name) => new RegExp(`^${name}:INTERNAL=(.*)$`, "m").exec(text)?.[1];
  return value("CMAKE_GENERATOR") !== generator() || value("CMAKE_HOME_DIRECTORY") !== root;
}

/**
 * Runs one cmake-js command and adds its output to the log.
 * @param {string[]} args
 * @returns {{ ok: boolean, output: string }}
 */
function cmakeJs(args) {
  const program = require.resolve("cmake-js/bin/cmake-js", { paths: [root] });
  const done = spawnSync(process.execPath, [program, ...args], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1 << 28,
  });
  const output = `${done.stdout ?? ""}${done.stderr ?? ""}`;
  fs.mkdirSync(buildDirectory, { recursive: true });
  fs.appendFileSync(logPath, output);
  return { ok: done.status === 0, output };
}

/**
 * @param {string} output of a failed build
 * @returns {string} the line that says why, as far as one can tell
 */
function causeOf(output) {
  const lines = output.split("\n");
  const at = lines.findIndex((line) => /CMake Error|(fatal )?error: |undefined reference/.test(line));
  // cmake puts its own message on the lines after the heading.
  const cause = lines.slice(Math.max(at, 0)).find((line) => !/^CMake Error|^\s*$/.test(line));
  const last = lines.filter((line) => line.trim() !== "").at(-1);
  return (at < 0 ? last : cause)?.trim() ?? "no output";
}

/**
 * Builds the addon; configures always, because cmake-js would keep the options of an earlier run silently.
 * @param {{ tests: boolean, warningsAreErrors: boolean }} options
 * @returns {string | undefined} undefined when built, else the cause; the whole output is in `logPath`
 */
function buildNative({ tests, warningsAreErrors }) {
  fs.rmSync(stampPath, { force: true });
  if (configuredOtherwise()) fs.rmSync(buildDirectory, { recursive: true, force: true });
  fs.rmSync(logPath, { force: true });
  const sources = sourcesDigest();
  const flag = (/** @type {boolean} */ on) => (on ? "ON" : "OFF");
  const shared = ["-G", generator(), "--parallel", String(os.availableParallelism())];
  const configure = ["configure", ...shared];
  configure.push(`--CDFEDMTL_TESTS=${flag(tests)}`, `--CDFEDMTL_WERROR=${flag(warningsAreErrors)}`);

  const known = fs.existsSync(path.join(buildDirectory, "CMakeCache.txt"));
  let done = cmakeJs(configure);
  if (!done.ok && known) {
    // The cache may name a compiler or library that is gone.
    fs.rmSync(buildDirectory, { recursive: true, force: true });
    done = cmakeJs(configure);
  }
  if (done.ok) done = cmakeJs(["build", ...shared]);
  if (!done.ok) return causeOf(done.output);
  if (!fs.existsSync(addonPath)) return `the build ended without ${path.relative(root, addonPath)}`;
  fs.writeFileSync(stampPath, JSON.stringify({ sources, tests }));
  return undefined;
}

module.exports = {
  root,
  buildDirectory,
  addonPath,
  logPath,
  contentDigest,
  readJson,
  nativeIsCurrent,
  buildNative,
};
