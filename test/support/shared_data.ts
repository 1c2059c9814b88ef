// The real data sets in ../shared/data, which the project must not ship. A clone without them reports the tests
// that need them as skipped; under CI=true a missing file fails those tests instead.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "vitest";

const folder = resolve(__dirname, "..", "..", "..", "shared", "data");

/**
 * Finds one of the shared data files.
 *
 * @param name - file name, for example "landmine.svm.gz"
 * @returns its absolute path, or undefined on a clone without the shared data
 */
export function sharedData(name: string): string | undefined {
  const path = resolve(folder, name);
  return existsSync(path) ? path : undefined;
}

/**
 * A `describe` whose tests need shared data files.
 *
 * @param title - of the group
 * @param names - files that it needs
 * @param define - defines the tests; receives the absolute paths, in the order of `names`
 */
export function describeWithData<const Names extends readonly string[]>(
  title: string,
  names: Names,
  define: (...paths: { [Index in keyof Names]: string }) => void,
): void {
  const missing = names.filter((name) => sharedData(name) === undefined);
  if (missing.length === 0) {
    const paths = names.map((name) => resolve(folder, name)) as { [Index in keyof Names]: string };
    describe(title, () => define(...paths));
  } else {
    it.runIf(process.env.CI === "true")(`${title}: needs ${missing.join(", ")} in ../shared/data`, () => {
      throw new Error(`CI must have ${missing.join(", ")} in ${folder}.`);
    });
  }
}
