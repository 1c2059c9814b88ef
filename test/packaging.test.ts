// What the package consists of: which files npm would publish, and what package.json promises about them. That it
// installs and works is shown by scripts/install_matrix.cjs.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(__dirname, "..");

interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly os: readonly string[];
  readonly cpu: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly exports: Readonly<
    Record<string, string | Readonly<Record<string, Readonly<Record<string, string>>>>>
  >;
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
}

const manifest = manifestIn(".");

/** Paths of what `npm pack` would put into the tarball. */
function packedFiles(): string[] {
  // Without scripts: prepack would rebuild dist under the other tests.
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const output = execFileSync("npm", args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [packed] = JSON.parse(output) as [{ files: { path: string }[] }];
  return packed.files.map((file) => file.path);
}

/** Everything that may be published. */
const allowed = [
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|CMakeLists\.txt|binding\.gyp|docs\/install\.md)$/,
  /^dist\/[\w/]+\.(js|mjs|d\.ts|d\.mts)$/,
  /^(native|bindings)\/(?!test\/|fuzz\/)[\w/]+\.(cpp|hpp)$/,
  /^native\/sources\.gypi$/,
  /^scripts\/(install|native_build|system_packages)\.cjs$/,
];

describe("the tarball", () => {
  const files = packedFiles();

  test("holds nothing but what it is meant to hold", () => {
    expect(files.filter((file) => !allowed.some((pattern) => pattern.test(file)))).toEqual([]);
  });

  test("holds every source of the addon", () => {
    const sources = JSON.parse(readFileSync(join(root, "native", "sources.gypi"), "utf8")) as {
      variables: { core: string[]; bindings: string[] };
    };
    const { core, bindings } = sources.variables;
    expect([...core, ...bindings].filter((file) => !files.includes(file))).toEqual([]);
  });

  test("holds all that its install script requires", () => {
    const dependencies = Object.keys(manifest.dependencies);
    for (const script of files.filter((file) => file.startsWith("scripts/"))) {
      const text = readFileSync(join(root, script), "utf8");
      for (const [, name = ""] of text.matchAll(/require(?:\.resolve)?\("([^"]+)"/g)) {
        const known = name.startsWith("./")
          ? files.includes(`scripts/${name.slice(2)}`)
          : builtinModules.includes(name.replace("node:", "")) ||
            dependencies.includes(name.split("/")[0] ?? "");
        expect(known, `${script} requires ${name}`).toBe(true);
      }
    }
  });

  test("holds what every condition of every export names, types and code", () => {
    for (const [name, target] of Object.entries(manifest.exports)) {
      const paths =
        typeof target === "string" ? [target] : Object.values(target).flatMap(Object.values<string>);
      for (const path of paths) expect(files, `${name} names ${path}`).toContain(path.slice(2));
      if (typeof target !== "string") {
        expect(Object.values(target).map(Object.keys)).toEqual([
          ["types", "default"],
          ["types", "default"],
        ]);
      }
    }
  });
});

describe("platform packages", () => {
  const platforms = readdirSync(join(root, "npm"));

  test.each(platforms)("%s is named after the platform it is for", (platform) => {
    const { name, os, cpu } = manifestIn(join("npm", platform));
    expect(name).toBe(`@fedmtl/${platform}`);
    expect(`${os.join()}-${cpu.join()}`).toBe(platform);
  });

  test("are the ones that the package looks for", () => {
    const text = readFileSync(join(root, "src", "addon_file.ts"), "utf8");
    const [, list = ""] = /prebuiltPlatforms[^=]*= \[(.*)\]/.exec(text) ?? [];
    expect(list.match(/[\w-]+/g)).toEqual(platforms);
  });

  test("get version and dependants from the release script only", () => {
    expect(manifest.optionalDependencies).toBeUndefined();
    for (const platform of platforms) expect(manifestIn(join("npm", platform)).version).toBeUndefined();
  });
});

test("what builds the addon on a user's machine is a dependency, not a development dependency", () => {
  expect(Object.keys(manifest.dependencies)).toEqual(expect.arrayContaining(["cmake-js", "node-addon-api"]));
  expect(existsSync(join(root, "binding.gyp"))).toBe(true);
});
