// `npm run fuzz`: runs the libFuzzer targets of native/fuzz under AddressSanitizer and UndefinedBehaviorSanitizer.
//   npm run fuzz                          every target for 15 s, a minute in all
//   npm run fuzz -- --seconds 600 NAME    one target (svmlight, csv, edges, matrix) for longer
// Each starts from its committed corpus, native/fuzz/corpus/NAME, and keeps what it finds in build-fuzz/corpus/NAME.
// An input that crashes, leaks, hangs or violates a property is written to build-fuzz/NAME-* and fails the run.
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const { parseArgs } = require("node:util");
const { setup } = require("./setup.cjs");
const { fuzzPackages } = require("./system_packages.cjs");
const { buildVariant, root, timed, variantPath } = require("./variant_build.cjs");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "15" } },
});

const all = fs.readdirSync(variantPath("native", "fuzz", "corpus")).sort();
const unknown = positionals.filter((name) => !all.includes(name));
if (unknown.length > 0 || !(Number(values.seconds) > 0)) {
  console.error(`usage: npm run fuzz -- [--seconds N] [${all.join(" | ")}]`);
  process.exit(2);
}

/** @param {string} name of a target */
function fuzz(name) {
  const found = variantPath("build-fuzz", "corpus", name);
  fs.mkdirSync(found, { recursive: true });
  const args = [
    `-max_total_time=${values.seconds}`,
    // An input of 4 KiB takes milliseconds: what takes seconds has found a loop.
    "-timeout=10",
    "-max_len=4096",
    "-rss_limit_mb=2048",
    "-verbosity=0",
    "-print_final_stats=1",
    `-dict=${variantPath("native", "fuzz", "text.dict")}`,
    `-artifact_prefix=${variantPath("build-fuzz", `${name}-`)}`,
    found,
    variantPath("native", "fuzz", "corpus", name),
  ];
  return timed(`fuzzing ${name}`, () => {
    const program = variantPath("build-fuzz", `${name}_fuzz`);
    const done = spawnSync(program, args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 });
    // A run that found nothing says much that nobody needs.
    const lines = (done.stderr ?? "").split("\n");
    const shown = done.status === 0 ? lines.filter((line) => line.startsWith("stat::number")) : lines;
    console.log(shown.join("\n"));
    return done.status === 0;
  });
}

setup({ tools: fuzzPackages });
const built = buildVariant(
  "build-fuzz",
  {
    CMAKE_CXX_COMPILER: "clang++",
    CMAKE_CXX_FLAGS: "-O1",
    FEDMTL_FUZZ: "ON",
    FEDMTL_SANITIZE: "address;undefined;fuzzer-no-link",
  },
  ["fuzz_targets"],
);
const targets = positionals.length > 0 ? positionals : all;
process.exitCode = built && targets.map(fuzz).every(Boolean) ? 0 : 1;
