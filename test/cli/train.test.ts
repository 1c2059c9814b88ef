// `fedmtl train`: its JSON object, its files, and its laws, on small data of its own.
import { readFile, writeFile } from "node:fs/promises";
import { Model, readTasks } from "fedmtl";
import { beforeAll, describe, expect, it } from "vitest";
import { fedmtl, fedmtlJson, generate, makeFolder } from "./support.js";

const file = makeFolder();
const data = file("toy.svm");
const regression = file("regression.svm");
const weights = ["--lambda1", "0.1", "--weighting", "mean"];

beforeAll(async () => {
  await generate(data);
  await generate(regression, "--kind", "regression");
});

describe("train --json", () => {
  it("has every field of the contract, with the right type", async () => {
    const result = await fedmtlJson("train", data, ...weights, "--seed", "3", "--threads", "2");
    const given = {
      loss: "hinge",
      relationship: "trace-norm",
      weighting: "mean",
      lambda1: 0.1,
      lambda2: 0,
      seed: 3,
      threads: 2,
    };
    expect(result).toMatchObject({ status: "converged", tasks: 6, features: 12, ...given });
    const numbers = [
      "samples",
      "nnz",
      "epsilon",
      "rounds",
      "omegaSteps",
      "primal",
      "dual",
      "gap",
      "relativeGap",
      "jointObjective",
    ];
    for (const name of [...numbers, "seconds", "trainError", "bytesUp", "bytesDown"]) {
      expect(result[name], name).toEqual(expect.any(Number));
    }
    for (const name of ["kernel", "version", "policy"]) {
      expect(result[name], name).toEqual(expect.any(String));
    }
    expect(result.labels).toEqual({ negative: -1, positive: 1 });
  });

  it("certifies: dual <= primal, gap is their difference, and converged means that the gap was reached", async () => {
    const result = await fedmtlJson("train", data, ...weights, "--gap", "1e-5");
    const [primal, dual, gap] = [Number(result.primal), Number(result.dual), Number(result.gap)];
    expect(dual).toBeLessThanOrEqual(primal);
    expect(gap).toBeCloseTo(primal - dual, 12);
    expect(result.status).toBe("converged");
    expect(Number(result.relativeGap)).toBeLessThanOrEqual(1e-5);
  });

  it("has no epsilon and takes no Omega step where the relationship is given", async () => {
    const result = await fedmtlJson(
      "train",
      data,
      "--relationship",
      "mean",
      "--lambda2",
      "0.1",
      "--gap",
      "0.05",
    );
    expect(result).toMatchObject({ relationship: "mean", epsilon: null, omegaSteps: 0, status: "converged" });
    expect(result.jointObjective).toBe(result.primal);
  });

  it.each(["hinge", "smoothed-hinge", "logistic", "squared"])("trains with loss %s", async (loss) => {
    const result = await fedmtlJson(
      "train",
      loss === "squared" ? regression : data,
      "--loss",
      loss,
      ...weights,
    );
    expect(result).toMatchObject({ loss, status: "converged" });
  });

  it("learns clusters, with a bound on the joint optimum, and writes them into the model", async () => {
    const flags = ["--relationship", "clustered", "--clusters", "2", "--eta", "0.2", "--lambda2", "0.01"];
    const out = file("clustered.safetensors");
    const result = await fedmtlJson("train", data, ...weights, ...flags, "--gap", "1e-5", "--out", out);
    expect(result).toMatchObject({ relationship: "clustered", clusters: 2, eta: 0.2, epsilon: null });
    expect(result.jointObjective).toBe(result.primal);
    const [joint, bound] = [Number(result.jointObjective), Number(result.jointDual)];
    expect(joint - bound).toBeGreaterThanOrEqual(0);
    expect(joint - bound).toBeLessThan(1e-2 * joint);
    const model = await Model.load(out);
    expect(model.options).toMatchObject({ relationship: "clustered", k: 2, eta: 0.2 });
    expect(model.correlation().get(0, 0)).toBe(1);
  });

  it("learns edges between tasks, which inspect tells", async () => {
    const flags = ["--relationship", "sparse-precision", "--rho", "0.01", "--lambda1", "0.01"];
    const out = file("edges.safetensors");
    const result = await fedmtlJson("train", data, ...flags, "--gap", "1e-4", "--out", out);
    expect(result).toMatchObject({ relationship: "sparse-precision", rho: 0.01, status: "converged" });
    expect(Number(result.jointObjective)).not.toBe(result.primal);
    const edges = (await Model.load(out)).edges();
    expect(await fedmtlJson("inspect", out)).toMatchObject({
      edges: { count: edges.length, strongest: edges },
    });
    const { stdout } = await fedmtl("inspect", out);
    expect(stdout).toContain(`Edges learned: ${edges.length} of 15 pairs of tasks`);
    const [strongest] = edges;
    expect(stdout).toContain(`${strongest?.tasks[0]} - ${strongest?.tasks[1]}`);
  });

  it("takes a graph from a file: its Laplacian as a given precision is the same", async () => {
    const names = (await readTasks(data)).names;
    const edges = names.slice(1).map((name, t) => [names[t] as string, name, 0.5 + t] as const);
    await writeFile(file("edges.csv"), ["from,to,weight", ...edges.map((edge) => edge.join(","))].join("\n"));
    const L = names.map(() => names.map(() => 0));
    for (const [t, [, , weight]] of edges.entries()) {
      for (const [row, column, sign] of [
        [t, t, 1],
        [t + 1, t + 1, 1],
        [t, t + 1, -1],
        [t + 1, t, -1],
      ] as const) {
        (L[row] as number[])[column] = (L[row]?.[column] as number) + sign * weight;
      }
    }
    await writeFile(file("laplacian.csv"), L.map((row) => row.join(",")).join("\n"));
    const common = ["train", data, ...weights, "--lambda2", "0.05", "--gap", "1e-6"];
    const graph = await fedmtlJson(...common, "--relationship", "graph", "--edges", file("edges.csv"));
    const fixed = await fedmtlJson(...common, "--relationship", "fixed", "--omega", file("laplacian.csv"));
    expect(graph).toMatchObject({ relationship: "graph", status: "converged", omegaSteps: 0 });
    expect(Math.abs(Number(graph.primal) / Number(fixed.primal) - 1)).toBeLessThan(2e-6);
  });

  it("takes a covariance or a precision from a file: the identity is the same as independent", async () => {
    const identity = Array.from({ length: 6 }, (_, row) =>
      Array.from({ length: 6 }, (_, col) => Number(row === col)).join(","),
    );
    await writeFile(file("identity.csv"), identity.join("\n"));
    const fixed = ["train", data, ...weights, "--gap", "1e-6", "--relationship", "fixed"];
    const independent = await fedmtlJson(
      "train",
      data,
      ...weights,
      "--gap",
      "1e-6",
      "--relationship",
      "independent",
    );
    for (const flag of ["--sigma", "--omega"]) {
      const result = await fedmtlJson(...fixed, flag, file("identity.csv"));
      expect(Math.abs(Number(result.primal) / Number(independent.primal) - 1), flag).toBeLessThan(2e-6);
    }
  });

  it("has the same primal and dual, bit for bit, at 1, 2 and 4 threads", async () => {
    const results = await Promise.all(
      ["1", "2", "4"].map((threads) => fedmtlJson("train", data, ...weights, "--threads", threads)),
    );
    const bits = results.map(({ primal, dual, rounds, trainError }) => ({
      primal,
      dual,
      rounds,
      trainError,
    }));
    expect(bits[1]).toEqual(bits[0]);
    expect(bits[2]).toEqual(bits[0]);
  });

  it("reports the training error that evaluate finds: of all rows, error or RMSE", async () => {
    for (const [path, loss, metric] of [
      [data, "logistic", "error"],
      [regression, "squared", "rmse"],
    ] as const) {
      const trained = await fedmtlJson(
        "train",
        path,
        "--loss",
        loss,
        ...weights,
        "--out",
        file("scored.safetensors"),
      );
      const scores = await fedmtlJson("evaluate", file("scored.safetensors"), path);
      expect(trained.trainError).toBe((scores.micro as Record<string, number>)[metric]);
    }
  });

  it("writes nothing but the object to stdout and no plain progress line for a short run", async () => {
    const { code, stderr } = await fedmtl("train", data, ...weights, "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});

describe("train --history", () => {
  const required = [
    "round",
    "omegaStep",
    "steps",
    "participants",
    "bytesUp",
    "bytesDown",
    "flops",
    "seconds",
  ];
  const certified = ["primal", "dual", "gap", "jointObjective"];
  const bounded = [...certified, "jointDual"]; // once trace-norm's epsilon is fixed

  it("has a line a round with the fields of the contract, and its totals are those of the JSON object", async () => {
    const result = await fedmtlJson("train", data, ...weights, "--history", file("history.jsonl"));
    const lines = (await readFile(file("history.jsonl"), "utf8")).trimEnd().split("\n");
    const records = lines.map((line) => JSON.parse(line) as Record<string, number>);
    expect(records.map(({ round }) => round)).toEqual(
      Array.from({ length: Number(result.rounds) }, (_, i) => i + 1),
    );
    for (const record of records) {
      const names = Object.keys(record);
      expect([required, [...required, ...certified], [...required, ...bounded]]).toContainEqual(names);
    }
    const total = (name: string) => records.reduce((sum, record) => sum + (record[name] ?? 0), 0);
    expect(total("bytesUp")).toBe(result.bytesUp);
    expect(total("bytesDown")).toBe(result.bytesDown);
    expect(total("flops")).toBe(result.flops);
    expect(records.at(-1)?.omegaStep).toBe(result.omegaSteps);
    expect(records.at(-1)).toHaveProperty("gap");
  });
});

describe("train", () => {
  it("writes a model that the API loads, with the certificate of the JSON object", async () => {
    const result = await fedmtlJson("train", data, ...weights, "--out", file("model.safetensors"));
    const model = await Model.load(file("model.safetensors"));
    expect(model.certificate.primal).toBe(result.primal);
    expect(model.names).toEqual((await readTasks(data)).names);
    expect(model.options).toMatchObject({ loss: "hinge", lambda1: 0.1 });
  });

  it("says for people what was trained, how sure it is and how well it fits", async () => {
    const { code, stdout, stderr } = await fedmtl(
      "train",
      data,
      ...weights,
      "--out",
      file("told.safetensors"),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Trained 6 tasks");
    expect(stdout).toContain("Labels: 1 is +1, -1 is -1.");
    expect(stdout).toMatch(/within [\d.e-]+ % of the optimum for the relationship learned/);
    expect(stdout).toMatch(/Training error: [\d.]+ % over all rows/);
    expect(stdout).toContain(`Wrote ${file("told.safetensors")}.`);
  });

  it("says the relationship's own numbers", async () => {
    const clusters = ["--relationship", "clustered", "--clusters", "2", "--eta", "0.3"];
    expect((await fedmtl("train", data, ...weights, ...clusters)).stdout).toMatch(
      /relationship clustered, lambda1 [\d.]+, lambda2 0, k 2, eta 0\.3,/,
    );
  });

  it.each([
    [0.01, false],
    [1e3, true],
  ])("of a sparse precision with rho %f, says whether it has no edge: %s", async (rho, none) => {
    const flags = ["--relationship", "sparse-precision", "--rho", `${rho}`, "--lambda1", "0.01"];
    const out = file(`rho${rho}.safetensors`);
    const { code, stdout } = await fedmtl("train", data, ...flags, "--gap", "1e-4", "--out", out);
    expect(code).toBe(0);
    expect((await Model.load(out)).edges().length === 0).toBe(none);
    expect(stdout).toContain(`lambda2 0, rho ${rho},`);
    expect(stdout.includes("No edge was learned: no task informs another.")).toBe(none);
  });

  it("exits with 4 if asked to converge and it did not, and still writes the model", async () => {
    const flags = [
      "train",
      data,
      ...weights,
      "--gap",
      "1e-9",
      "--rounds",
      "2",
      "--out",
      file("early.safetensors"),
    ];
    expect((await fedmtl(...flags)).code).toBe(0);
    const { code, stdout, stderr } = await fedmtl(...flags, "--require-convergence", "--json");
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ status: "budget", rounds: 2 });
    expect(stderr).toMatch(/^fedmtl: not converged: [^\n]*\n$/);
    expect((await Model.load(file("early.safetensors"))).names).toHaveLength(6);
  });

  it("stores values as float32 if asked", async () => {
    expect(await fedmtlJson("train", data, ...weights, "--precision", "float32")).toMatchObject({
      precision: "float32",
    });
  });
});
