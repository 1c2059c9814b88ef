/**
 * The flags about checkpoints, and the option of `fit` that they stand for.
 */
import { FedmtlError } from "../errors.js";
import { type CheckpointOptions, checkpointRanges, secondsBetweenCheckpoints } from "../options.js";
import type { Arguments, Command } from "./arguments.js";
import { printable } from "./terminal.js";

/** The flags of checkpoints and of resuming from them. */
export const checkpointFlags = [
  {
    name: "checkpoint",
    kind: "string",
    placeholder: "DIR",
    help: "write checkpoints to this folder, on SIGINT and SIGTERM too",
  },
  {
    name: "checkpoint-seconds",
    kind: "number",
    min: checkpointRanges.everySeconds.least,
    help: "seconds between checkpoints",
    default: `${secondsBetweenCheckpoints}, or none with --checkpoint-rounds`,
  },
  {
    name: "checkpoint-rounds",
    kind: "integer",
    min: checkpointRanges.everyRounds.least,
    help: "rounds between checkpoints",
  },
  {
    name: "resume",
    kind: "boolean",
    help: "go on from the newest checkpoint in the folder, or start if there is none",
  },
] as const;

type CheckpointFlags = Arguments<Command & { readonly flags: typeof checkpointFlags }>["flags"];

/**
 * @returns the option `checkpoint`; undefined without --checkpoint
 * @throws FedmtlError INVALID_OPTION if one of the other flags is given without it
 */
export function checkpointOptions(flags: CheckpointFlags): CheckpointOptions | undefined {
  const { checkpoint, checkpointSeconds, checkpointRounds, resume } = flags;
  if (checkpoint === undefined) {
    const others = { resume, "checkpoint-seconds": checkpointSeconds, "checkpoint-rounds": checkpointRounds };
    const [given] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
    if (given !== undefined) {
      throw new FedmtlError("INVALID_OPTION", `--${given} needs --checkpoint DIR`);
    }
    return undefined;
  }
  return {
    dir: checkpoint,
    ...(checkpointSeconds === undefined ? {} : { everySeconds: checkpointSeconds }),
    ...(checkpointRounds === undefined ? {} : { everyRounds: checkpointRounds }),
    resume: resume === true,
    onWarning: (message) => process.stderr.write(`fedmtl: ${printable(message)}\n`),
  };
}
