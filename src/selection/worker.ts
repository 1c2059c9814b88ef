/**
 * A worker process of a cross-validation: receives the tasks and the plan, then runs one job after another. It ends with the
 * channel to the process that started it.
 */
import { FedmtlError } from "../errors.js";
import { FoldRunner } from "./fold_runner.js";
import type { FromWorker, ToWorker } from "./worker_pool.js";
import { RowReceiver, unpackPlan } from "./transfer.js";

const send = (message: FromWorker): void => {
  process.send?.(message);
};

let receiver: RowReceiver | undefined;
let runner: FoldRunner | undefined;

async function handle(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case "set":
      receiver = new RowReceiver(message.set);
      return;
    case "rows":
      receiver?.append(message.rows);
      return;
    case "plan":
      if (receiver === undefined) {
        throw new FedmtlError("INTERNAL", "a worker process got a plan before its tasks");
      }
      runner = new FoldRunner(receiver.finish(), unpackPlan(message.plan));
      receiver = undefined;
      send({ kind: "ready" });
      return;
    default:
      if (runner === undefined) {
        throw new FedmtlError("INTERNAL", "a worker process got a job before its plan");
      }
      for await (const record of runner.run(message.job)) {
        send({ kind: "record", record });
      }
      send({ kind: "ready" });
  }
}

process.on("message", (message: ToWorker) => {
  handle(message).catch((error: unknown) => {
    const known = error instanceof Error && "code" in error && typeof error.code === "string";
    send({
      kind: "failed",
      code: known ? (error.code as FedmtlError["code"]) : "INTERNAL",
      message: error instanceof Error ? error.message : String(error),
    });
  });
});
process.on("disconnect", () => process.exit());
// Ctrl-C reaches every process of a terminal; the one that started this one decides what becomes of it.
process.on("SIGINT", () => undefined);
