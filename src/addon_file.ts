/**
 * Where the compiled addon is. Two places, in this order:
 *
 * 1. the platform package (npm/ in the repository): prebuilt, OpenBLAS inside, installed by npm as an optional
 *    dependency where its `os`, `cpu` and `libc` fit;
 * 2. build/Release of this package: built on this machine by scripts/install.cjs or `npm run build`.
 *
 * The first that is there is the one that must load: the other is never tried in its place, because it may be
 * another version or another OpenBLAS with other bits in its results.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { FedmtlError } from "./errors.js";
import { packageRoot } from "./package_root.js";
import { version } from "./version.js";

/** Platforms that have a platform package; the folders of npm/. */
const prebuiltPlatforms: readonly string[] = ["linux-x64"];

const platform = `${process.platform}-${process.arch}`;
const platformPackage = prebuiltPlatforms.includes(platform) ? `@fedmtl/${platform}` : undefined;
const builtHere = join(packageRoot, "build", "Release", "addon.node");

const buildNeeds = "a C++20 compiler, cmake, make or ninja, and OpenBLAS";
const seeAlso = 'docs/install.md, "If it does not load", tells more';

/** An addon and what a user can do if it does not load. */
export interface AddonFile {
  readonly path: string;
  readonly remedies: string;
}

/** The path of package.json in the installed platform package, undefined where there is none. */
function platformManifest(): string | undefined {
  if (platformPackage === undefined) {
    return undefined;
  }
  try {
    return require.resolve(`${platformPackage}/package.json`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") {
      return undefined;
    }
    throw error;
  }
}

/** The addon of the platform package in the folder of `manifest`. */
function prebuilt(manifest: string): AddonFile {
  const installed = (require(manifest) as { version: string }).version;
  if (installed !== version) {
    throw new FedmtlError(
      "INTERNAL",
      `${platformPackage} ${installed} was found beside fedmtl ${version}, but their versions must be equal; remove ` +
        `node_modules and the lock file's entry of ${platformPackage}, and install again`,
    );
  }
  return {
    path: join(dirname(manifest), "addon.node"),
    remedies:
      "it needs glibc 2.34 and the libstdc++ of GCC 12, or later; to build it on this machine instead, run " +
      `"npm install --omit=optional" and "npm rebuild fedmtl", which needs ${buildNeeds}; ${seeAlso}`,
  };
}

/**
 * @returns the addon to load
 * @throws FedmtlError `INTERNAL` when there is none, or when the platform package is of another version
 */
export function addonFile(): AddonFile {
  const manifest = platformManifest();
  if (manifest !== undefined) {
    return prebuilt(manifest);
  }
  if (existsSync(builtHere)) {
    return {
      path: builtHere,
      remedies:
        "if libopenblas is named, install OpenBLAS (apt-get install libopenblas0); otherwise build the addon anew on " +
        `this machine with "npm rebuild fedmtl", or "npm run build" in a clone; ${seeAlso}`,
    };
  }
  const [lack, bring] =
    platformPackage === undefined
      ? ["", ""]
      : [
          `no package ${platformPackage} and `,
          `install without --omit=optional to get ${platformPackage}, or `,
        ];
  throw new FedmtlError(
    "INTERNAL",
    `the native part of fedmtl is missing: there is ${lack}no ${builtHere}; ${bring}build it with "npm rebuild fedmtl", ` +
      `or "npm run build" in a clone, which needs ${buildNeeds}; ${seeAlso}`,
  );
}
