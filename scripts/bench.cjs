// `npm run bench [-- NAME...]`: sets the checkout up, then runs the suites bench/*.bench.ts, or those named.
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { root, setup } = require("./setup.cjs");

setup();
const all = fs
  .readdirSync(path.join(root, "bench"))
  .filter((file) => file.endsWith(".bench.ts"))
  .map((file) => path.basename(file, ".bench.ts"));
const names = process.argv.length > 2 ? process.argv.slice(2) : all;
const unknown = names.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`unknown suite ${unknown.join(", ")}; there are: ${all.join(", ")}`);
  process.exit(2);
}
const failed = names.filter((name) => {
  const suite = path.join(root, "bench", `${name}.bench.ts`);
  return (
    spawnSync(process.execPath, ["--import", "tsx", suite], { cwd: root, stdio: "inherit" }).status !== 0
  );
});
process.exitCode = failed.length === 0 ? 0 : 1;
