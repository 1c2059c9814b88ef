/** A worker process, as the process that starts it sees it. Its own side is serve.ts. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { FedmtlError } from "../errors.js";
import { distFolder } from "../package_root.js";
import type { Failed } from "./serve.js";

/** How a worker is started. */
export interface ChildWorkerOptions<Answer> {
  /** Of the compiled package: its folder and file. */
  readonly script: readonly [folder: string, file: string];
  /** "advanced" carries typed arrays and NaN, "json" only what JSON can. */
  readonly serialization: "json" | "advanced";
  /** What to try if the process dies, e.g. "lower parallel". */
  readonly remedy: string;
  /** Called for every answer but a failure. What it throws ends the worker's work. */
  readonly onAnswer: (answer: Answer) => void;
}

/** One worker process. */
export class ChildWorker<Message extends object, Answer extends { readonly kind: string }> {
  readonly #child: ChildProcess;
  /** Resolves when the process is gone. */
  readonly #gone: Promise<void>;
  /** Rejects with the first failure: what the worker reported, or how its process ended. */
  readonly failed: Promise<never>;
  #fail: (error: unknown) => void = () => undefined;

  constructor({ script, serialization, remedy, onAnswer }: ChildWorkerOptions<Answer>) {
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => undefined); // whoever waits for an answer hears of it
    this.#child = fork(join(distFolder, ...script), {
      execArgv: [],
      serialization,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child.on("message", (answer: Answer | Failed) => this.#receive(answer, onAnswer));
    this.#gone = new Promise((resolve) => {
      this.#child.once("error", (cause) => {
        this.#fail(
          new FedmtlError("INTERNAL", `no worker process could be started: ${cause.message}`, { cause }),
        );
        resolve();
      });
      this.#child.once("exit", (code, signal) => {
        const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
        this.#fail(
          new FedmtlError("INTERNAL", `a worker process ended with ${how}; ${remedy} if memory ran out`),
        );
        resolve();
      });
    });
  }

  /** Sends a message; resolves when it is on its way. @throws FedmtlError why the worker failed */
  send(message: Message): Promise<void> {
    const sent = new Promise<void>((resolve) => {
      // Why a message cannot be sent, the exit of the process tells.
      this.#child.send(message, (error) => error === null && resolve());
    });
    return Promise.race([this.failed, sent]);
  }

  /** Ends the process; resolves when it is gone. It has nothing to save. */
  end(): Promise<void> {
    this.#child.kill("SIGKILL");
    return this.#gone;
  }

  #receive(answer: Answer | Failed, onAnswer: (answer: Answer) => void): void {
    if (isFailed(answer)) {
      this.#fail(new FedmtlError(answer.code, answer.message));
      return;
    }
    try {
      onAnswer(answer);
    } catch (error) {
      this.#fail(error);
    }
  }
}

function isFailed(answer: { readonly kind: string }): answer is Failed {
  return answer.kind === "failed";
}
