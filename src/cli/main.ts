#!/usr/bin/env node
/**
 * The program `fedmtl`: finds the command, runs it, and turns its end into an exit code. Command modules are loaded when
 * they are asked for, so that `--version` and mistakes cost no more than starting Node.
 */
import { type CommandEntry, findCommand, type Program } from "./arguments.js";
import { ioError } from "../files.js";
import { exitCodeOf, exitCodes, report } from "./failures.js";
import type { RunnableCommand } from "./runnable.js";
import { summaries } from "./summaries.js";

interface LazyCommand extends CommandEntry {
  /** Loads the command's module. */
  load(): Promise<{ readonly command: RunnableCommand }>;
}

const program: Program<LazyCommand> = {
  name: "fedmtl",
  summary: "federated multi-task learning with certified results",
  commands: [
    { name: "train", summary: summaries.train, load: () => import("./commands/train.js") },
    { name: "cv", summary: summaries.cv, load: () => import("./commands/cv.js") },
    { name: "add", summary: summaries.add, load: () => import("./commands/add.js") },
    { name: "predict", summary: summaries.predict, load: () => import("./commands/predict.js") },
    { name: "evaluate", summary: summaries.evaluate, load: () => import("./commands/evaluate.js") },
    { name: "inspect", summary: summaries.inspect, load: () => import("./commands/inspect.js") },
    { name: "convert", summary: summaries.convert, load: () => import("./commands/convert.js") },
    { name: "generate", summary: summaries.generate, load: () => import("./commands/generate.js") },
  ],
};

/** Runs the program. @returns the exit code */
async function run([name, ...given]: readonly string[]): Promise<number> {
  if (name === "--version") {
    const { version } = await import("../version.js");
    process.stdout.write(`${version}\n`);
    return exitCodes.done;
  }
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const { programHelp } = await import("./help.js");
    const asked = name !== undefined;
    (asked ? process.stdout : process.stderr).write(programHelp(program));
    return asked ? exitCodes.done : exitCodes.usage;
  }
  const { load } = findCommand(program, name);
  const { command } = await load();
  return await command.execute(program, given);
}

/** A reader that has seen enough, as in `fedmtl predict … | head`, is no failure; a full disk is one. */
function leaveWithoutOutput(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") {
    process.exit();
  }
  report(ioError("write", "stdout", error), undefined);
  process.exit(exitCodes.badInput);
}

process.stdout.on("error", leaveWithoutOutput);
process.stderr.on("error", () => process.exit());

const given = process.argv.slice(2);
run(given).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    report(error, given[0]);
    process.exitCode = exitCodeOf(error);
  },
);
