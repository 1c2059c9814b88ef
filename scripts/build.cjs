// Builds everything that is not built: npm packages, addon, dist. With --typescript only what dist needs.
"use strict";

const { setup } = require("./setup.cjs");

setup({ native: !process.argv.includes("--typescript") });
