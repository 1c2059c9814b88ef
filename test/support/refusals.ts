// How tests state that something is refused: one sentence, with the right code or exit code.
import { expect } from "vitest";
import { fedmtl } from "../cli/support.js";

/** The error that a call throws or rejects with. */
export async function errorOf(call: () => unknown): Promise<Error & { code?: string }> {
  try {
    await call();
  } catch (error) {
    return error as Error & { code?: string };
  }
  throw new Error("nothing was thrown");
}

export async function expectError(call: () => unknown, code: string, message: RegExp): Promise<void> {
  const error = await errorOf(call);
  expect(error.message).toMatch(message);
  expect(error.message).not.toMatch(/\n/);
  expect(error.code, error.message).toBe(code);
}

/** Runs the program, which must refuse in one sentence; a usage error also points to the help. */
export async function expectRefusal(args: readonly string[], code: 2 | 3, message: RegExp): Promise<void> {
  const ended = await fedmtl(...args);
  expect(ended.stderr).toMatch(message);
  expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code, stdout: "" });
  expect(ended.stderr).toMatch(code === 2 ? /^fedmtl: .+\nfedmtl: see .+\n$/ : /^fedmtl: .+\n$/);
}

/** A copy of the bytes with one bit of one byte turned. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x10;
  return copy;
}
