// `npm run release`: makes and checks the tarballs of a release in build-release/, and publishes nothing.
//
// The repository's package.json does not name the platform package as a dependency: `npm ci` in a clone would ask a
// registry for it, also for a version that is being made just now. It is added here, to the packed package.json.
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { root } = require("./native_build.cjs");
const { makePlatformPackage, releaseDirectory } = require("./prebuilt.cjs");

/**
 * Runs a program to its end.
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 */
function run(program, args, cwd) {
  const done = spawnSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (done.status !== 0) {
    throw new Error(`${program} ${args.join(" ")} failed:\n${done.stdout ?? ""}${done.stderr ?? done.error}`);
  }
}

/**
 * @param {string} folder of a package
 * @param {string[]} [options] of npm pack
 * @returns {string} the tarball that npm pack makes of it, in build-release/
 */
function pack(folder, options = []) {
  const scratch = fs.mkdtempSync(path.join(releaseDirectory, "pack-"));
  try {
    run("npm", ["pack", "--pack-destination", scratch, ...options], folder);
    const [name = ""] = fs.readdirSync(scratch);
    const tarball = path.join(releaseDirectory, name);
    fs.renameSync(path.join(scratch, name), tarball);
    return tarball;
  } finally {
    fs.rmSync(scratch, { recursive: true });
  }
}

/**
 * Packs the repository, then packs that again with the package.json that users get.
 * @param {string[]} platformPackages folders
 * @returns {string} the tarball
 */
function packMain(platformPackages) {
  const stage = path.join(releaseDirectory, "main");
  fs.rmSync(stage, { recursive: true, force: true });
  fs.mkdirSync(stage);
  run("tar", ["-xzf", pack(root), "--strip-components=1", "-C", stage], root);

  const file = path.join(stage, "package.json");
  const { devDependencies: _, ...manifest } = JSON.parse(fs.readFileSync(file, "utf8"));
  manifest.scripts = { install: manifest.scripts.install };
  manifest.optionalDependencies = Object.fromEntries(
    platformPackages.map((folder) => {
      const { name, version } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
      return [name, version];
    }),
  );
  fs.writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
  return pack(stage, ["--ignore-scripts"]);
}

/**
 * Makes both tarballs from the present sources.
 * @returns {{ main: string, platform: string, missingNotices: string[] }} their paths, and licence texts that the
 * platform package lacks
 */
function makeTarballs() {
  fs.mkdirSync(releaseDirectory, { recursive: true });
  const { folder, missingNotices } = makePlatformPackage();
  return { platform: pack(folder), main: packMain([folder]), missingNotices };
}

/**
 * publint: is package.json right? attw: do the types say what Node loads, under every module resolution?
 * @param {string} tarball of the main package
 */
function checkPackage(tarball) {
  const programs = path.join(root, "node_modules", ".bin");
  run(path.join(programs, "publint"), ["run", tarball, "--strict"], root);
  // The package brings its own types; attw need not ask a registry for others.
  run(path.join(programs, "attw"), [tarball, "--no-definitely-typed"], root);
}

module.exports = { makeTarballs, checkPackage };

if (require.main === module) {
  const { main, platform, missingNotices } = makeTarballs();
  checkPackage(main);
  for (const file of [platform, main]) {
    console.log(`${path.relative(root, file)}  ${(fs.statSync(file).size / 1e6).toFixed(1)} MB`);
  }
  if (missingNotices.length > 0) {
    console.error(
      `not to be published: the platform package lacks the licence of ${missingNotices.join(", ")}`,
    );
    process.exitCode = 1;
  }
}
