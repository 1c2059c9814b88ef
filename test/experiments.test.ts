// Experiments: each runs on tiny data; results do not depend on the number of processes or on where a run was cut; a folder is
// never taken for another experiment's; tables, CSV files and results.jsonl say the same.
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fit, fixed, global, independent, mean, simulate, TaskSet } from "fedmtl";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { afterAll, describe, expect, it } from "vitest";
import { rowsWithTargets } from "../dist/baselines/local_rows.js";
import { type DataSource, generatedSource, loadData, sourceOf } from "../dist/experiments/data_source.js";
import type { Row } from "../dist/experiments/experiment.js";
import { NetworkClocks, raceClockNames, raceClocks } from "../dist/experiments/network_clocks.js";
import { pooled } from "../dist/experiments/pooled.js";
import { raceProblem, sigmaOf } from "../dist/experiments/race_problem.js";
import { experiments } from "../dist/experiments/registry.js";
import { releasedMocha } from "../dist/experiments/release_arithmetic.js";
import { ResultsFolder } from "../dist/experiments/results_file.js";
import { runExperiment } from "../dist/experiments/run_experiment.js";
import { median, pairedDifference, summary } from "../dist/experiments/statistics.js";
import { generatedTasks } from "./support/generated_tasks.js";

const folder = mkdtempSync(join(tmpdir(), "fedmtl-experiments-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const recipe = { tasks: 4, cols: 5, rows: [16, 24] as const, clusters: 2, margin: 1, seed: 3 };
const tiny: readonly DataSource[] = [{ ...generatedSource("tiny", recipe), lambda1: 0.05 }];

const lines = (out: string): Row[] =>
  readFileSync(join(out, "results.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
const text = (out: string, name: string): string => readFileSync(join(out, name), "utf8");

/** A CSV file without quotes in its cells, as objects. */
function csv(out: string, name: string): Record<string, string>[] {
  const [header = "", ...rows] = text(out, name).trimEnd().split("\n");
  const columns = header.split(",");
  return rows.map((row) => Object.fromEntries(row.split(",").map((cell, i) => [columns[i], cell])));
}

describe("every experiment", () => {
  it.each(experiments.map(({ name }) => name))(
    "%s runs on tiny data, and says what it found in tables, CSV files and a page",
    async (name) => {
      const out = at(name);
      const { findings, jobs, found, files } = await runExperiment(name, { sources: tiny, seeds: 1, out });
      expect(found).toBe(0);
      expect(lines(out)).toHaveLength(jobs);
      expect(findings.tables.length).toBeGreaterThan(0);
      expect(files.filter((file) => file.endsWith(".csv"))).toHaveLength(findings.tables.length);
      for (const { title, columns, rows } of findings.tables) {
        expect(rows.length, title).toBeGreaterThan(0);
        for (const row of rows) {
          expect(row, title).toHaveLength(columns.length);
        }
      }
      expect(text(out, "report.html")).toContain(`Experiment ${name}`);
    },
  );

  it("has a name and jobs of its own", () => {
    const sources = [generatedSource("a", recipe), generatedSource("b", recipe)];
    for (const experiment of experiments) {
      const jobs = experiment.jobs(sources, [1, 2]);
      const names = new Set(
        jobs.map(({ data, method, setting, seed }) => [data, method, setting, seed].join("|")),
      );
      expect(names.size, experiment.name).toBe(jobs.length);
    }
    expect(new Set(experiments.map(({ name }) => name)).size).toBe(experiments.length);
  });
});

describe("results", () => {
  it("are the same at 1 and 2 processes, and after a cut", async () => {
    const [one, two] = [at("one"), at("two")];
    const options = { sources: tiny, seeds: 2 };
    const first = await runExperiment("rounds", { ...options, out: one, threads: 1 });
    const second = await runExperiment("rounds", { ...options, out: two, threads: 2 });
    expect(second.findings).toEqual(first.findings);
    const byName = (out: string) =>
      lines(out)
        .map((row) => JSON.stringify(row))
        .sort();
    expect(byName(two)).toEqual(byName(one));

    // As a process leaves it that was killed while it wrote its 8th line.
    const whole = text(one, "results.jsonl");
    const kept = whole.split("\n").slice(0, 7).join("\n");
    writeFileSync(join(one, "results.jsonl"), `${kept}\n{"data":"tiny","meth`);
    const again = await runExperiment("rounds", { ...options, out: one });
    expect([again.found, again.jobs]).toEqual([7, 20]);
    expect(again.findings).toEqual(first.findings);
    expect(text(one, "results.jsonl").startsWith(`${kept}\n`)).toBe(true);
    expect(byName(one)).toEqual(byName(two));

    const before = statSync(join(one, "results.jsonl")).mtimeMs;
    const nothing = await runExperiment("rounds", { ...options, out: one });
    expect([nothing.found, statSync(join(one, "results.jsonl")).mtimeMs]).toEqual([20, before]);
  });

  it("of fewer seeds are gone on from", async () => {
    const out = at("seeds");
    await runExperiment("rounds", { sources: tiny, seeds: 1, out });
    const { found, jobs } = await runExperiment("rounds", { sources: tiny, seeds: 2, out });
    expect([found, jobs]).toEqual([10, 20]);
  });

  it("in CSV files are those of results.jsonl", async () => {
    const out = at("csv");
    await runExperiment("rounds", { sources: tiny, seeds: 3, out });
    const rows = csv(out, "rounds-to-a-relative-gap.csv");
    expect(rows).toHaveLength(10);
    for (const row of rows) {
      const counts = lines(out)
        .filter(({ method, setting }) => method === row.policy && setting === row.devices)
        .map(({ values }) => values["to 1e-3"] as number)
        .sort((a, b) => a - b);
      expect([row["least to 1e-3"], row["to 1e-3"], row["most to 1e-3"]].map(Number)).toEqual(counts);
    }
  });

  it("of another folder are left alone: what differs is named, nothing is lost", async () => {
    const out = at("rounds");
    const files = ["options.json", "results.jsonl", "report.html"];
    const before = files.map((name) => text(out, name));
    const other = [{ ...(tiny[0] as DataSource), lambda1: 0.5 }];
    const refused = runExperiment("rounds", { sources: other, seeds: 1, out });
    await expect(refused).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringMatching(/other options: data\.tiny\.lambda1 is 0\.05 there and 0\.5 here/),
    });
    await expect(runExperiment("faults", { sources: tiny, seeds: 1, out })).rejects.toThrow(
      'experiment is "rounds" there and "faults" here',
    );
    expect(files.map((name) => text(out, name))).toEqual(before);
  });

  it("that are damaged are named by line, and not lost", async () => {
    const out = at("damaged");
    cpSync(at("rounds"), out, { recursive: true });
    appendFileSync(join(out, "results.jsonl"), "no result\n");
    const damaged = text(out, "results.jsonl");
    await expect(runExperiment("rounds", { sources: tiny, seeds: 1, out })).rejects.toMatchObject({
      code: "BAD_INPUT",
      message: expect.stringMatching(/results\.jsonl: line 11 is no result/),
    });
    expect(text(out, "results.jsonl")).toBe(damaged);
  });

  it("are on the disk when append resolves, in whole lines however many are written at once", async () => {
    const out = at("append");
    const opened = await ResultsFolder.open(out, { experiment: "x" });
    const rows = Array.from({ length: 40 }, (_, seed) => ({
      ...{ data: "d", method: "m", setting: "s", seed, values: { value: seed } },
    }));
    await Promise.all(rows.map((row) => opened.append(row)));
    expect(lines(out)).toEqual(rows);
    await opened.close();
  });

  it("end at the first job that fails, with its name, and keep what is done", async () => {
    const labels = generatedSource("numbers", { ...recipe, kind: "regression" });
    const out = at("failing");
    const run = runExperiment("rounds", {
      sources: [...tiny, { ...labels, loss: "hinge" }],
      seeds: 1,
      out,
      threads: 1,
    });
    await expect(run).rejects.toMatchObject({
      code: "BAD_INPUT",
      message: expect.stringMatching(/^numbers, paper, all answer, seed 1: loss "hinge" needs exactly two/),
    });
    expect(lines(out).every(({ data }) => data === "tiny")).toBe(true);
    expect(lines(out)).toHaveLength(10);
  });

  it("that were aborted are gone on from", async () => {
    const out = at("aborted");
    const controller = new AbortController();
    const run = runExperiment("rounds", {
      ...{ sources: tiny, seeds: 1, out, threads: 1, signal: controller.signal },
      onProgress: (done) => {
        if (done === 3) {
          controller.abort();
        }
      },
    });
    await expect(run).rejects.toMatchObject({ code: "ABORTED" });
    const { found, findings } = await runExperiment("rounds", { sources: tiny, seeds: 1, out });
    expect(found).toBeGreaterThanOrEqual(3);
    expect(text(out, "rounds-to-a-relative-gap.csv")).toBe(
      text(at("rounds"), "rounds-to-a-relative-gap.csv"),
    );
    expect(findings.tables).toHaveLength(1);
  });

  it("of some methods are part of those of all", async () => {
    for (const { name, jobs: jobsOf } of experiments) {
      const method = jobsOf(tiny, [1])[0]?.method ?? "";
      const { jobs, found } = await runExperiment(name, {
        ...{ sources: tiny, seeds: 1, methods: [method], out: at(name) },
      });
      expect(found, name).toBe(jobs);
      expect(jobs, name).toBe(lines(at(name)).filter((row) => row.method === method).length);
    }
  });
});

describe("what experiments rest on", () => {
  it("a race's clocks are those of simulate on each device and network", async () => {
    const tasks = generatedTasks(recipe);
    for (const method of ["mocha", "cocoa", "minibatch-sgd"] as const) {
      const clocks = new NetworkClocks(method, tasks.names, 5);
      const options = {
        ...{
          method,
          relationship: mean({ lambda1: 0.1, lambda2: 0.1 }),
          weighting: "mean" as const,
          seed: 5,
        },
        ...{ baseline: method === "minibatch-sgd" ? { scaling: 1 } : {}, stop: { rounds: 7, gap: 0 } },
      };
      await simulate(tasks, { ...options, onRound: (_, costs) => clocks.add(costs) }).result;
      for (const clock of raceClockNames) {
        const { device, network } = raceClocks[clock];
        const { time } = await simulate(tasks, { ...options, devices: device, network }).result;
        expect(clocks.time(clock) / time, `${method}, ${clock}`).toBeCloseTo(1, 12);
      }
    }
  });

  it("the relationship of a race is the minimiser of its Omega step", () => {
    const W = [1, 2, 3].map((t) => Float64Array.from({ length: 4 }, (_, j) => Math.sin(t * (j + 1))));
    const Sigma = sigmaOf(W);
    expect(Sigma.trace()).toBeCloseTo(1, 12);
    // Sigma is proportional to (W'W + epsilon I)^1/2: its square less W'W is a multiple of I, the same for all.
    const rows = new Matrix(W.map((w) => Array.from(w)));
    const G = rows.mmul(rows.transpose());
    const { realEigenvalues } = new EigenvalueDecomposition(G, { assumeSymmetric: true });
    const norm = realEigenvalues.reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0);
    const epsilon = (0.1 * norm) ** 2 / 9;
    const T = realEigenvalues.reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0) + epsilon), 0);
    const difference = Sigma.mmul(Sigma)
      .mul(T * T)
      .sub(G)
      .sub(Matrix.eye(3).mul(epsilon));
    expect(difference.abs().max()).toBeLessThan(1e-12 * G.abs().max());
  });

  it("a race's optimum bounds the primal from below, and is near it", async () => {
    const { tasks, options, optimum } = await raceProblem(
      await loadData({ ...(tiny[0] as DataSource), scaled: false }),
    );
    const { certificate } = await fit(tasks, { ...options, policy: "row", stop: { gap: 1e-7 } }).result;
    expect(certificate.primal).toBeGreaterThanOrEqual(optimum);
    expect(certificate.primal - optimum).toBeLessThan(2e-6 * certificate.primal);
  });

  it("curves count time and bytes from the start", () => {
    for (const { series = {} } of [...lines(at("faults")), ...lines(at("stragglers"))]) {
      for (const name of Object.keys(series).filter((one) => one !== "primal")) {
        const values = series[name] as number[];
        expect(values.every((value, i) => i === 0 || value > (values[i - 1] as number))).toBe(true);
      }
    }
  });

  it("a device that never answers leaves the optimum of the others", () => {
    const rows = lines(at("faults")).filter(({ setting }) => setting === "one at p = 1");
    expect(rows).toHaveLength(1);
    for (const { values, words } of rows) {
      expect(values.distanceToIt).toBeLessThanOrEqual(1e-4);
      expect(values.suboptimality).toBeGreaterThan(1e-2);
      expect(words?.absent).toBe("task-01");
    }
  });

  it("the released arithmetic with Sigma = I/m comes to the optimum of local models", () => {
    const tasks = generatedTasks(recipe);
    const targets = tasks.labels();
    const rows = rowsWithTargets(tasks, targets, "mean");
    const given = { lambda: 0.05, outer: 1, inner: 400, share: 1 };
    const released = releasedMocha(rows, tasks.cols, { ...given, recompute: false });
    const m = tasks.taskCount;
    return fit(tasks, {
      ...{ loss: "hinge", weighting: "mean", stop: { gap: 1e-9, rounds: 5000 } },
      relationship: fixed({ sigma: Matrix.eye(m).mul(1 / m), lambda1: given.lambda }),
    }).result.then(({ model }) => {
      tasks.names.forEach((name, t) => {
        model.weights(name).forEach((w, j) => {
          expect(released.W[t]?.[j]).toBeCloseTo(w, 3);
        });
      });
    });
  });

  it("the released arithmetic reports a dual above its primal; with W recomputed it is a bound", () => {
    const tasks = generatedTasks({ ...recipe, rows: [30, 40] });
    const rows = rowsWithTargets(tasks, tasks.labels(), "mean");
    const given = { lambda: 0.01, outer: 6, inner: 60, share: 0.5 };
    const released = releasedMocha(rows, tasks.cols, { ...given, recompute: false });
    const repaired = releasedMocha(rows, tasks.cols, { ...given, recompute: true });
    expect(released.reports.some(({ primal, dual }) => dual > primal)).toBe(true);
    expect(released.reports.some(({ distance }) => distance > 0.1)).toBe(true);
    for (const { primal, dual, distance } of repaired.reports) {
      expect(primal - dual).toBeGreaterThanOrEqual(-1e-9 * primal);
      expect(distance).toBe(0);
    }
  });

  it("the pooled problem has the optimum of the global model", async () => {
    const tasks = generatedTasks({ ...recipe, rows: [10, 40] });
    const options = { loss: "squared", stop: { gap: 1e-10, rounds: 20_000 } } as const;
    const pool = await fit(pooled(tasks), { ...options, relationship: independent({ lambda1: 0.3 }) }).result;
    const whole = await fit(tasks, { ...options, weighting: "mean", relationship: global({ lambda1: 0.3 }) })
      .result;
    expect(pool.certificate.primal / whole.certificate.primal).toBeCloseTo(1, 8);
    pool.model.weights("0").forEach((w, j) => {
      expect(whole.model.weights("task-01")[j]).toBeCloseTo(w, 4);
    });
  });

  it("statistics", () => {
    expect(summary([1, 2, 3, 4])).toEqual({ mean: 2.5, standardError: Math.sqrt(5 / 3 / 4) });
    expect(pairedDifference([3, 5], [1, 3])).toEqual({ mean: 2, standardError: 0 });
    expect(summary([1]).standardError).toBeNaN();
    expect([median([3, 1, 2]), median([1, 2, 3, Number.POSITIVE_INFINITY])]).toEqual([2, 2.5]);
    expect(median([1, Number.POSITIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY);
  });

  it("published data sets are known by the names of their files, whatever the ending", async () => {
    const file = at("har66.svm");
    writeFileSync(file, "4 qid:1 1:1\n5 qid:1 1:2\n");
    const source = await sourceOf(file);
    expect(source).toMatchObject({ name: "har66", loss: "hinge", positive: 4, lambda1: 1e-4 });
    expect(await sourceOf(file, { loss: "squared" })).not.toHaveProperty("positive");
    await expect(sourceOf(file, { metric: "rmse" })).rejects.toMatchObject({ code: "INVALID_OPTION" });
    expect(await sourceOf("gleam", { lambda1: 2 })).toMatchObject({
      recipe: { profile: "gleam" },
      lambda1: 2,
    });
    await expect(sourceOf(at("absent.svm"))).rejects.toMatchObject({ code: "IO" });
    expect((await loadData(source)).tasks).toBeInstanceOf(TaskSet);
  });
});
