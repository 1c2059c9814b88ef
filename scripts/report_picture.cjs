// A picture of one part of a report, for the documentation: the section whose heading is given, down to its plots.
//
//     node scripts/report_picture.cjs REPORT.html "HEADING" PICTURE.png
//
// Needs Chromium on the PATH.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");

/** A part that is a little taller than a page of the documentation is wide. */
const viewport = { width: 1200, height: 1000 };
const margin = 8;

/** @returns {string} */
function browserPath() {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const found = folders
    .flatMap((folder) => ["chromium", "chromium-browser"].map((name) => path.join(folder, name)))
    .find((file) => fs.existsSync(file));
  if (found === undefined) {
    throw new Error("there is no chromium on the PATH; install it with the system's package manager");
  }
  return found;
}

/** @param {string} report @param {string} heading @param {string} picture */
async function take(report, heading, picture) {
  const browser = await chromium.launch({
    executablePath: browserPath(),
    headless: true,
    args: ["--no-sandbox"],
  });
  try {
    const page = await browser.newPage({ viewport, colorScheme: "light" });
    await page.goto(pathToFileURL(path.resolve(report)).href);
    const title = page.locator("h3, h2").filter({ hasText: heading }).first();
    const section = page.locator("section").filter({ has: title }).last();
    const [top, plots] = [await title.boundingBox(), await section.locator(".figures").first().boundingBox()];
    if (top === null || plots === null) {
      throw new Error(`${report} has no part with plots that is headed ${JSON.stringify(heading)}`);
    }
    const clip = {
      x: Math.max(0, plots.x - margin),
      y: top.y - margin,
      width: plots.width + 2 * margin,
      height: plots.y + plots.height - top.y + 2 * margin,
    };
    await page.screenshot({ path: picture, clip, fullPage: true });
  } finally {
    await browser.close();
  }
}

const [report, heading, picture] = process.argv.slice(2);
if (report === undefined || heading === undefined || picture === undefined) {
  console.error('usage: node scripts/report_picture.cjs REPORT.html "HEADING" PICTURE.png');
  process.exitCode = 2;
} else {
  take(report, heading, picture).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
