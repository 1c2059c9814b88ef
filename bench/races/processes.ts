/**
 * Contenders run as processes of their own, one at a time, timed from outside.
 */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

export const root = resolve(__dirname, "..", "..");

/** How to start a process. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What a process did. */
export interface Finished {
  /** From before it was started until it had ended. */
  readonly seconds: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a process to its end.
 *
 * @throws Error with what it printed if it failed
 */
export function runProcess({ program, args, env }: Command): Finished {
  const start = performance.now();
  const done = spawnSync(program, args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1 << 28,
    env: { ...process.env, ...env },
  });
  const seconds = (performance.now() - start) / 1000;
  if (done.status !== 0) {
    const why = done.error?.message ?? `status ${done.status}, signal ${done.signal}`;
    throw new Error(`${program} ${args.join(" ")} failed: ${why}\n${done.stdout}${done.stderr}`);
  }
  return { seconds, stdout: done.stdout, stderr: done.stderr };
}

/** The cost of Node itself, which fedmtl pays and a native program does not. */
export const emptyNode: Command = { program: process.execPath, args: ["-e", "0"] };
