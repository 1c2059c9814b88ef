// Answers that are lost, late by a round's end, or repeated: v_t is absolute and a decision names the round that it is
// about, so the certificate stays one of the clients' own alpha and the dual never falls.
import { type Certificate, Client, mean, type Proposal, Server, TaskSet } from "fedmtl";
import { expect, it } from "vitest";
import { generate } from "../dist/data/generate.js";
import { RandomStream } from "../dist/data/random.js";
import { policies } from "../dist/options.js";

const data = generate({ profile: "custom", tasks: 5, cols: 6, rows: [15, 30], clusters: 2, seed: 4 });
const tasks = TaskSet.fromDense({
  features: data.features,
  cols: 6,
  labels: data.labels,
  tasks: Array.from(data.taskOfRow, (t) => data.ids[t] as string),
});

async function loop(
  policy: (typeof policies)[number],
  lost: number,
  repeated: number,
): Promise<Certificate[]> {
  const chance = new RandomStream(1, "network");
  const server = new Server({
    tasks: tasks.names,
    cols: 6,
    relationship: mean({ lambda1: 1, lambda2: 0.3 }),
    policy,
  });
  const clients = tasks.names.map(
    (name) => new Client(tasks.select([name]), { loss: "smoothed-hinge", seed: 2 }),
  );
  const certificates: Certificate[] = [];
  for (let round = 1; round <= 150; round++) {
    for (const client of clients) {
      const request = server.request(client.name, { round, steps: client.rowCount });
      const answer: Proposal = await client.propose(request);
      if (chance.uniform() >= lost) {
        server.receive(client.name, answer);
        if (chance.uniform() < repeated) {
          server.receive(client.name, { ...answer, v: answer.v.slice() });
        }
      }
    }
    await server.close();
    certificates.push(
      server.certificate(clients.map((client) => client.evaluate(server.evaluation(client.name)))),
    );
  }
  return certificates;
}

it.each(policies)(
  "%s: the dual never falls and the gap closes with 30 %% of the answers lost",
  async (policy) => {
    const certificates = await loop(policy, 0.3, 0.3);
    let previous = Number.NEGATIVE_INFINITY;
    for (const { primal, dual, gap } of certificates) {
      expect(gap).toBeGreaterThanOrEqual(-1e-12 * Math.abs(primal));
      expect(dual).toBeGreaterThanOrEqual(previous - 1e-12 * Math.abs(dual));
      previous = dual;
    }
    expect(certificates.at(-1)?.relativeGap).toBeLessThanOrEqual(1e-2);
  },
);

it("a repeated answer changes nothing", async () => {
  expect(await loop("accelerated", 0, 1)).toEqual(await loop("accelerated", 0, 0));
});

it.each(policies)("%s: an answer that comes rounds too late changes nothing", async (policy) => {
  const run = async (lateAnswers: boolean): Promise<Certificate> => {
    const server = new Server({
      tasks: tasks.names,
      cols: 6,
      relationship: mean({ lambda1: 1, lambda2: 0.3 }),
      policy,
    });
    const clients = tasks.names.map(
      (name) => new Client(tasks.select([name]), { loss: "smoothed-hinge", policy }),
    );
    let late: Proposal | undefined;
    for (let round = 1; round <= 6; round++) {
      for (const [t, client] of clients.entries()) {
        const answer = await client.propose(server.request(client.name, { round, steps: client.rowCount }));
        if (t === 0 && round === 1) {
          late = answer;
        } else {
          server.receive(client.name, answer);
        }
      }
      if (lateAnswers && late !== undefined && round > 3) {
        server.receive(tasks.names[0] as string, late);
      }
      await server.close();
    }
    return server.certificate(clients.map((client) => client.evaluate(server.evaluation(client.name))));
  };
  expect(await run(true)).toEqual(await run(false));
});
