/** The version of this package, from the one place that states it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "./package_root.js";

const packageJson = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
  version: string;
};

/** `major.minor.patch` */
export const version: string = packageJson.version;
