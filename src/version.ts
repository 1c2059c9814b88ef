/** The version of this package, from the one place that states it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const packageJson = JSON.parse(readFileSync(join(__dirname, "..", "package.json"), "utf8")) as {
  version: string;
};

/** `major.minor.patch` */
export const version: string = packageJson.version;
