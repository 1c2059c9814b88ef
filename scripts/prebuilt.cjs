// `npm run build:prebuilt`: makes the platform package of this machine in build-release/PLATFORM, ready for npm pack:
// the addon with OpenBLAS inside, so that it installs without a compiler and without OpenBLAS. The addon's objects
// are those of build/; only the last link differs (FEDMTL_STATIC_BLAS in CMakeLists.txt).
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { buildDirectory, root } = require("./native_build.cjs");
const { setup } = require("./setup.cjs");

const platform = `${process.platform}-${process.arch}`;
const template = path.join(root, "npm", platform);
const releaseDirectory = path.join(root, "build-release");

/** What the addon may ask of the user's machine. docs/install.md promises no more than this. */
const allowedLibraries = [
  "libstdc++.so.6",
  "libm.so.6",
  "libgcc_s.so.1",
  "libc.so.6",
  "ld-linux-x86-64.so.2",
];
const newestAllowed = { GLIBC: "2.34", GLIBCXX: "3.4.30", CXXABI: "1.3.13" };

/**
 * Runs a program to its end.
 * @param {string} program
 * @param {string[]} args
 * @returns {string} its output
 */
function run(program, args) {
  const done = spawnSync(program, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (done.status !== 0) {
    throw new Error(`${program} ${args.join(" ")} failed:\n${done.stdout ?? ""}${done.stderr ?? done.error}`);
  }
  return done.stdout;
}

/**
 * @param {string} a version of the form 3.4.30
 * @param {string} b
 * @returns {boolean} whether a is later than b
 */
function later(a, b) {
  return a.localeCompare(b, "en", { numeric: true }) > 0;
}

/**
 * Checks that an addon needs nothing but what every supported Linux has.
 * @param {string} file
 * @returns {string[]} what is wrong; empty when nothing is
 */
function foreignNeeds(file) {
  const dynamic = run("readelf", ["--dynamic", "--wide", file]);
  const libraries = [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name = ""]) => name);
  const problems = libraries
    .filter((name) => !allowedLibraries.includes(name))
    .map((name) => `needs ${name}`);
  if (/\((RUNPATH|RPATH)\)/.test(dynamic)) problems.push("names a library folder of this machine (RUNPATH)");

  const symbols = run("readelf", ["--dyn-syms", "--wide", file]);
  for (const [name, newest] of Object.entries(newestAllowed)) {
    const versions = [...symbols.matchAll(new RegExp(`@${name}_([0-9.]+)`, "g"))].map(([, one = ""]) => one);
    const tooNew = [...new Set(versions)].filter((version) => later(version, newest));
    problems.push(...tooNew.map((version) => `needs ${name}_${version}, later than ${newest}`));
  }
  // A shared object links with symbols missing. Node has N-API's; every other one must name the library it is in.
  for (const [, name = ""] of symbols.matchAll(/GLOBAL +DEFAULT +UND +(\S+)/g)) {
    if (!name.includes("@") && !/^(napi|node_api)_/.test(name)) problems.push(`leaves ${name} undefined`);
  }
  return problems;
}

/**
 * The licences of what is inside ask that their texts go with every copy. Debian's OpenBLAS contains its LAPACK.
 * @returns {{ text: string, missing: string[] }} the texts that this machine has, and where the others should be
 */
function notices() {
  const parts = [
    { what: "OpenBLAS", file: "/usr/share/doc/libopenblas-dev/copyright" },
    { what: "LAPACK", file: "/usr/share/doc/liblapack3/copyright" },
    // Under the MPL, which also asks to say where its source is: https://gitlab.com/libeigen/eigen
    {
      what: "Eigen (source: https://gitlab.com/libeigen/eigen)",
      file: "/usr/share/doc/libeigen3-dev/copyright",
    },
    { what: "node-addon-api", file: path.join(root, "node_modules", "node-addon-api", "LICENSE.md") },
  ];
  const present = parts.filter(({ file }) => fs.existsSync(file));
  const texts = present.map(
    ({ what, file }) => `==== ${what} ====\n\n${fs.readFileSync(file, "utf8").trim()}\n`,
  );
  return {
    text: `addon.node contains parts of these works.\n\n${texts.join("\n")}`,
    missing: parts.filter((one) => !present.includes(one)).map(({ what, file }) => `${what} (${file})`),
  };
}

/**
 * Builds the platform package of this machine.
 * @returns {{ folder: string, missingNotices: string[] }} where it is; it may be published if no notice is missing
 */
function makePlatformPackage() {
  if (!fs.existsSync(template)) throw new Error(`there is no platform package for ${platform} in npm/`);
  setup();
  run("cmake", ["-DFEDMTL_STATIC_BLAS=ON", buildDirectory]);
  run("cmake", ["--build", buildDirectory, "--target", "addon_static"]);
  const addon = path.join(buildDirectory, "Prebuilt", "addon.node");
  const problems = foreignNeeds(addon);
  if (problems.length > 0) throw new Error(`${addon}: ${problems.join("; ")}`);

  const folder = path.join(releaseDirectory, platform);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.cpSync(template, folder, { recursive: true });
  const manifest = JSON.parse(fs.readFileSync(path.join(template, "package.json"), "utf8"));
  const { version, license, engines } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  const stamped = { ...manifest, version, license, engines };
  fs.writeFileSync(path.join(folder, "package.json"), `${JSON.stringify(stamped, undefined, 2)}\n`);
  fs.copyFileSync(path.join(root, "LICENSE"), path.join(folder, "LICENSE"));
  const { text, missing } = notices();
  fs.writeFileSync(path.join(folder, "NOTICE"), text);
  fs.copyFileSync(addon, path.join(folder, "addon.node"));
  return { folder, missingNotices: missing };
}

module.exports = { makePlatformPackage, releaseDirectory };

if (require.main === module) console.log(makePlatformPackage().folder);
