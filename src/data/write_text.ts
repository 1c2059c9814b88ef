/**
 * Writes text that is made in chunks, gzipped where the file name ends in `.gz`; the file appears under its name only when
 * complete.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { writeAtomically } from "../files.js";

/** Characters a chunk should have at least, the last excepted: enough to make the number of writes unimportant. */
export const chunkLength = 1 << 18;

/** @throws FedmtlError IO where the file cannot be written, and what `chunks` throws. No file is left behind then. */
export async function writeText(path: string, chunks: Iterable<string>): Promise<void> {
  await writeAtomically(path, async (handle) => {
    // Every writeFile goes on where the last one ended, and waits for the disk before the next chunk is made.
    const write = async (source: AsyncIterable<Uint8Array>) => {
      for await (const chunk of source) {
        await handle.writeFile(chunk);
      }
    };
    const text = Readable.from(chunks, { objectMode: false });
    await (/\.gz$/i.test(path) ? pipeline(text, createGzip(), write) : pipeline(text, write));
  });
}
