/**
 * Exit codes, and errors as the command line shows them.
 */
import { FedmtlError, type FedmtlErrorCode } from "../errors.js";
import { printable } from "./terminal.js";

/** What the program's exit code says. */
export const exitCodes = {
  done: 0,
  /** A fault of the program, or of the machine while it ran. */
  failed: 1,
  /** The command line cannot be understood. */
  usage: 2,
  /** A file cannot be read or written, or does not hold what it should. */
  badInput: 3,
  /** With --require-convergence: the budget ran out first. */
  notConverged: 4,
  interrupted: 130,
} as const;

/** The codes of FedmtlError; RangeErrors and TypeErrors of the addon carry INVALID_ARGUMENT. */
const exitCodeOfError: Readonly<Record<string, number>> = {
  INVALID_OPTION: exitCodes.usage,
  BAD_INPUT: exitCodes.badInput,
  BAD_MODEL: exitCodes.badInput,
  INVALID_ARGUMENT: exitCodes.badInput,
  IO: exitCodes.badInput,
  UNKNOWN_TASK: exitCodes.badInput,
  ABORTED: exitCodes.interrupted,
};

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "INTERNAL";
}

/** The exit code for an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  return exitCodeOfError[codeOf(error)] ?? exitCodes.failed;
}

/** Codes of errors that are about data, whose messages name the file once the file is known. */
const codesOfData = ["BAD_INPUT", "INVALID_ARGUMENT", "UNKNOWN_TASK"];

/** The error with the name of the file that it is about in front of its message; errors of another kind as they are. */
export function aboutFile(path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (!(error instanceof Error) || !codesOfData.includes(code) || error.message.startsWith(path)) {
    return error;
  }
  return new FedmtlError(code as FedmtlErrorCode, `${path}: ${error.message}`, { cause: error });
}

/** Runs an action on what a file holds; its errors name the file. */
export async function withFile<T>(path: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw aboutFile(path, error);
  }
}

/**
 * Shows an error on stderr: one line, with the stack only if FEDMTL_DEBUG=1.
 *
 * @param command the command given, if any: usage errors point to its help
 */
export function report(error: unknown, command: string | undefined): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`fedmtl: ${printable(message)}\n`);
  if (process.env.FEDMTL_DEBUG === "1") {
    process.stderr.write(`${error instanceof Error ? error.stack : ""}\n`);
  } else if (exitCodeOf(error) === exitCodes.usage) {
    const known = command !== undefined && /^[a-z]+$/.test(command) && !message.startsWith("unknown command");
    process.stderr.write(`fedmtl: see "fedmtl ${known ? `${command} ` : ""}--help"\n`);
  } else if (exitCodeOf(error) === exitCodes.failed) {
    process.stderr.write("fedmtl: FEDMTL_DEBUG=1 shows where this happened\n");
  }
}
