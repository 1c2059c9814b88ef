// Makes the example of docs/report.md: generated wearables, trainings with three methods, models to compare, the report of
// all of them, and pictures of it.
//
//     node scripts/report.cjs [FOLDER]
//
// Leaves data, models, histories and report.html in the folder, by default a new one, and writes docs/report.png and
// docs/report-phone.png. Needs a built checkout and Chromium.
"use strict";

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");
const { readTasks } = require("../dist/index.js");
const { writeTasks } = require("../dist/data/write_tasks.js");

const root = path.join(__dirname, "..");
const given = process.argv[2];
const folder = given ?? fs.mkdtempSync(path.join(os.tmpdir(), "fedmtl-report-"));
const methods = [
  { name: "paper", flags: "--policy paper" },
  { name: "paper-4-epochs", flags: "--policy paper --local-epochs 4" },
  { name: "accelerated", flags: "--policy accelerated" },
];
const seeds = [1, 2, 3];

/** Runs the program in the folder, so that commands name files as a user would. @param {string} command */
function fedmtl(command) {
  console.log(`fedmtl ${command}`);
  const program = path.join(root, "dist", "cli", "main.js");
  execFileSync(process.execPath, [program, ...command.split(" ")], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

async function makeData() {
  fedmtl(
    "generate --tasks 30 --cols 60 --clusters 3 --min-rows 60 --max-rows 240 --noise 0.05 --seed 1 --out wearables.svm",
  );
  const { train, test } = (await readTasks(path.join(folder, "wearables.svm"))).split({ test: 0.4, seed: 1 });
  await writeTasks(path.join(folder, "train.svm"), train, "svmlight");
  await writeTasks(path.join(folder, "test.svm"), test, "svmlight");
}

function trainAll() {
  const common = "--loss logistic --weighting mean";
  fedmtl(`train train.svm ${common} --relationship trace-norm --lambda1 0.1 --out together.safetensors`);
  fedmtl(`train train.svm ${common} --relationship independent --lambda1 0.1 --out alone.safetensors`);
  fedmtl(`train train.svm ${common} --relationship global --lambda1 0.1 --out one.safetensors`);
  const same = `${common} --relationship mean --lambda1 0.1 --lambda2 0.01 --gap 1e-9 --certify-every 1`;
  const runs = methods.flatMap((method) =>
    seeds.map((seed) => ({ ...method, seed, file: `${method.name}-${seed}.jsonl` })),
  );
  for (const { flags, seed, file } of runs) {
    fedmtl(`train train.svm ${same} ${flags} --seed ${seed} --history ${file}`);
  }
  const histories = runs.map(({ name, file }) => `${name}=${file}`);
  const models = "--model together.safetensors --local alone.safetensors --global one.safetensors";
  fedmtl(`report ${histories.join(" ")} ${models} --data test.svm --out report.html`);
}

/**
 * Pictures of the beginning of the page: as wide as a desk, light, and as a phone, dark.
 */
async function takePictures() {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  });
  try {
    for (const { name, width, colorScheme, end, deviceScaleFactor } of /** @type {const} */ ([
      { name: "report.png", width: 1280, colorScheme: "light", end: "#certificate", deviceScaleFactor: 0.68 },
      {
        name: "report-phone.png",
        width: 390,
        colorScheme: "dark",
        end: "figure:nth-of-type(3)",
        deviceScaleFactor: 1,
      },
    ])) {
      const page = await browser.newPage({
        viewport: { width, height: 900 },
        colorScheme,
        deviceScaleFactor,
      });
      await page.goto(pathToFileURL(path.join(folder, "report.html")).href);
      const height = Math.floor((await page.locator(end).first().boundingBox())?.y ?? 900);
      const clip = { x: 0, y: 0, width, height };
      await page.screenshot({ path: path.join(root, "docs", name), fullPage: true, clip });
      await page.close();
    }
  } finally {
    await browser.close();
  }
}

async function main() {
  await makeData();
  trainAll();
  await takePictures();
  console.log(`The report is ${path.join(folder, "report.html")}.`);
}

main().catch((/** @type {Error} */ error) => {
  console.error(error.message);
  process.exitCode = 1;
});
