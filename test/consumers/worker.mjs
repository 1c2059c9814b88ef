// A user's program that trains in a worker, beside a training on the main thread.
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { fit, TaskSet, traceNorm } from "fedmtl";

const X = Array.from({ length: 20 }, (_, i) => [Math.sin(i), 1]);
const tasks = TaskSet.fromArrays([{ id: "a", X, y: X.map(([x = 0]) => (x > 0 ? 1 : -1)) }]);
const run = fit(tasks, { relationship: traceNorm({ lambda1: 0.1 }), stop: { gap: 1e-3 }, seed: 1 });

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  const [there, here] = await Promise.all([
    new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject)),
    run.result,
  ]);
  if (there !== here.certificate.primal) throw new Error(`worker ${there}, main ${here.certificate.primal}`);
  console.log("trained");
} else {
  parentPort?.postMessage((await run.result).certificate.primal);
}
