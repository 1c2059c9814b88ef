/**
 * Modules that take milliseconds to load and that many processes never need: loaded where they are first used. By
 * `require`, because `import()` would start the loader of ES modules for them.
 */

/** The matrix package, for results and for matrices that users give. */
export const mlMatrix = (): typeof import("ml-matrix") => require("ml-matrix") as typeof import("ml-matrix");

export const crypto = (): typeof import("node:crypto") =>
  require("node:crypto") as typeof import("node:crypto");

export const zlib = (): typeof import("node:zlib") => require("node:zlib") as typeof import("node:zlib");

/** Whether a value is a Matrix; the package's own test, without loading it: whoever has a Matrix has loaded it. */
export function isMatrix(value: unknown): value is import("ml-matrix").Matrix {
  return (value as { klass?: unknown } | null | undefined)?.klass === "Matrix";
}
