// Compares the families of relationships on real data, for docs/relationships.md: test errors over splits within tasks,
// everything chosen by cross-validation on the training part.
//
//     node scripts/families.cjs ../shared/data RESULTS.jsonl [DATA...] [--families A,B]
//                                                          measure; goes on where RESULTS.jsonl ends
//     node scripts/families.cjs --table RESULTS.jsonl      print the tables
//
// A line of RESULTS.jsonl is one data set, split and family. Errors do not depend on the machine or its load. Needs a built
// checkout and the data sets, which are not part of the project.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");
const fedmtl = require("../dist/index.js");
const { crossValidate, fit, readTasks } = fedmtl;
const { printTables } = require("./families_table.cjs");

/** @typedef {import("../dist/index.js").TaskSet} TaskSet */
/** @typedef {import("../dist/index.js").Relationship} Relationship */
/** @typedef {import("../dist/index.js").FitOptions} FitOptions */
/** @typedef {import("../dist/index.js").Grid} Grid */

/** @typedef {{ file: string, metric: import("../dist/index.js").MetricName, options: FitOptions }} Problem */

/** What to learn of which file, and what to choose by. @type {Record<string, Problem>} */
const problems = {
  school: { file: "school", metric: "rmse", options: { loss: "squared" } },
  landmine: { file: "landmine", metric: "error", options: { loss: "hinge" } },
  "landmine, by AUC": { file: "landmine", metric: "auc", options: { loss: "logistic" } },
  har66: { file: "har66", metric: "error", options: { loss: "hinge", positive: 4 } },
  computers: { file: "computers", metric: "rmse", options: { loss: "squared" } },
  parkinsons_motor: { file: "parkinsons_motor", metric: "rmse", options: { loss: "squared" } },
};
const seeds = Array.from({ length: 10 }, (_, i) => i + 1);
const folds = 3;
const lambda1 = [100, 10, 1, 0.1, 1e-2, 1e-3, 1e-4, 1e-5];
const lambda2 = [0.1, 1e-2, 1e-3, 1e-4];
const neighbours = 3;
/** @type {FitOptions} */
const shared = { weighting: "mean", standardize: true, intercept: "penalized", seed: 1 };
/** Choosing among values a factor of ten apart needs less than the training that is judged. */
const choosing = { ...shared, stop: { gap: 1e-2, rounds: 2000 } };
const judged = { ...shared, stop: { gap: 1e-3, rounds: 5000 } };

/**
 * rho in the units of W'W/d: coefficients of predicted numbers that differ by some ten, and of margins of 1.
 * @param {FitOptions} options @returns {Grid}
 */
const gridOfPrecision = ({ loss }) => ({
  lambda1: loss === "squared" ? [10, 1, 0.1, 0.01] : lambda1,
  rho: [1, 0.1, 0.01],
});

/**
 * @typedef {{ relationship: (local: import("../dist/index.js").Model) => Relationship,
 *   grid: Grid | ((options: FitOptions) => Grid) }} Entry
 * @type {Record<string, Entry>}
 */
const families = {
  global: { relationship: () => fedmtl.global(), grid: { lambda1 } },
  independent: { relationship: () => fedmtl.independent(), grid: { lambda1 } },
  mean: { relationship: () => fedmtl.mean({ lambda2: 1 }), grid: { lambda1, lambda2 } },
  graph: {
    relationship: (local) => fedmtl.graph({ lambda2: 1, edges: nearest(local) }),
    grid: { lambda1, lambda2 },
  },
  "trace-norm": { relationship: () => fedmtl.traceNorm(), grid: { lambda1 } },
  clustered: { relationship: () => fedmtl.clustered({ k: 2 }), grid: { lambda1, k: [2, 4, 8] } },
  "sparse-precision": { relationship: () => fedmtl.sparsePrecision(), grid: gridOfPrecision },
};

/**
 * No graph comes with these data: every task is joined to those whose local models, of the training part, are nearest.
 * @param {import("../dist/index.js").Model} local
 * @returns {[string, string, number][]}
 */
function nearest(local) {
  const names = local.names;
  const weights = names.map((name) => local.weights(name));
  /** @type {Map<string, [string, string, number]>} */
  const edges = new Map();
  for (const [a, mine] of weights.entries()) {
    const distances = weights.map((other, b) => ({
      b,
      distance: a === b ? Infinity : other.reduce((sum, value, j) => sum + (value - (mine[j] ?? 0)) ** 2, 0),
    }));
    distances.sort((one, two) => one.distance - two.distance);
    for (const { b } of distances.slice(0, neighbours)) {
      const [first, second] = a < b ? [a, b] : [b, a];
      edges.set(`${first},${second}`, [names[first] ?? "", names[second] ?? "", 1]);
    }
  }
  return [...edges.values()];
}

/**
 * @param {TaskSet} train
 * @param {TaskSet} test
 * @param {Problem} problem
 * @param {string} family
 * @param {import("../dist/index.js").Model | undefined} local
 */
async function judge(train, test, { metric, options }, family, local) {
  const entry = families[family];
  if (entry === undefined || (family === "graph" && local === undefined)) {
    throw new Error(`${family} needs the local models of the same split`);
  }
  const relationship = entry.relationship(/** @type {import("../dist/index.js").Model} */ (local));
  const found = await crossValidate(train, {
    ...choosing,
    ...options,
    relationship,
    grid: typeof entry.grid === "function" ? entry.grid(options) : entry.grid,
    folds,
    metric,
  });
  const result = await fit(train, { ...judged, ...options, relationship: found.best.relationship }).result;
  const { macro } = result.model.evaluate(test);
  return { model: result.model, values: found.best.values, status: result.status, macro };
}

/** @param {string} folder @param {string} file @param {readonly string[]} names @param {readonly string[]} known */
async function measure(folder, file, names, known) {
  const lines = fs.existsSync(file) ? fs.readFileSync(file, "utf8").trimEnd().split("\n") : [];
  const done = new Set(
    lines.map((line) => {
      const { data, seed, family } = JSON.parse(line);
      return `${data} ${seed} ${family}`;
    }),
  );
  for (const seed of seeds) {
    for (const data of names) {
      const problem = problems[data];
      if (problem === undefined) {
        throw new Error(`no data set ${data}; give some of ${Object.keys(problems).join(", ")}`);
      }
      const missing = known.filter((family) => !done.has(`${data} ${seed} ${family}`));
      if (missing.length === 0) {
        continue;
      }
      const tasks = await readTasks(path.join(folder, `${problem.file}.svm.gz`));
      const { train, test } = tasks.split({ test: 0.25, seed });
      let local;
      for (const family of known.filter((one) => missing.includes(one) || one === "independent")) {
        const start = performance.now();
        const { model, values, status, macro } = await judge(train, test, problem, family, local);
        local = family === "independent" ? model : local;
        if (missing.includes(family)) {
          const seconds = (performance.now() - start) / 1000;
          fs.appendFileSync(
            file,
            `${JSON.stringify({ data, seed, family, values, status, macro, seconds })}\n`,
          );
        }
      }
    }
  }
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { table: { type: "string" }, families: { type: "string" } },
});
const [folder, file, ...names] = positionals;
const chosen = flags.families?.split(",") ?? Object.keys(families);
if (flags.table !== undefined) {
  printTables(flags.table);
} else if (folder === undefined || file === undefined || chosen.some((one) => families[one] === undefined)) {
  console.error(
    "usage: node scripts/families.cjs (../shared/data RESULTS.jsonl [DATA...] [--families A,B] | --table RESULTS.jsonl)",
  );
  process.exitCode = 2;
} else {
  measure(folder, file, names.length === 0 ? Object.keys(problems) : names, chosen);
}
