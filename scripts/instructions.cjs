// `npm run instructions`: counts the instructions of three fixed pieces of solver work (bench/native/counted.cpp) under
// callgrind, with AVX2 kernels, and compares them with bench/native/instructions.json. A rise above 3 % fails: unlike a time,
// a count says the same on every machine. Counts belong to a compiler; another one's are printed, not compared.
//   npm run instructions -- --write    takes today's counts as those to compare with
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { root, setup } = require("./setup.cjs");
const { valgrindPackages } = require("./system_packages.cjs");

const works = ["dense-561", "dense-9", "sparse-60"];
const mostRise = 0.03;
const committed = path.join(root, "bench", "native", "instructions.json");
const build = path.join(root, "build");

/**
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string} all that it printed; ends this process where it failed
 */
function output(program, args, env = process.env) {
  const done = spawnSync(program, args, { cwd: root, encoding: "utf8", env });
  if (done.status === 0) return `${done.stdout}${done.stderr}`;
  console.error(
    `${program} ${args.join(" ")} failed:\n${done.stdout ?? ""}${done.stderr ?? ""}${done.error ?? ""}`,
  );
  process.exit(1);
}

/**
 * @param {string} work
 * @returns {number} instructions
 */
function count(work) {
  const args = ["--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=/dev/null"];
  const text = output("valgrind", [...args, path.join(build, "counted"), work], {
    ...process.env,
    FEDMTL_KERNEL: "avx2",
  });
  return Number(/Collected : (\d+)/.exec(text)?.[1]);
}

setup({ tools: valgrindPackages });
output("cmake", ["--build", build, "--target", "counted"]);
const compiler = output("c++", ["--version"]).split("\n")[0];
const counts = Object.fromEntries(works.map((work) => [work, count(work)]));

/** @type {{ compiler: string, instructions: Record<string, number> }} */
const before = fs.existsSync(committed)
  ? JSON.parse(fs.readFileSync(committed, "utf8"))
  : { compiler: "", instructions: {} };
const comparable = before.compiler === compiler;
let risen = false;
for (const [work, instructions] of Object.entries(counts)) {
  const rise = comparable ? instructions / (before.instructions[work] ?? Number.NaN) - 1 : 0;
  const verdict = comparable ? `${(100 * rise).toFixed(2)} % against what is committed` : "not compared";
  console.log(`${work.padEnd(10)} ${String(instructions).padStart(12)} instructions, ${verdict}`);
  risen ||= !(rise <= mostRise);
}
if (!comparable) console.log(`the committed counts are those of "${before.compiler}", this is "${compiler}"`);
if (process.argv.includes("--write")) {
  fs.writeFileSync(committed, `${JSON.stringify({ compiler, instructions: counts }, null, 2)}\n`);
} else {
  process.exitCode = risen ? 1 : 0;
}
