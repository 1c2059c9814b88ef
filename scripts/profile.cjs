// `node scripts/profile.cjs [NAME...]`: where the time of trainings goes, for docs/performance.md. Runs bench/profiled.ts
// under perf (Debian's linux-perf), on one thread, and adds up the samples that fell into native code by what they are part
// of. Products of rows made for certificates count as products.
"use strict";

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { root, setup } = require("./setup.cjs");

/** The first that fits a symbol counts. */
const parts = /** @type {const} */ ([
  ["products of rows: dot and axpy", /\binner<|\baxpy<|sparseDot|sparseAxpy|\bdot</],
  ["certificates, without their products", /evaluate|scoreAll|certif/i],
  ["local steps: order, loss, alpha, v", /Client::|takeDueRows|RandomStream|visitLoss/],
  [
    "server: W = V K, momentum, messages",
    /Server|TaskWeights|Kernel|forBlocks|dgemm|dsyrk|dsyevd|blas::|Extrapolated/,
  ],
  ["copies and memory", /mem(move|cpy|set)|malloc|free/],
]);

/**
 * @param {string} name
 * @param {string} folder
 * @returns {string[]} rows of a table
 */
function profile(name, folder) {
  const file = path.join(folder, `${name}.data`);
  const program = [process.execPath, "--import", "tsx", path.join(root, "bench", "profiled.ts"), name];
  const record = [
    "record",
    "--quiet",
    "--event",
    "cpu-clock",
    "--freq",
    "999",
    "--output",
    file,
    "--",
    ...program,
  ];
  const { seconds, steps, rounds } = JSON.parse(
    execFileSync("perf", record, { cwd: root, encoding: "utf8" }),
  );
  const report = ["report", "--input", file, "--stdio", "--no-children", "--fields", "overhead,dso,symbol"];
  const text = execFileSync("perf", report, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  /** @type {Map<string, number>} */
  const shares = new Map();
  for (const [, share = "0", library = "", symbol = ""] of text.matchAll(
    /^ +([\d.]+)% +(\S+) +\[.\] (.*)$/gm,
  )) {
    if (/^(addon\.node|libopenblas|libc\.so)/.test(library)) {
      const part = parts.find(([, pattern]) => pattern.test(symbol))?.[0] ?? "other native code";
      shares.set(part, (shares.get(part) ?? 0) + Number(share));
    }
  }
  const total = [...shares.values()].reduce((sum, share) => sum + share, 0);
  const rows = [...shares]
    .sort(([, a], [, b]) => b - a)
    .map(([part, share]) => `| ${part} | ${((100 * share) / total).toFixed(0)} |`);
  const perStep = ((1e9 * seconds) / steps).toFixed(1);
  const title = `**${name}**: ${rounds} rounds, ${(steps / 1e6).toFixed(1)} million coordinate steps, ${perStep} ns of round time a step.`;
  return [title, "", "| part | % of the time in native code |", "|---|---|", ...rows, ""];
}

setup();
const names = process.argv.length > 2 ? process.argv.slice(2) : ["dense-561", "dense-9", "sparse-60"];
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fedmtl-profile-"));
try {
  for (const name of names) console.log(profile(name, folder).join("\n"));
} finally {
  fs.rmSync(folder, { recursive: true });
}
