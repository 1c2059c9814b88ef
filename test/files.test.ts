// Atomic writing: the old content or the new, no leftovers, and errors in plain words.
import { execFileSync } from "node:child_process";
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FedmtlError } from "../dist/errors.js";
import { ioError, makeFolder, readWholeFile, writeAtomically, writeFileAtomic } from "../dist/files.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fedmtl-files-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("makeFolder", () => {
  it("makes a folder with those it is in, and takes one that is there", async () => {
    const path = join(folder, "a", "b", "c");
    await makeFolder(path);
    await makeFolder(path);
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  it("does not take a file for a folder", async () => {
    const path = join(folder, "file");
    await writeFile(path, "");
    await expect(makeFolder(path)).rejects.toThrow(/it is a file, not a folder/);
    await expect(makeFolder(join(path, "below"))).rejects.toThrow(/ENOTDIR/);
  });

  it.runIf(process.platform === "linux")("ends where the system knows no such folder", async () => {
    await expect(makeFolder("/proc/nothing")).rejects.toThrow(/ENOENT/);
    await expect(makeFolder("/proc/nothing/below")).rejects.toThrow(/ENOENT/);
  });
});

describe("writeFileAtomic", () => {
  it("writes bytes and text, new or over an old file, and leaves nothing else", async () => {
    const path = join(folder, "file");
    await writeFileAtomic(path, Uint8Array.of(1, 2, 3));
    expect([...(await readFile(path))]).toEqual([1, 2, 3]);
    await writeFileAtomic(path, "Größe");
    expect(await readFile(path, "utf8")).toBe("Größe");
    expect(await readdir(folder)).toEqual(["file"]);
  });

  it("replaces the file and does not write into it: another link keeps the old content", async () => {
    const [path, other] = [join(folder, "file"), join(folder, "other")];
    await writeFile(path, "old");
    await link(path, other);
    await writeFileAtomic(path, "new");
    expect(await readFile(other, "utf8")).toBe("old");
  });

  it.skipIf(process.platform === "win32")("keeps the permissions of the file it replaces", async () => {
    const path = join(folder, "file");
    await writeFile(path, "old");
    await chmod(path, 0o640);
    await writeFileAtomic(path, "new");
    expect((await stat(path)).mode & 0o777).toBe(0o640);
  });

  it.skipIf(process.platform === "win32")("follows a symbolic link", async () => {
    const [path, target] = [join(folder, "link"), join(folder, "target")];
    await writeFile(target, "old");
    await symlink("target", path);
    await writeFileAtomic(path, "new");
    expect(await readFile(target, "utf8")).toBe("new");
    expect(await readlink(path)).toBe("target");
  });

  it.skipIf(process.platform === "win32")("writes a device in place", async () => {
    await writeFileAtomic("/dev/null", "gone");
    expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
  });

  it("takes a name as long as the file system does", async () => {
    const path = join(folder, "n".repeat(250));
    await writeFileAtomic(path, "long");
    expect(await readFile(path, "utf8")).toBe("long");
  });

  it("names the path and the cause", async () => {
    const missing = join(folder, "missing", "file");
    await expect(writeFileAtomic(missing, "x")).rejects.toThrow(
      expect.objectContaining({
        code: "IO",
        message: `cannot write ${JSON.stringify(missing)}: no such file or folder`,
      }),
    );
    await mkdir(join(folder, "sub"));
    await expect(writeFileAtomic(join(folder, "sub"), "x")).rejects.toThrow(/it is a folder/);
    await writeFile(join(folder, "file"), "x");
    await expect(writeFileAtomic(join(folder, "file", "below"), "x")).rejects.toThrow(/not a folder/);
  });
});

describe("readWholeFile", () => {
  it("reads what was written, in parts or whole", async () => {
    const path = join(folder, "file");
    await writeFileAtomic(path, [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)]);
    expect([...(await readWholeFile(path))]).toEqual([1, 2, 3]);
    await writeFileAtomic(path, "");
    expect(await readWholeFile(path)).toHaveLength(0);
  });

  it("reads a pipe, which has no size", async () => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    const [bytes] = await Promise.all([readWholeFile(path), writeFile(path, "through a pipe")]);
    expect(Buffer.from(bytes).toString()).toBe("through a pipe");
  });

  it("names the path and the cause", async () => {
    await expect(readWholeFile(join(folder, "none"))).rejects.toThrow(/cannot read ".*none": no such file/);
    await expect(readWholeFile(folder)).rejects.toThrow(/cannot read ".*": it is a folder/);
  });
});

describe("writeAtomically", () => {
  it("keeps the old content and removes the temporary file when writing fails half-way", async () => {
    const path = join(folder, "file");
    await writeFile(path, "old");
    const failure = new FedmtlError("ABORTED", "stopped");
    const run = writeAtomically(path, async (handle) => {
      await handle.write("half");
      throw failure;
    });
    await expect(run).rejects.toBe(failure);
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["file"]);
  });

  it("shows nothing under the name before everything is written", async () => {
    const path = join(folder, "file");
    await writeFile(path, "old");
    await writeAtomically(path, async (handle) => {
      await handle.write("new");
      expect(await readFile(path, "utf8")).toBe("old");
    });
    expect(await readFile(path, "utf8")).toBe("new");
  });
});

describe("ioError", () => {
  it("puts system codes in words and keeps the cause", () => {
    const cause = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    const error = ioError("write", "a b", cause);
    expect(error.message).toBe('cannot write "a b": the disk is full');
    expect(error.cause).toBe(cause);
  });

  it("returns an error of the package as it is", () => {
    const error = new FedmtlError("BAD_MODEL", "damaged");
    expect(ioError("read", "x", error)).toBe(error);
  });
});
