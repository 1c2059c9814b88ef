// `npm run sanitize`: the native code under sanitizers.
//   AddressSanitizer + UndefinedBehaviorSanitizer   the native tests; then, in node, the addon under the tests of
//                                                   the API and of a training's life
//   ThreadSanitizer                                 the native tests of what runs on threads
// `npm run sanitize -- --valgrind` runs the native tests under valgrind instead, which takes minutes.
"use strict";

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { setup } = require("./setup.cjs");
const { onPath, valgrindPackages } = require("./system_packages.cjs");
const { buildVariant, root, run, runShards, timed, variantPath } = require("./variant_build.cjs");

const undefinedOptions = { UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1" };

/** What runs on several threads; the rest of the core does not know that there are any. */
const threadedTests = "(thread_pool|session|client_pool)_test";

/** Vitest's files for the addon: the whole API, and every way to stop it. */
const addonTests = ["test/api.test.ts", "test/life.test.ts"];

/** @param {string} name of a runtime library of the compiler */
function runtime(name) {
  return execFileSync("c++", [`-print-file-name=${name}`], { encoding: "utf8" }).trim();
}

/**
 * A copy of the package around another addon. Node resolves links, and the package looks for its addon beside its
 * own files; so what is loaded is copied and only node_modules is a link.
 * @param {string} addon
 * @returns {string} the folder
 */
function makeTree(addon) {
  const tree = variantPath("build-asan-tree");
  fs.rmSync(tree, { recursive: true, force: true });
  fs.mkdirSync(path.join(tree, "build", "Release"), { recursive: true });
  for (const name of ["package.json", "vitest.config.mts", "tsconfig.json", "dist", "test"]) {
    fs.cpSync(path.join(root, name), path.join(tree, name), { recursive: true });
  }
  fs.symlinkSync(path.join(root, "node_modules"), path.join(tree, "node_modules"));
  fs.copyFileSync(addon, path.join(tree, "build", "Release", "addon.node"));
  return tree;
}

async function address() {
  const definitions = {
    CMAKE_CXX_FLAGS: "-O1",
    FEDMTL_TESTS: "ON",
    FEDMTL_SANITIZE: "address;undefined",
  };
  if (!(await buildVariant("build-asan", definitions, ["native_tests", "addon"]))) return false;
  const native = await timed("native tests, address and undefined", () =>
    runShards(variantPath("build-asan", "native_tests"), undefinedOptions),
  );
  const tree = makeTree(variantPath("build-asan", "Release", "addon.node"));
  const env = {
    ...undefinedOptions,
    // libstdc++ beside it: the sanitizer looks for the exception functions when the process starts.
    LD_PRELOAD: `${runtime("libasan.so")} ${runtime("libstdc++.so.6")}`,
    // The tools inside vitest leak; what native code leaks is found by the native tests. Freed memory is kept for a
    // while, by default too much for tests that watch memory.
    ASAN_OPTIONS: "detect_leaks=0:quarantine_size_mb=64",
  };
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const addon = await timed("addon in node, address and undefined", () =>
    run(process.execPath, [vitest, "run", ...addonTests], { cwd: tree, env }),
  );
  return native && addon;
}

async function thread() {
  const definitions = {
    CMAKE_CXX_FLAGS: "-O1",
    FEDMTL_TESTS: "ON",
    FEDMTL_SANITIZE: "thread",
    FEDMTL_TEST_FILES: threadedTests,
  };
  if (!(await buildVariant("build-tsan", definitions, ["native_tests"]))) return false;
  const tests = variantPath("build-tsan", "native_tests");
  const args = [tests, "--gtest_brief=1"];
  // ThreadSanitizer of GCC 12 cannot place its shadow memory under the address randomisation of newer kernels.
  const [program = tests, ...rest] = onPath("setarch") ? ["setarch", "-R", ...args] : args;
  const env = { TSAN_OPTIONS: "halt_on_error=1:second_deadlock_stack=1" };
  return timed("native tests, thread", () => run(program, rest, { env }));
}

function valgrind() {
  const args = ["--quiet", "--leak-check=full", "--errors-for-leak-kinds=definite", "--error-exitcode=1"];
  const tests = [variantPath("build", "native_tests"), "--gtest_brief=1"];
  return timed("native tests, valgrind", () => run("valgrind", [...args, ...tests]));
}

const withValgrind = process.argv.includes("--valgrind");
setup({ tests: true, tools: withValgrind ? valgrindPackages : [] });

async function main() {
  let ok = true;
  for (const check of withValgrind ? [valgrind] : [address, thread]) {
    ok = (await check()) && ok;
  }
  process.exitCode = ok ? 0 : 1;
}

main();
