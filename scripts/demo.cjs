// `npm run demo`: sets the checkout up, then runs the demonstration with the arguments given.
"use strict";

const { spawnSync } = require("node:child_process");
const path = require("node:path");
const { root, setup } = require("./setup.cjs");

setup();
const demo = path.join(root, "dist", "demo", "main.js");
const done = spawnSync(process.execPath, [demo, ...process.argv.slice(2)], { stdio: "inherit" });
process.exit(done.status ?? 1);
