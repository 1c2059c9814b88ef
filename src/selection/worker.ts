/**
 * A worker process of a cross-validation: receives the tasks and the plan, then runs one job after another.
 */
import { FedmtlError } from "../errors.js";
import { FoldRunner } from "./fold_runner.js";
import type { FromWorker, ToWorker } from "./worker_pool.js";
import { RowReceiver, unpackPlan } from "./transfer.js";
import { serve } from "../workers/serve.js";

let receiver: RowReceiver | undefined;
let runner: FoldRunner | undefined;

async function handle(message: ToWorker, answer: (answer: FromWorker) => void): Promise<void> {
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
      answer({ kind: "ready" });
      return;
    default:
      if (runner === undefined) {
        throw new FedmtlError("INTERNAL", "a worker process got a job before its plan");
      }
      for await (const record of runner.run(message.job)) {
        answer({ kind: "record", record });
      }
      answer({ kind: "ready" });
  }
}

serve(handle);
