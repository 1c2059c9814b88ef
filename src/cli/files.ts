/**
 * The files that several commands read and write.
 */
import { access, constants, open, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { FedmtlError } from "../errors.js";
import { ioError } from "../files.js";

/**
 * Checks before a long computation that its result can be written.
 *
 * @throws FedmtlError IO naming the file and what is in the way
 */
export async function checkWritable(path: string): Promise<void> {
  try {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() === true) {
      throw Object.assign(new Error(), { code: "EISDIR" });
    }
    await access(found === undefined || found.isFile() ? dirname(path) : path, constants.W_OK);
  } catch (cause) {
    throw ioError("write", path, cause);
  }
}

/**
 * Checks that no file to be written is also read, or written twice.
 *
 * @throws FedmtlError INVALID_OPTION naming the file
 */
export async function checkSeparate(
  read: readonly (string | undefined)[],
  written: readonly (string | undefined)[],
): Promise<void> {
  const identity = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));
  const taken = new Set<string>();
  for (const path of read) {
    if (path !== undefined) {
      taken.add(await identity(path));
    }
  }
  for (const path of written) {
    if (path === undefined) {
      continue;
    }
    const file = await identity(path);
    if (taken.has(file) && !file.startsWith("/dev/")) {
      throw new FedmtlError(
        "INVALID_OPTION",
        `${path} is also read, or written twice, by this command; write to another file`,
      );
    }
    taken.add(file);
  }
}

/** What a file holds, by its first bytes. */
export type Content = "data" | "model";

/**
 * Tells a model from data: a safetensors file starts with the length of its header, 8 bytes little-endian, and the
 * header with a brace; no text, gzip or MATLAB file does. A damaged one is told by its name. A folder can only be data.
 *
 * @throws FedmtlError IO, BAD_INPUT for an empty file
 */
export async function detectContent(path: string): Promise<Content> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) {
    return "data";
  }
  const start = await readStart(path, 9);
  if (start.length === 0) {
    throw new FedmtlError("BAD_INPUT", `${path}: found an empty file, expected data or a model`);
  }
  const longestHeader = 100_000_000n;
  const isNamedModel = /\.safetensors$/i.test(path);
  const isModel =
    isNamedModel || (start.length === 9 && start.readBigUInt64LE() <= longestHeader && start[8] === 0x7b);
  return isModel ? "model" : "data";
}

async function readStart(path: string, length: number): Promise<Buffer> {
  try {
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw ioError("read", path, cause);
  }
}
