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

/** A command's module. */
interface Loaded {
  readonly command: RunnableCommand;
}

interface LazyCommand extends CommandEntry {
  /** Loads the command's module; by `require`, since `import()` would start the loader of ES modules for it. */
  load(): Loaded;
}

const program: Program<LazyCommand> = {
  name: "fedmtl",
  summary: "federated multi-task learning with certified results",
  commands: [
    { name: "train", summary: summaries.train, load: () => require("./commands/train.js") as Loaded },
    { name: "cv", summary: summaries.cv, load: () => require("./commands/cv.js") as Loaded },
    {
      name: "simulate",
      summary: summaries.simulate,
      load: () => require("./commands/simulate.js") as Loaded,
    },
    {
      name: "experiment",
      summary: summaries.experiment,
      load: () => require("./commands/experiment.js") as Loaded,
    },
    { name: "add", summary: summaries.add, load: () => require("./commands/add.js") as Loaded },
    { name: "predict", summary: summaries.predict, load: () => require("./commands/predict.js") as Loaded },
    {
      name: "evaluate",
      summary: summaries.evaluate,
      load: () => require("./commands/evaluate.js") as Loaded,
    },
    { name: "inspect", summary: summaries.inspect, load: () => require("./commands/inspect.js") as Loaded },
    { name: "convert", summary: summaries.convert, load: () => require("./commands/convert.js") as Loaded },
    { name: "report", summary: summaries.report, load: () => require("./commands/report.js") as Loaded },
    {
      name: "generate",
      summary: summaries.generate,
      load: () => require("./commands/generate.js") as Loaded,
    },
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
  const { command } = load();
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
