// Watching a training round by round, and ending it early: by abort() or by an AbortSignal.
//
//     fedmtl generate --tasks 12 --clusters 3 --cols 40 --seed 7 --out wearables.svm
//     npx tsx examples/watch-and-abort.ts wearables.svm
import { fit, mean, readTasks } from "fedmtl";

async function main(path = "wearables.svm"): Promise<void> {
  const tasks = await readTasks(path);
  // Strong coupling, the paper's safe rounds and a tiny gap: thousands of rounds.
  const relationship = mean({ lambda1: 1, lambda2: 1e-3 });
  const slow = { relationship, policy: "paper", weighting: "mean", stop: { gap: 1e-12 } } as const;

  const run = fit(tasks, slow);
  // Rounds are recorded as they are made; each iteration sees all of them from the first. Only every few rounds
  // carry a certificate. Leaving the loop with `break` alone would stop watching, not the training.
  for await (const { round, certificate } of run) {
    if (certificate !== undefined && certificate.relativeGap <= 1e-2) {
      console.log(`within 1 % of the optimum after ${round} rounds: enough`);
      run.abort();
      break;
    }
  }
  // An aborted training is no error: it resolves with the model of the last finished round, certified.
  const { status, model, history, certificate } = await run.result;
  console.log(`${status}: ${model.names.length} tasks after ${history.length} rounds`);
  console.log(`the optimum lies between ${certificate.dual.toFixed(2)} and ${certificate.primal.toFixed(2)}`);

  // The same with a signal, here of a timer; it may also come from a request or a user interface.
  const signal = AbortSignal.timeout(100);
  const { status: end } = await fit(tasks, { ...slow, signal }).result;
  console.log(`with a signal: ${end}`);
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
