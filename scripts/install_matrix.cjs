// `npm run test:install`: installs the packed package as a user does, in empty folders, in every way there is, and uses
// it: prebuilt without compiler and OpenBLAS, built from source, and without what a build needs.
// The last line is `N passed, N failed`.
//
// What a user lacks is hidden, not assumed: OpenBLAS by a mount namespace of its own (unshare), the compilers by a
// PATH that has Node, npm and sh only.
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { root } = require("./native_build.cjs");
const { checkPackage, makeTarballs } = require("./release.cjs");

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "fedmtl-install-"));
const consumers = path.join(root, "test", "consumers");
const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");

/** @typedef {{ folder: string, path?: string, hideOpenBlas?: boolean }} Machine a user's folder and what is there */
/** @typedef {{ status: number | null, output: string }} Outcome */

/** Makes every file of OpenBLAS unreadable in this mount namespace, then becomes the program given. */
const hideOpenBlas = `
  for entry in $(find -L /usr/lib /usr/lib64 /usr/local/lib -maxdepth 3 -name '*openblas*' 2>/dev/null); do
    if [ -d "$entry" ]; then mount -t tmpfs tmpfs "$entry"; fi
    if [ -f "$entry" ]; then mount --bind /dev/null "$entry"; fi
  done
  exec "$@"`;

/** A user who is not root may have a namespace in which they are. */
const unshare = ["unshare", "--mount", ...(process.getuid?.() === 0 ? [] : ["--map-root-user"])];

/**
 * @param {Machine} machine
 * @param {string[]} command
 * @returns {Outcome}
 */
function run(machine, command) {
  const [program = "", ...args] = machine.hideOpenBlas
    ? [...unshare, "sh", "-c", hideOpenBlas, "sh", ...command]
    : command;
  // npm run sets these for its own project; a user's shell does not have them.
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_(?!config_registry)/i.test(name));
  const env = { ...Object.fromEntries(inherited), PATH: machine.path ?? process.env.PATH ?? "" };
  // Started by its full path, because PATH is already the user's.
  const found = (process.env.PATH ?? "").split(path.delimiter).map((one) => path.join(one, program));
  const file = path.isAbsolute(program) ? program : (found.find((one) => fs.existsSync(one)) ?? program);
  const done = spawnSync(file, args, { cwd: machine.folder, env, encoding: "utf8", stdio: "pipe" });
  return { status: done.status, output: `${done.stdout ?? ""}${done.stderr ?? ""}${done.error ?? ""}` };
}

/**
 * @param {Machine} machine
 * @param {string[]} command
 * @returns {string} its output; throws when it fails
 */
function succeed(machine, ...command) {
  const { status, output } = run(machine, command);
  if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status}:\n${output}`);
  return output;
}

/**
 * @param {boolean} condition
 * @param {string} message
 */
function assert(condition, message) {
  if (!condition) throw new Error(message);
}

/**
 * @param {string} name
 * @returns {string} an empty folder of a user, with a package.json
 */
function emptyFolder(name) {
  const folder = path.join(scratch, name);
  fs.mkdirSync(folder);
  fs.writeFileSync(
    path.join(folder, "package.json"),
    '{ "name": "user", "private": true, "type": "module" }\n',
  );
  for (const file of fs.readdirSync(consumers))
    fs.copyFileSync(path.join(consumers, file), path.join(folder, file));
  return folder;
}

/** @returns {string} a PATH with what every user of npm has, and no compiler */
function barePath() {
  const folder = path.join(scratch, "bin");
  fs.mkdirSync(folder);
  for (const name of ["node", "npm", "sh", "find", "mount"]) {
    const folders = (process.env.PATH ?? "").split(path.delimiter);
    const file = folders.map((one) => path.join(one, name)).find((one) => fs.existsSync(one));
    fs.symlinkSync(
      name === "node" ? process.execPath : fs.realpathSync(file ?? name),
      path.join(folder, name),
    );
  }
  return folder;
}

/** The file of the addon that a program in this folder uses. */
function usedAddon(/** @type {Machine} */ machine) {
  return path.relative(machine.folder, succeed(machine, "node", "cjs.cjs").trim());
}

/** @type {Map<string, string | undefined>} the checks made and what went wrong */
const results = new Map();

/**
 * @param {string} name
 * @param {() => void} work throws when it does not hold
 */
function check(name, work) {
  const start = performance.now();
  try {
    work();
    results.set(name, undefined);
  } catch (error) {
    results.set(name, error instanceof Error ? error.message : String(error));
  }
  const problem = results.get(name);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${problem === undefined ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (problem !== undefined) console.log(problem.replace(/^/gm, "       "));
}

const install = ["npm", "install", "--prefer-offline", "--no-audit", "--no-fund"];

/** (a) The platform package beside the main one, no install script, no compiler, no OpenBLAS. */
function prebuilt(/** @type {string} */ main, /** @type {string} */ platform, /** @type {string} */ bare) {
  const machine = { folder: emptyFolder("prebuilt"), path: bare, hideOpenBlas: true };
  check("prebuilt: OpenBLAS and compilers are out of reach", () => {
    const script = `for (const tool of ["g++", "c++", "cmake", "make", "ninja"])
      if (require("node:child_process").spawnSync(tool).error === undefined) throw new Error(tool);
      let loaded = true;
      try { process.dlopen({ exports: {} }, process.argv[1]); } catch { loaded = false; }
      if (loaded) throw new Error("the addon that needs libopenblas loads");`;
    succeed(machine, "node", "-e", script, path.join(root, "build", "Release", "addon.node"));
  });
  check("prebuilt: npm install --ignore-scripts", () => {
    // Nothing is published: the optional dependency is answered with the tarball.
    const overrides = { "@fedmtl/linux-x64": `file:${platform}` };
    const manifest = { name: "user", private: true, type: "module", overrides };
    fs.writeFileSync(path.join(machine.folder, "package.json"), JSON.stringify(manifest));
    succeed(machine, ...install, "--ignore-scripts", main);
  });
  check("prebuilt: require", () => {
    const used = usedAddon(machine);
    assert(used === path.join("node_modules", "@fedmtl", "linux-x64", "addon.node"), `${used} was loaded`);
  });
  check("prebuilt: import", () => succeed(machine, "node", "esm.mjs"));
  check("prebuilt: worker", () => succeed(machine, "node", "worker.mjs"));
  check("prebuilt: command line", () => {
    succeed(machine, path.join("node_modules", ".bin", "fedmtl"), "--version");
  });
  for (const [name, extension, ...options] of [
    ["nodenext, ES module", "mts", "--module", "nodenext"],
    ["nodenext, CommonJS", "cts", "--module", "nodenext"],
    ["bundler", "ts", "--module", "esnext", "--moduleResolution", "bundler"],
  ]) {
    check(`prebuilt: TypeScript, ${name}`, () => {
      const source = `typed.${extension}`;
      if (extension !== "ts")
        fs.renameSync(path.join(machine.folder, "typed.ts"), path.join(machine.folder, source));
      const strict = ["--strict", "--skipLibCheck", "false", "--target", "es2022", "--lib", "es2022,dom"];
      succeed(machine, "node", tsc, ...strict, "--types", "", "--outDir", "out", ...options, source);
      succeed(machine, "node", path.join("out", source.replace("ts", "js")));
      if (extension !== "ts")
        fs.renameSync(path.join(machine.folder, source), path.join(machine.folder, "typed.ts"));
    });
  }
  check("prebuilt: a platform package of another version is refused", () => {
    const manifest = path.join(machine.folder, "node_modules", "@fedmtl", "linux-x64", "package.json");
    const text = fs.readFileSync(manifest, "utf8");
    fs.writeFileSync(manifest, text.replace(/"version": ".*"/, '"version": "0.0.0-other"'));
    const { status, output } = run(machine, ["node", "cjs.cjs"]);
    assert(status === 1 && output.includes("versions must be equal"), output);
    fs.writeFileSync(manifest, text);
  });
  check("prebuilt: one that cannot load says what to do", () => {
    const folder = path.join(machine.folder, "node_modules", "@fedmtl", "linux-x64");
    fs.writeFileSync(path.join(folder, "addon.node"), "not an addon");
    const { status, output } = run(machine, ["node", "cjs.cjs"]);
    assert(status === 1 && /does not load .*npm install --omit=optional/.test(output), output);
    succeed(machine, ...install, "--omit=optional", "--ignore-scripts");
    assert(!fs.existsSync(folder), "npm install --omit=optional keeps the platform package");
  });
}

/** (b) No platform package: the install script builds. */
function fromSource(/** @type {string} */ main) {
  const machine = { folder: emptyFolder("source") };
  check("from source: npm install", () => succeed(machine, ...install, "--omit=optional", main));
  check("from source: require", () => {
    const used = usedAddon(machine);
    assert(
      used === path.join("node_modules", "fedmtl", "build", "Release", "addon.node"),
      `${used} was loaded`,
    );
  });
  check("from source: import", () => succeed(machine, "node", "esm.mjs"));
  check("from source: an addon that cannot load says why", () => {
    const { status, output } = run({ ...machine, hideOpenBlas: true }, ["node", "cjs.cjs"]);
    assert(status === 1 && /does not load .*libopenblas/.test(output), output);
    assert(output.includes("apt-get install libopenblas0"), output);
  });
}

/**
 * An installation that cannot build: status 1 and one message.
 * @param {Machine} machine
 * @param {string} main
 * @param {string} apt the packages that the message names for apt
 */
function refusesToBuild(machine, main, apt) {
  const { status, output } = run(machine, [...install, "--omit=optional", main]);
  assert(status === 1, `npm install ended with ${status}:\n${output}`);
  assert(output.split("the native addon was not built").length === 2, `not one message:\n${output}`);
  assert(output.includes(`apt-get install -y ${apt}\n`), `no remedy for ${apt}:\n${output}`);
}

/** (c) What a build needs is missing. */
function withoutMeans(/** @type {string} */ main, /** @type {string} */ bare) {
  check("without OpenBLAS: one message says what to install", () => {
    refusesToBuild({ folder: emptyFolder("no-openblas"), hideOpenBlas: true }, main, "libopenblas-dev");
  });
  check("without a compiler: one message says what to install", () => {
    const machine = { folder: emptyFolder("no-compiler"), path: bare, hideOpenBlas: true };
    refusesToBuild(machine, main, "g++ make cmake libopenblas-dev libeigen3-dev");
  });
  check("without any addon: the error lists the remedies", () => {
    const machine = { folder: emptyFolder("no-addon") };
    succeed(machine, ...install, "--omit=optional", "--ignore-scripts", main);
    const { status, output } = run(machine, ["node", "cjs.cjs"]);
    assert(status === 1 && output.includes("the native part of fedmtl is missing"), output);
    for (const remedy of ["--omit=optional", "npm rebuild fedmtl", "npm run build", "docs/install.md"]) {
      assert(output.includes(remedy), `no ${remedy} in:\n${output}`);
    }
  });
}

try {
  /** @type {{ main: string, platform: string } | undefined} */
  let tarballs;
  check("packages: built and packed", () => {
    tarballs = makeTarballs();
  });
  if (tarballs !== undefined) {
    const { main, platform } = tarballs;
    check("packages: publint and attw", () => checkPackage(main));
    const bare = barePath();
    prebuilt(main, platform, bare);
    fromSource(main);
    withoutMeans(main, bare);
  }
} finally {
  fs.rmSync(scratch, { recursive: true, force: true });
}
const failed = [...results.values()].filter((problem) => problem !== undefined).length;
console.log(`${results.size - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
