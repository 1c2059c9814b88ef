/**
 * Writing files so that a reader sees the old content or the new content, never a part: everything goes to a
 * temporary name in the same folder, is synced to the disk, and takes the final name in one step.
 */
import { type FileHandle, chmod, mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { FedmtlError } from "./errors.js";
import { crypto } from "./on_demand.js";

/** System error codes in plain words. */
const causesInWords: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EBUSY: "it is in use",
  EDQUOT: "the disk quota is used up",
  EEXIST: "it exists already",
  EFBIG: "it would be too large for the file system",
  EIO: "the disk reported an error",
  EISDIR: "it is a folder",
  ELOOP: "its symbolic links form a loop",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENFILE: "too many files are open on this system",
  ENOENT: "no such file or folder",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is not a folder",
  EPERM: "permission denied",
  EPIPE: "the reader has gone away",
  EROFS: "the file system is read-only",
};

/**
 * The error for a file operation that the system refused: `cannot write "a/b": the disk is full`.
 *
 * @param action what was tried, as a verb: `read`, `write`
 * @param path the file
 * @param cause what was thrown; a FedmtlError is returned as it is
 */
export function ioError(action: string, path: string, cause: unknown): FedmtlError {
  if (cause instanceof FedmtlError) {
    return cause;
  }
  const code = systemCode(cause);
  const message = cause instanceof Error ? cause.message : String(cause);
  const reason = code === undefined ? message : (causesInWords[code] ?? message);
  return new FedmtlError("IO", `cannot ${action} ${JSON.stringify(path)}: ${reason}`, { cause });
}

/**
 * Reads a whole file, as readFile does but without its limit of 2 GiB.
 *
 * @param path the file
 * @throws FedmtlError IO naming the path and the cause
 */
export async function readWholeFile(path: string): Promise<Uint8Array> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const found = await handle.stat();
    if (!found.isFile()) {
      return await handle.readFile(); // a pipe has no size
    }
    const bytes = Buffer.allocUnsafeSlow(found.size);
    let length = 0;
    for (let read = 1; read > 0 && length < bytes.length; length += read) {
      read = (await handle.read(bytes, length, Math.min(bytes.length - length, 1 << 30))).bytesRead;
    }
    return bytes.subarray(0, length);
  } catch (cause) {
    throw ioError("read", path, cause);
  } finally {
    await handle?.close();
  }
}

/**
 * Makes a folder, and those it is in, unless they are there. Not by `mkdir` with `recursive`, which never ends where the
 * system answers ENOENT for a folder whose parent exists, as below /proc.
 *
 * @throws the system's error
 */
export async function makeFolder(path: string): Promise<void> {
  const full = resolve(path);
  try {
    await mkdir(full);
  } catch (cause) {
    const code = systemCode(cause);
    if (code === "EEXIST") {
      if ((await stat(full)).isDirectory()) {
        return;
      }
      throw new Error("it is a file, not a folder", { cause });
    }
    if (code !== "ENOENT" || (await isFolder(dirname(full)))) {
      throw cause;
    }
    await makeFolder(dirname(full));
    await mkdir(full);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/**
 * Writes a whole file in one step.
 *
 * @param path the file; a symbolic link is followed, a device or pipe is written in place
 * @param bytes the new content; a string is written as UTF-8, parts one after the other
 * @throws FedmtlError IO naming the path and the cause; the old content is then untouched
 */
export async function writeFileAtomic(
  path: string,
  bytes: Uint8Array | string | readonly Uint8Array[],
): Promise<void> {
  const parts = typeof bytes === "string" || bytes instanceof Uint8Array ? [bytes] : bytes;
  await writeAtomically(path, async (handle) => {
    for (const part of parts) {
      await handle.writeFile(part);
    }
  });
}

/**
 * As `writeFileAtomic`, for content that is made while it is written.
 *
 * @param path the file
 * @param write writes the content to the open file given, which it must leave open
 * @throws FedmtlError IO naming the path and the cause where the system refused, else what `write` throws;
 *   the old content is then untouched and the temporary file is gone
 */
export async function writeAtomically(
  path: string,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  try {
    const target = await resolveTarget(path);
    if (target.kind === "special") {
      await withHandle(path, "w", write);
    } else {
      await replaceFile(target.path, target.mode, write);
    }
  } catch (cause) {
    throw systemCode(cause) === undefined ? cause : ioError("write", path, cause);
  }
}

type Target =
  | { readonly kind: "special" }
  | { readonly kind: "file"; readonly path: string; readonly mode: number | undefined };

/** Finds the real file behind the path; a device or a pipe cannot be replaced by a rename. */
async function resolveTarget(path: string): Promise<Target> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) {
      throw Object.assign(new Error(`${path} is a folder`), { code: "EISDIR" });
    }
    return found.isFile()
      ? { kind: "file", path: await realpath(path), mode: found.mode & 0o777 }
      : { kind: "special" };
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") {
      return { kind: "file", path, mode: undefined };
    }
    throw cause;
  }
}

async function replaceFile(
  path: string,
  mode: number | undefined,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(
    folder,
    `.${basename(path).slice(0, 60)}.${crypto().randomBytes(6).toString("hex")}.tmp`,
  );
  try {
    await withHandle(temporary, "wx", async (handle) => {
      await write(handle);
      await handle.sync();
    });
    if (mode !== undefined) {
      await chmod(temporary, mode);
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
  await syncFolder(folder);
}

async function withHandle(
  path: string,
  flags: string,
  use: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(path, flags);
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}

/** Makes the new name itself survive a power cut, on the systems and file systems that know how to. */
async function syncFolder(folder: string): Promise<void> {
  try {
    await withHandle(folder, "r", (handle) => handle.sync());
  } catch (cause) {
    // Windows cannot open a folder, network file systems may not sync one, and a folder may be writable but
    // not readable. The file is complete and in place, so these are no failure.
    if (!["EACCES", "EINVAL", "EISDIR", "ENOTSUP", "EPERM"].includes(systemCode(cause) ?? "")) {
      throw cause;
    }
  }
}

function systemCode(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
}
