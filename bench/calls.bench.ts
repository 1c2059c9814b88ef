/**
 * What a call into the addon costs beyond its work.
 */
import { add, suite } from "benny";
import { Client, fit, independent, Server } from "fedmtl";
import { denseProblem } from "./problems.js";
import { inTurn, settings } from "./support.js";

async function main(): Promise<void> {
  const cols = 5;
  const tasks = denseProblem({ tasks: 1, rows: 4, cols });
  const [name = ""] = tasks.names;
  const relationship = independent({ lambda1: 1 });
  const server = new Server({ tasks: [name], cols, relationship, policy: "row" });
  const client = new Client(tasks);
  let round = 0;
  await suite(
    "calls, one task × 4 rows × 5 features",
    add("synchronous: find a task", () => tasks.indexOf(name)),
    add("synchronous: a request with its w", () => {
      server.request(name, { round: 1, steps: 4 });
    }),
    add(
      "on another thread: a round as messages",
      inTurn(async () => {
        round++;
        server.receive(name, await client.propose(server.request(name, { round, steps: 4 })));
        await server.close();
      }),
    ),
    add("a training of one round", async () => {
      await fit(tasks, { relationship, positive: 1, threads: 1, stop: { gap: 0, rounds: 1 } }).result;
    }),
    ...settings,
  );
}

void main();
