// What the machine itself must have: which tools and libraries are missing, what installs them, and, where the
// user may, installing them through apt. Uses Node's builtins only: it runs before anything is installed.
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

/**
 * @typedef {object} SystemPackage
 * @property {string} label what is missing, for people
 * @property {string} apt package on Debian and Ubuntu
 * @property {string} dnf package on Fedora and its kin
 * @property {string} brew formula on macOS
 * @property {() => boolean} present whether this machine has it
 */

/**
 * @param {string} name of an executable
 * @returns {boolean} whether PATH has it
 */
function onPath(name) {
  return (process.env.PATH ?? "").split(path.delimiter).some((folder) => {
    try {
      fs.accessSync(path.join(folder, name), fs.constants.X_OK);
      return fs.statSync(path.join(folder, name)).isFile();
    } catch {
      return false;
    }
  });
}

/**
 * Compiles and links a program that only declares and calls `symbol`: what the build itself will need.
 * @param {string} source C++ text
 * @param {string[]} flags for the linker
 */
function links(source, flags) {
  const compiler = ["c++", "g++", "clang++"].find(onPath);
  if (compiler === undefined) return false;
  const args = ["-x", "c++", "-std=c++20", "-", "-o", "/dev/null", ...flags];
  return spawnSync(compiler, args, { input: source, stdio: ["pipe", "ignore", "ignore"] }).status === 0;
}

function hasOpenBlas() {
  const asked = spawnSync("pkg-config", ["--libs", "openblas"], { encoding: "utf8" });
  const flags = asked.status === 0 ? asked.stdout.trim().split(/\s+/) : ["-lopenblas"];
  return links('extern "C" void dsyevd_();\nint main() { dsyevd_(); }\n', flags);
}

/** Its sparse Cholesky is under the MPL since 3.4. */
function hasEigen() {
  const asked = spawnSync("pkg-config", ["--cflags", "eigen3"], { encoding: "utf8" });
  const flags = asked.status === 0 ? asked.stdout.trim().split(/\s+/) : ["-I/usr/include/eigen3"];
  const source = "#include <Eigen/src/Core/util/Macros.h>\nstatic_assert(EIGEN_VERSION_AT_LEAST(3, 4, 0));\n";
  return links(`${source}int main() {}\n`, flags);
}

function hasGoogleTest() {
  return links("#include <gtest/gtest.h>\nTEST(A, B) {}\n", ["-lgtest_main", "-lgtest", "-pthread"]);
}

/** @type {SystemPackage[]} */
const buildPackages = [
  {
    label: "a C++ compiler",
    apt: "g++",
    dnf: "gcc-c++",
    brew: "gcc",
    present: () => ["c++", "g++", "clang++"].some(onPath),
  },
  {
    label: "make or ninja",
    apt: "make",
    dnf: "make",
    brew: "ninja",
    present: () => ["make", "ninja", "ninja-build"].some(onPath),
  },
  { label: "cmake", apt: "cmake", dnf: "cmake", brew: "cmake", present: () => onPath("cmake") },
  {
    label: "OpenBLAS with LAPACK",
    apt: "libopenblas-dev",
    dnf: "openblas-devel",
    brew: "openblas pkgconf",
    present: hasOpenBlas,
  },
  {
    label: "Eigen 3.4",
    apt: "libeigen3-dev",
    dnf: "eigen3-devel",
    brew: "eigen",
    present: hasEigen,
  },
];

/** @type {SystemPackage[]} */
const testPackages = [
  {
    label: "GoogleTest",
    apt: "libgtest-dev",
    dnf: "gtest-devel",
    brew: "googletest",
    present: hasGoogleTest,
  },
];

/** Whether clang has the runtimes of libFuzzer and its sanitizers, which Debian packages apart from it. */
function hasLibFuzzer() {
  const source = 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }\n';
  const args = ["-x", "c++", "-fsanitize=fuzzer,address", "-", "-o", "/dev/null"];
  const done = spawnSync("clang++", args, { input: source, stdio: ["pipe", "ignore", "ignore"] });
  return done.status === 0;
}

/** @type {SystemPackage[]} */
const fuzzPackages = [
  { label: "clang", apt: "clang", dnf: "clang", brew: "llvm", present: () => onPath("clang++") },
  {
    label: "clang's libFuzzer",
    apt: "libclang-rt-14-dev",
    dnf: "compiler-rt",
    brew: "llvm",
    present: hasLibFuzzer,
  },
];

/** @type {SystemPackage[]} */
const valgrindPackages = [
  {
    label: "valgrind",
    apt: "valgrind",
    dnf: "valgrind",
    brew: "valgrind",
    present: () => onPath("valgrind"),
  },
];

/** @type {SystemPackage[]} */
const racePackages = [
  {
    label: "liblinear-train",
    apt: "liblinear-tools",
    dnf: "liblinear",
    brew: "liblinear",
    present: () => onPath("liblinear-train"),
  },
];

/** @type {SystemPackage[]} */
const lintPackages = [
  {
    label: "clang-format",
    apt: "clang-format",
    dnf: "clang-tools-extra",
    brew: "clang-format",
    present: () => onPath("clang-format"),
  },
];

/**
 * What the tests of reports look at pages with; on a machine without it they are skipped, but not with CI=true.
 * @type {SystemPackage[]}
 */
const browserPackages = [
  {
    label: "Chromium",
    apt: "chromium",
    dnf: "chromium",
    brew: "chromium",
    present: () => ["chromium", "chromium-browser"].some(onPath),
  },
];

/**
 * @param {SystemPackage[]} packages
 * @returns {SystemPackage[]} those that this machine lacks
 */
function missingPackages(packages) {
  return packages.filter((one) => !one.present());
}

/**
 * @param {SystemPackage[]} missing
 * @returns {string} what is missing and the exact commands that install it
 */
function remedy(missing) {
  /** @param {"apt" | "dnf" | "brew"} manager */
  const names = (manager) => missing.map((one) => one[manager]).join(" ");
  // Homebrew keeps OpenBLAS out of the compiler's way; pkg-config must be told where it is.
  const keg = names("brew").includes("openblas")
    ? ' && export PKG_CONFIG_PATH="$(brew --prefix openblas)/lib/pkgconfig"'
    : "";
  return [
    `missing on this machine: ${missing.map((one) => one.label).join(", ")}. Install with one of:`,
    `  sudo apt-get update && sudo apt-get install -y ${names("apt")}`,
    `  sudo dnf install -y ${names("dnf")}`,
    `  brew install ${names("brew")}${keg}`,
  ].join("\n");
}

/** The words that start apt-get with the rights to install, or undefined where there is no way. */
function aptGet() {
  if (process.platform !== "linux" || !onPath("apt-get")) return undefined;
  if (process.getuid?.() === 0) return ["apt-get"];
  const sudo = onPath("sudo") && spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0;
  return sudo ? ["sudo", "-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"] : undefined;
}

/**
 * Installs `missing` through apt-get if this user may.
 * @param {SystemPackage[]} missing
 * @returns {string | undefined} undefined when they are installed now, else why they are not
 */
function installPackages(missing) {
  const command = aptGet();
  if (command === undefined)
    return "apt-get cannot be used here (no apt-get, or neither root nor passwordless sudo)";
  /** @param {string[]} args */
  const run = (args) => {
    const [program = "", ...first] = command;
    return spawnSync(program, [...first, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "utf8",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  };
  // A failing update (one mirror down) need not stop the installation; the next command decides.
  run(["update", "-q"]);
  const names = missing.map((one) => one.apt);
  const done = run(["install", "-y", "-q", "--no-install-recommends", ...names]);
  if (done.status !== 0) return `apt-get install failed:\n${(done.stderr || done.stdout || "").trim()}`;
  const still = missingPackages(missing);
  if (still.length > 0)
    return `still not usable after the installation: ${still.map((one) => one.label).join(", ")}`;
  return undefined;
}

module.exports = {
  buildPackages,
  testPackages,
  fuzzPackages,
  valgrindPackages,
  racePackages,
  lintPackages,
  browserPackages,
  missingPackages,
  installPackages,
  remedy,
  onPath,
};
