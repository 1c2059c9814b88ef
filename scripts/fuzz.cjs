// `npm run fuzz`: runs the libFuzzer targets of native/fuzz under AddressSanitizer and UndefinedBehaviorSanitizer.
//   npm run fuzz                          every target for 15 s, a minute in all
//   npm run fuzz -- --seconds 600 NAME    one target (svmlight, csv, edges, matrix) for longer
// Each starts from its committed corpus, native/fuzz/corpus/NAME, and keeps what it finds in build-fuzz/corpus/NAME.
// An input that crashes, leaks, hangs or violates a property is written to build-fuzz/NAME-* and fails the run.
"use strict";

const { execFile } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
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
  return timed(`fuzzing ${name}`, async () => {
    const program = variantPath("build-fuzz", `${name}_fuzz`);
    const options = { cwd: root, maxBuffer: 1 << 28 };
    const [failed, output] = await new Promise((resolve) =>
      execFile(program, args, options, (error, _, stderr) => resolve([error !== null, stderr])),
    );
    // A run that found nothing says much that nobody needs.
    const lines = output.split("\n");
    console.log(
      (failed ? lines : lines.filter((/** @type {string} */ line) => line.startsWith("stat::number"))).join(
        "\n",
      ),
    );
    return !failed;
  });
}

const definitions = {
  CMAKE_CXX_COMPILER: "clang++",
  CMAKE_CXX_FLAGS: "-O1",
  FEDMTL_FUZZ: "ON",
  FEDMTL_SANITIZE: "address;undefined;fuzzer-no-link",
};

/** One target at a time on each processor. */
async function main() {
  setup({ tools: fuzzPackages });
  let ok = await buildVariant("build-fuzz", definitions, ["fuzz_targets"]);
  const waiting = ok ? [...(positionals.length > 0 ? positionals : all)] : [];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      ok = (await fuzz(name)) && ok;
    }
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
  process.exitCode = ok ? 0 : 1;
}

main();
