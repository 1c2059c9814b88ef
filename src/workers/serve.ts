/** The worker's own side of child_worker.ts: it answers messages until the channel to the process that started it closes. */
import type { FedmtlErrorCode } from "../errors.js";

/** What a worker answers if it fails. */
export interface Failed {
  readonly kind: "failed";
  readonly code: FedmtlErrorCode;
  readonly message: string;
}

/** Calls `handle` for every message, with a function that answers; what it throws is answered as a failure. */
export function serve<Message, Answer>(
  handle: (message: Message, answer: (answer: Answer) => void) => Promise<void>,
): void {
  const send = (answer: Answer | Failed): void => {
    process.send?.(answer);
  };
  process.on("message", (message: Message) => {
    handle(message, send).catch((error: unknown) => send(failureOf(error)));
  });
  process.on("disconnect", () => process.exit());
  // Ctrl-C reaches every process of a terminal; the one that started this one decides what becomes of it.
  process.on("SIGINT", () => undefined);
}

function failureOf(error: unknown): Failed {
  const known = error instanceof Error && "code" in error && typeof error.code === "string";
  return {
    kind: "failed",
    code: known ? (error.code as FedmtlErrorCode) : "INTERNAL",
    message: error instanceof Error ? error.message : String(error),
  };
}
