/**
 * Omega steps of trace-norm by number of tasks and features: spectrum, relationship, sigma' and W = V K.
 */
import { add, suite } from "benny";
import { Client, Server, traceNorm } from "fedmtl";
import { denseProblem, type Shape } from "./problems.js";
import { inTurn, settings, someOf } from "./support.js";

/** A server whose V is that of one round of local work. */
async function serverAfterOneRound(shape: Shape): Promise<Server> {
  const tasks = denseProblem(shape);
  const server = new Server({
    tasks: tasks.names,
    cols: shape.cols,
    relationship: traceNorm({ lambda1: 0.1, epsilon: 1e-3 }),
    policy: "row",
  });
  for (const name of tasks.names) {
    const client = new Client(tasks.select([name]));
    server.receive(name, await client.propose(server.request(name, { round: 1, steps: shape.rows })));
  }
  await server.close();
  return server;
}

async function main(): Promise<void> {
  const shapes = someOf([
    { tasks: 300, rows: 20, cols: 50 },
    { tasks: 30, rows: 20, cols: 561 },
    { tasks: 2000, rows: 20, cols: 50 },
  ]);
  const cases = [];
  for (const shape of shapes) {
    const server = await serverAfterOneRound(shape);
    cases.push(
      add(
        `${shape.tasks} tasks × ${shape.cols} features`,
        inTurn(async () => {
          await server.stepOmega();
        }),
      ),
    );
  }
  await suite("Omega step, trace-norm", ...cases, ...settings);
}

void main();
