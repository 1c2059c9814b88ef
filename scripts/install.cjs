// npm's install script of the package: builds the native addon on the user's machine unless it is there already,
// built or as the platform package. It installs nothing on the system; when something is missing it says what and
// how to get it, and fails.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { addonPath, buildNative, logPath, root } = require("./native_build.cjs");
const { buildPackages, missingPackages, remedy } = require("./system_packages.cjs");

/** @param {string} message */
function fail(message) {
  console.error(`fedmtl: the native addon was not built: ${message}`);
  process.exit(1);
}

/** Whether npm brought the platform package along; src/addon_file.ts is what loads it. */
function hasPlatformPackage() {
  try {
    require.resolve(`@fedmtl/${process.platform}-${process.arch}/package.json`, { paths: [root] });
    return true;
  } catch {
    return false;
  }
}

/** Whether the addon was built here and loads: one of another machine, or without its OpenBLAS, does not count. */
function addonLoads() {
  try {
    require(addonPath);
    return true;
  } catch {
    return false;
  }
}

function main() {
  if (hasPlatformPackage() || addonLoads()) return;
  const missing = missingPackages(buildPackages);
  if (missing.length > 0) fail(remedy(missing));
  // Warnings of a compiler we have not met must not stop a user; in a checkout they must stop us.
  const checkout = fs.existsSync(path.join(root, "native", "test"));
  const cause = buildNative({ tests: false, warningsAreErrors: checkout });
  if (cause !== undefined) fail(`${cause}\nThe whole output is in ${logPath}`);
}

main();
