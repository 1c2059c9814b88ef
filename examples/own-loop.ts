// A federated loop of one's own: a Client for each task, one Server, and messages between them. Here the messages are
// plain objects handed over in one process, and a quarter of the clients is offline in every round; over a network the
// same objects would be sent.
//
//     fedmtl generate --tasks 12 --clusters 3 --cols 40 --seed 7 --out wearables.svm
//     npx tsx examples/own-loop.ts wearables.svm
import { type Certificate, Client, readTasks, Server, traceNorm } from "fedmtl";

async function main(path = "wearables.svm"): Promise<void> {
  const tasks = await readTasks(path);
  // A client owns the rows of one task; only it ever sees them, or their dual variables alpha.
  const options = { loss: "hinge", weighting: "mean", seed: 1 } as const;
  const clients = tasks.names.map((name) => new Client(tasks.select([name]), options));
  // The server knows names and the number of features, and learns how the tasks relate.
  const relationship = traceNorm({ lambda1: 0.1 });
  const server = new Server({ tasks: tasks.names, cols: tasks.cols, relationship, policy: "accelerated" });

  // Offline clients: a small generator, so that every run drops the same ones.
  let state = 1;
  const online = (): boolean => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647 >= 0.25;
  };

  for (let round = 1; round <= 100; round++) {
    await Promise.all(
      clients.filter(online).map(async (client) => {
        // Down: w_t, S_t and what became of the last proposal. Up: v_t, d numbers, and one scalar.
        const request = server.request(client.name, { round, steps: client.rowCount });
        server.receive(client.name, await client.propose(request));
      }),
    );
    await server.close(); // decides about the proposals; clients that did not answer keep their state

    if (round % 20 === 0) {
      const { relativeGap, primal } = certify(server, clients);
      console.log(
        `round ${round}: primal ${primal.toFixed(2)}, relative gap ${relativeGap.toExponential(0)}`,
      );
      if (round < 100) {
        const { regularizerBefore, regularizerAfter } = await server.stepOmega();
        const [before, after] = [regularizerBefore.toFixed(2), regularizerAfter.toFixed(2)];
        console.log(`  Omega step: regulariser ${before} -> ${after}`);
      }
    }
  }
}

/** Primal, dual and gap need the sums of all clients, at the current W: one more exchange, everyone online. */
function certify(server: Server, clients: readonly Client[]): Certificate {
  return server.certificate(clients.map((client) => client.evaluate(server.evaluation(client.name))));
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
