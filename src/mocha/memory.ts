/**
 * What a training needs at least, against what the machine has: where memory is overcommitted an allocation succeeds and the
 * process is killed when it is used.
 */
import { totalmem } from "node:os";
import { FedmtlError } from "../errors.js";

const bytesPerNumber = 8;
const bytesPerGigabyte = 1e9;

/** Bytes of the machine, or of the container around this process if that is less. */
function memoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}

const gigabytes = (bytes: number): string =>
  `${(bytes / bytesPerGigabyte).toLocaleString("en-US", { maximumSignificantDigits: 3 })} GB`;

/**
 * Refuses a training whose vectors alone are larger than the machine: V, its proposal and, with momentum, V before the last
 * round, each m × d.
 *
 * @param tasks m
 * @param cols d
 * @throws FedmtlError OUT_OF_MEMORY
 */
export function requireMemory(tasks: number, cols: number, momentum: boolean): void {
  const needed = bytesPerNumber * tasks * cols * (momentum ? 3 : 2);
  const present = memoryBytes();
  if (needed > present) {
    throw new FedmtlError(
      "OUT_OF_MEMORY",
      `models of ${tasks.toLocaleString("en-US")} tasks with ${cols.toLocaleString("en-US")} features take at least ` +
        `${gigabytes(needed)}, and there are ${gigabytes(present)}; see whether the largest feature index is meant, ` +
        "number the features anew, or train fewer tasks at a time",
    );
  }
}
