// Kills a checkpointed training with SIGKILL at 200 random moments; each resumed one must have the same bits as one that was
// left alone. `node scripts/soak_checkpoint.cjs KILLS SEED` changes the count and the moments.
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { killAndResume } = require("../test/support/kill_and_resume.cjs");
const { setup } = require("./setup.cjs");

const [kills = 200, seed = 1] = process.argv.slice(2).map(Number);

setup();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fedmtl-kills-"));
killAndResume({ kills, seed, folder }).then(
  (counts) => {
    console.log(`kills: ${JSON.stringify(counts)}, the same bits each time`);
    fs.rmSync(folder, { recursive: true });
  },
  (error) => {
    console.error(`kills: ${error.message}`);
    process.exitCode = 1;
  },
);
