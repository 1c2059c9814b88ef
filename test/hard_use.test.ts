// What a careless caller does: numbers beyond arithmetic, misspelt options of a relationship, clients that see one class,
// messages that are not messages, files that are read and written at once.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Client, fit, independent, type Relationship, Server, TaskSet, traceNorm } from "fedmtl";
import { describe, expect, it } from "vitest";

const cli = resolve(__dirname, "..", "dist", "cli", "main.js");
const folder = mkdtempSync(join(tmpdir(), "fedmtl-hard-"));

const two = TaskSet.fromArrays([
  {
    id: "a",
    X: [
      [1, 2],
      [-1, 1],
      [0, 3],
    ],
    y: [1, -1, 1],
  },
  {
    id: "b",
    X: [
      [2, 1],
      [1, -1],
    ],
    y: [-1, -1],
  },
]);

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

describe("numbers beyond arithmetic", () => {
  it("are an error, never a converged NaN", async () => {
    const huge = TaskSet.fromArrays([{ id: "a", X: [[1], [2]], y: [1e308, -1e308] }]);
    const wide = TaskSet.fromArrays([{ id: "a", X: [[1e200], [2]], y: [1, -1] }]);
    const faint = TaskSet.fromDense({
      features: Float64Array.of(1, 2),
      cols: 1,
      labels: [1, -1],
      tasks: ["a", "b"],
      sampleWeights: [1e-320, 1],
    });
    await expect(fit(huge, { loss: "squared", relationship: independent() }).result).rejects.toMatchObject({
      code: "NUMERICAL",
    });
    await expect(fit(wide).result).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(fit(faint, { weighting: "mean" }).result).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });
});

describe("options", () => {
  it("of a relationship are known by name, and checked however the object was made", async () => {
    expect(codeOf(() => independent({ lamda1: 5 } as object))).toBe("INVALID_OPTION");
    expect(codeOf(() => traceNorm({ eps: 5 } as object))).toBe("INVALID_OPTION");
    const forged = { family: "independent", lambda1: -1, lambda2: 0 } as Relationship;
    await expect(fit(two, { relationship: forged }).result).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });

  it("of other types are refused with a code", async () => {
    for (const options of [{ signal: 5 }, { budgets: 5 }, null]) {
      await expect(fit(two, options as object).result).rejects.toMatchObject({ code: "INVALID_OPTION" });
    }
  });
});

it("a set may be disposed of as soon as fit has been called", async () => {
  const tasks = two.select(["a", "b"]);
  const run = fit(tasks);
  tasks.dispose();
  expect((await run.result).status).toBe("converged");
});

describe("clients and servers", () => {
  it("a client of one class gives the same as fit, and must be told which class if labels are not -1 / +1", async () => {
    const relabelled = TaskSet.fromArrays([
      {
        id: "a",
        X: [
          [1, 2],
          [-1, 1],
          [0, 3],
        ],
        y: [20, 10, 20],
      },
      {
        id: "b",
        X: [
          [2, 1],
          [1, -1],
        ],
        y: [10, 10],
      },
    ]);
    const relationship = independent({ lambda1: 0.1 });
    expect(codeOf(() => new Client(relabelled.select(["b"])))).toBe("BAD_INPUT");
    const client = new Client(relabelled.select(["b"]), { positive: 20, policy: "row" });
    const server = new Server({ tasks: ["b"], cols: 2, relationship, policy: "row" });
    for (let round = 1; round <= 40; round++) {
      server.receive("b", await client.propose(server.request("b", { round, steps: 2 })));
      await server.close();
    }
    const { model } = await fit(relabelled, { relationship, stop: { gap: 1e-9 } }).result;
    server.weights("b").forEach((w, j) => {
      expect(w).toBeCloseTo(model.weights("b")[j] as number, 6);
    });
  });

  it("refuse messages that are not messages", async () => {
    const server = new Server({ tasks: ["a"], cols: 2, relationship: independent() });
    const client = new Client(two.select(["a"]));
    const request = server.request("a", { round: 1, steps: 3 });
    const answer = await client.propose(request);
    const wrong: (() => unknown)[] = [
      () => server.request("a", { round: -1, steps: 1 }),
      () => server.request("a", { round: 1, steps: 0.5 }),
      () => server.request("a", { round: Number.NaN, steps: 1 }),
      () => server.receive("a", { ...answer, e: Number.NaN }),
      () => server.receive("a", { ...answer, v: Float64Array.of(Number.NaN, 0) }),
      () => client.propose({ ...request, S: -1 }),
      () => client.propose({ ...request, beta: 7 }),
      () => client.propose({ ...request, w: Float64Array.of(Number.NaN, 0) }),
    ];
    for (const call of wrong) {
      expect(codeOf(call), String(call)).toBe("INVALID_ARGUMENT");
    }
    expect(codeOf(() => new Server({ tasks: [], cols: 2, relationship: independent() }))).toBe(
      "INVALID_OPTION",
    );
    expect(codeOf(() => new Server({ tasks: ["a"], cols: 2.5, relationship: independent() }))).toBe(
      "INVALID_OPTION",
    );
    expect(codeOf(() => new Server({ tasks: ["a", "a"], cols: 2, relationship: independent() }))).toBe(
      "INVALID_OPTION",
    );
  });
});

it("the command line never writes a file that it reads", () => {
  const data = join(folder, "data.svm");
  const text = "1 qid:a 1:1 2:2\n-1 qid:a 1:-1\n1 qid:b 2:1\n-1 qid:b 1:-2\n";
  writeFileSync(data, text);
  const model = join(folder, "model.safetensors");
  execFileSync(process.execPath, [cli, "train", data, "--out", model]);
  const saved = readFileSync(model);
  const commands = [
    ["train", data, "--out", data],
    ["train", data, "--history", data],
    ["train", data, "--out", join(folder, "x"), "--history", join(folder, "x")],
    ["predict", model, data, "--out", data],
    ["predict", model, data, "--out", model],
    ["convert", data, data],
  ];
  for (const command of commands) {
    const { status, stderr } = spawnSync(process.execPath, [cli, ...command], { encoding: "utf8" });
    expect(status, command.join(" ")).toBe(2);
    expect(stderr).toMatch(/write to another file/);
  }
  expect(readFileSync(data, "utf8")).toBe(text);
  expect(readFileSync(model).equals(saved)).toBe(true);
});
