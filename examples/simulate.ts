// How long would it take on phones? Three methods on the same virtual clock, until they are within 1 % of the optimum, on
// devices of which some are slow and one in five answers is lost.
//
//     fedmtl generate --tasks 12 --clusters 3 --cols 40 --seed 7 --out wearables.svm
//     npx tsx examples/simulate.ts wearables.svm
import { fit, mean, readTasks, type SimulateOptions, simulate } from "fedmtl";

async function main(path = "wearables.svm"): Promise<void> {
  const tasks = await readTasks(path);
  const problem = {
    relationship: mean({ lambda1: 0.1, lambda2: 0.01 }),
    weighting: "mean",
    loss: "smoothed-hinge",
  } as const;
  const { certificate } = await fit(tasks, { ...problem, stop: { gap: 1e-6 } }).result;

  const shared: SimulateOptions = {
    ...problem,
    devices: { shares: { phone: 0.7, wearable: 0.3 } },
    network: { shares: { lte: 0.6, wifi: 0.4 } },
    faults: 0.2,
    stop: { rounds: 5000, suboptimality: { optimum: certificate.primal, epsilon: 0.01 } },
  };
  const methods: Record<string, SimulateOptions> = {
    "mocha, accelerated": {},
    "mocha, the paper's rule": { policy: "paper" },
    "mini-batch SGD": { method: "minibatch-sgd" },
  };
  for (const [name, options] of Object.entries(methods)) {
    const { status, time, history } = await simulate(tasks, { ...shared, ...options }).result;
    const megabytes = (history.total("bytesUp") + history.total("bytesDown")) / 1e6;
    console.log(
      `${name}: ${status} after ${history.length} rounds, ${time.toFixed(1)} s, ${megabytes.toFixed(2)} MB, ` +
        `${history.total("joules").toFixed(2)} J`,
    );
  }
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
