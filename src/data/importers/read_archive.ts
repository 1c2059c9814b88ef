/**
 * Reads an archive of any of the formats; each reader is loaded where it is first used.
 */
import type { Precision, TaskSet } from "../task_set.js";
import type { ArchiveFormat } from "./archive_formats.js";

const har = (): typeof import("./har.js") => require("./har.js") as typeof import("./har.js");
const leaf = (): typeof import("./leaf.js") => require("./leaf.js") as typeof import("./leaf.js");
const mat = (): typeof import("./mat_tasks.js") =>
  require("./mat_tasks.js") as typeof import("./mat_tasks.js");

/** @throws FedmtlError BAD_INPUT with the file and the place; IO */
export function readArchive(path: string, format: ArchiveFormat, precision: Precision): Promise<TaskSet> {
  switch (format) {
    case "har":
      return har().readHar(path, precision);
    case "leaf":
      return leaf().readLeaf(path, precision);
    case "mat":
      return mat().readMat(path, precision);
  }
}
