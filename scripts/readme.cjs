// The examples of README.md: a block of `sh` or `ts` followed by a block of `text` is run, in the order of the page and in
// one folder, and the text is what it prints. `node scripts/readme.cjs` puts in what they print now; test/readme.test.ts
// compares. Blocks of `bash` are set-up commands and are not run. The text after "## The demonstration" is that of the
// demonstration, abridged.
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

const root = path.join(__dirname, "..");
const readme = path.join(root, "README.md");
const loader = pathToFileURL(require.resolve("tsx")).href;
const example = /```(sh|ts)\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g;
const demonstration = /(## The demonstration[\s\S]*?```text\n)([\s\S]*?)```/;

/** @typedef {{ language: string, code: string, output: string }} Example */

/** @returns {Example[]} the examples of the page, in order */
function examples(page = fs.readFileSync(readme, "utf8")) {
  return [...page.matchAll(example)].map(([, language = "", code = "", output = ""]) => ({
    language,
    code,
    output,
  }));
}

/** The text that the page shows of the demonstration. */
function shownDemonstration(page = fs.readFileSync(readme, "utf8")) {
  return demonstration.exec(page)?.[2] ?? "";
}

/** A folder in which `fedmtl` is a command and a package; remove it after use. */
function makeFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fedmtl-readme-"));
  fs.mkdirSync(path.join(folder, "bin"));
  fs.mkdirSync(path.join(folder, "node_modules"));
  fs.symlinkSync(root, path.join(folder, "node_modules", "fedmtl"));
  fs.symlinkSync(path.join(root, "node_modules", "@types"), path.join(folder, "node_modules", "@types"));
  const program = path.join(root, "dist", "cli", "main.js");
  const command = `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`;
  fs.writeFileSync(path.join(folder, "bin", "fedmtl"), command, { mode: 0o755 });
  return folder;
}

/**
 * Runs one example.
 * @param {string} folder
 * @param {Pick<Example, "language" | "code">} example
 * @returns {string} what it prints, on both streams
 */
function run(folder, { language, code }) {
  const environment = {
    ...process.env,
    NO_COLOR: "1",
    PATH: `${path.join(folder, "bin")}${path.delimiter}${process.env.PATH}`,
  };
  const file = path.join(folder, language === "ts" ? "example.mts" : "example.sh");
  fs.writeFileSync(file, code);
  const command = language === "ts" ? [process.execPath, "--import", loader, file] : ["sh", file];
  // Through a shell, so that the two streams come out in the order in which they were written.
  const args = ["-c", 'exec "$@" 2>&1', "sh", ...command];
  const done = spawnSync("sh", args, { cwd: folder, env: environment, encoding: "utf8" });
  const printed = done.stdout;
  if (done.status !== 0) {
    throw new Error(`exit code ${done.status} of the example\n${code}\n${printed}`);
  }
  return printed;
}

/** What the page shows of the demonstration: the comparison, a certificate, the first groups, and what was found. */
function abridgedDemonstration() {
  const program = path.join(root, "dist", "demo", "main.js");
  const done = spawnSync(process.execPath, [program], {
    env: { ...process.env, NO_COLOR: "1" },
    encoding: "utf8",
  });
  const lines = done.stdout.split("\n");
  /** @param {string} beginning @param {number} count */
  const from = (beginning, count) => {
    const start = lines.findIndex((line) => line.startsWith(beginning));
    return lines.slice(start, start + count);
  };
  const map = lines.findIndex((line) => /^ +1 2 3/.test(line));
  return [
    ...from("method", 6),
    ...["...", ...from("multi-task: ", 1), "", ...from("What multi-task learning", 3)],
    ...[...lines.slice(map, map + 9), "...", ...from("Correlation within", 2), ""],
  ].join("\n");
}

function rewrite() {
  const folder = makeFolder();
  try {
    const page = fs
      .readFileSync(readme, "utf8")
      .replace(example, (_, language, code) => {
        return `\`\`\`${language}\n${code}\`\`\`\n\n\`\`\`text\n${run(folder, { language, code })}\`\`\``;
      })
      .replace(demonstration, (_, before) => `${before}${abridgedDemonstration()}\`\`\``);
    fs.writeFileSync(readme, page);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

module.exports = { abridgedDemonstration, examples, makeFolder, run, shownDemonstration };

if (require.main === module) {
  rewrite();
}
