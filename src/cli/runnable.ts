/**
 * A command's table and what it does, put together so that the types of its flags stay between the two.
 */
import { type Arguments, type Command, parseArguments, type Program } from "./arguments.js";
import { exitCodes } from "./failures.js";

/** A command that can be executed. */
export interface RunnableCommand {
  /**
   * Reads the arguments and runs the command, or prints its help.
   *
   * @param given what follows the command's name
   * @returns the exit code
   * @throws FedmtlError INVALID_OPTION for a bad command line, and what the command throws
   */
  execute(program: Program, given: readonly string[]): Promise<number>;
}

/** Makes a command from its table and its function, which gets the arguments and returns the exit code. */
export function runnable<const C extends Command>(
  table: C,
  run: (given: Arguments<C>) => Promise<number>,
): RunnableCommand {
  return {
    async execute(program, given) {
      const parsed = parseArguments(table, given);
      if (parsed.help) {
        const { commandHelp } = await import("./help.js");
        process.stdout.write(commandHelp(program, table));
        return exitCodes.done;
      }
      return await run(parsed);
    },
  };
}
