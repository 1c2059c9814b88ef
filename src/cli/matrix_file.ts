/**
 * The file of `--omega` and `--sigma`: a square matrix over tasks.
 */
import { readFile } from "node:fs/promises";
import type { Matrix } from "ml-matrix";
import { FedmtlError } from "../errors.js";
import { ioError } from "../files.js";
import { native } from "../native.js";
import { mlMatrix } from "../on_demand.js";

/** Reads a square matrix of numbers, as text with commas or spaces. @throws FedmtlError IO; BAD_INPUT naming the file */
export async function readMatrix(path: string): Promise<Matrix> {
  let text: Uint8Array;
  try {
    text = await readFile(path);
  } catch (cause) {
    throw ioError("read", path, cause);
  }
  const { rows, cols, values } = native.parseMatrix(path, text);
  if (rows !== cols) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${path}: found ${rows} rows of ${cols} numbers, expected a square matrix`,
    );
  }
  return mlMatrix().Matrix.from1DArray(rows, cols, values);
}
