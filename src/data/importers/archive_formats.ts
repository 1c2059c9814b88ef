/**
 * The forms in which the authors of federated and multi-task data publish them, told apart by name and, for folders, by what is
 * in them.
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ioError } from "../../files.js";

/** `har`: the folder of UCI HAR; `leaf`: JSON of LEAF, a file or a folder of them; `mat`: MATLAB 5 to 7.2. */
export const archiveFormats = ["har", "leaf", "mat"] as const;
/** One of {@link archiveFormats}. */
export type ArchiveFormat = (typeof archiveFormats)[number];

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw ioError("read", path, cause);
  }
}

/** Names in a folder, sorted. @throws FedmtlError IO */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    throw ioError("read", folder, cause);
  }
}

/** The files of a format: the path itself, or those of its ending in the folder. */
export async function filesOf(path: string, ending: string): Promise<string[]> {
  if (!(await isFolder(path))) {
    return [path];
  }
  return (await namesIn(path)).filter((name) => name.endsWith(ending)).map((name) => join(path, name));
}

/**
 * The format of an archive by its name, or of a folder by what is in it; undefined: none of these.
 *
 * @throws FedmtlError IO
 */
export async function archiveFormatOf(path: string): Promise<ArchiveFormat | undefined> {
  if (/\.mat$/i.test(path)) {
    return "mat";
  }
  if (/\.json$/i.test(path)) {
    return "leaf";
  }
  // Only a folder has to exist at this point; a file that does not is reported by whoever opens it.
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    return undefined;
  }
  const names = await namesIn(path);
  if (names.includes("X_train.txt") || names.includes("train")) {
    return "har";
  }
  // Any other folder is refused as one by whoever opens it.
  return names.some((name) => name.endsWith(".json")) ? "leaf" : undefined;
}
