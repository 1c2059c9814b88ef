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

async function jsonIn(folder: string): Promise<string[]> {
  const names = await namesIn(folder);
  return names.filter((name) => name.endsWith(".json")).map((name) => join(folder, name));
}

/** The files of LEAF: the path itself, or the .json files in the folder, or else those in its train and test folders. */
export async function leafFilesOf(path: string): Promise<string[]> {
  if (!(await isFolder(path))) {
    return [path];
  }
  const own = await jsonIn(path);
  if (own.length > 0) {
    return own;
  }
  const names = await namesIn(path);
  const parts = ["train", "test"].filter((part) => names.includes(part)).map((part) => join(path, part));
  const files: string[] = [];
  for (const part of parts) {
    files.push(...((await isFolder(part)) ? await jsonIn(part) : []));
  }
  return files;
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
  if ((await leafFilesOf(path)).length > 0) {
    return "leaf";
  }
  // Any other folder is refused as one by whoever opens it.
  const names = await namesIn(path);
  return names.includes("X_train.txt") || names.includes("train") ? "har" : undefined;
}
