// Runs the built program as a user does, in a process of its own.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";

/** The built program. */
export const program = resolve(__dirname, "..", "..", "dist", "cli", "main.js");

/** How a run of the program ended. */
export interface Ended {
  /** The exit code; null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the program; `ended` resolves when it is over. */
export function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [program, ...args], { env: { ...process.env, ...environment } });
  const text = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text.stderr += chunk;
  });
  const ended = new Promise<Ended>((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => done({ code, ...text }));
  });
  return { child, ended };
}

/** Runs the program to its end. */
export function fedmtl(...args: readonly string[]): Promise<Ended> {
  return start(args).ended;
}

/** Runs the program, which must succeed, and reads its stdout, which must be one JSON object on one line. */
export async function fedmtlJson(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await fedmtl(...args, "--json");
  if (code !== 0 || !/^\{[^\n]*\}\n$/.test(stdout)) {
    throw new Error(`fedmtl ${args.join(" ")}: exit code ${code}, stdout ${stdout}, stderr ${stderr}`);
  }
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** A folder for the files of a test file, removed at its end; returns the paths in it. */
export function makeFolder(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "fedmtl-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

/** Generates a small data set. */
export async function generate(path: string, ...flags: readonly string[]): Promise<void> {
  await fedmtlJson("generate", "--tasks", "6", "--cols", "12", "--clusters", "2", "--out", path, ...flags);
}
