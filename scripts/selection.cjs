// Measures the tables of docs/selection.md and prints them as Markdown:
//
//     node scripts/selection.cjs ../shared/data [paths|processes]
//
// `paths` counts rounds and compares objectives, so neither the machine nor its load changes it; `processes` takes
// times. Needs a built checkout and the data sets, which are not part of the project.
"use strict";

const path = require("node:path");
const { crossValidate, fit, lambdaPath, mean, readTasks, traceNorm } = require("../dist/index.js");

/** @typedef {import("../dist/index.js").FitOptions} FitOptions */
/** @typedef {import("../dist/index.js").FitResult} FitResult */
/** @typedef {import("../dist/index.js").Relationship} Relationship */

/** @type {{ name: string, options: FitOptions }[]} */
const problems = [
  { name: "school", options: { loss: "squared" } },
  { name: "landmine", options: { loss: "hinge" } },
  { name: "har66", options: { loss: "hinge", positive: 4 } },
];
/** @type {FitOptions} */
const shared = { weighting: "mean", standardize: true, intercept: "penalized", seed: 1 };
const lambdas = [10, 3, 1, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4];

/** @param {FitResult} result */
const objectiveOf = ({ certificate }) => certificate.jointObjective ?? certificate.primal;

/** @param {readonly FitResult[]} results */
const rounds = (results) => results.reduce((sum, { history }) => sum + history.length, 0);

/**
 * Trainings one after another, each with everything that the model before it has.
 * @param {import("../dist/index.js").TaskSet} tasks
 * @param {FitOptions} options
 * @param {readonly Relationship[]} relationships
 */
async function warmFits(tasks, options, relationships) {
  /** @type {FitResult[]} */
  const results = [];
  for (const relationship of relationships) {
    const warmStart = results.at(-1)?.model;
    const start = warmStart === undefined ? {} : { warmStart };
    results.push(await fit(tasks, { ...options, ...start, relationship }).result);
  }
  return results;
}

/** @param {string} folder */
async function measurePaths(folder) {
  for (const { name, options } of problems) {
    const tasks = await readTasks(path.join(folder, `${name}.svm.gz`));
    const { train } = tasks.split({ test: 0.25, seed: 1 });
    for (const family of ["mean", "trace-norm"]) {
      /** @param {number} lambda1 @param {number} [epsilon] */
      const relationshipOf = (lambda1, epsilon) =>
        family === "mean"
          ? mean({ lambda1, lambda2: 0.1 * lambda1 })
          : traceNorm({ lambda1, ...(epsilon === undefined ? {} : { epsilon }) });
      const all = { ...shared, ...options };
      /** @type {FitResult[]} */
      const cold = [];
      for (const lambda1 of lambdas) {
        cold.push(await fit(train, { ...all, relationship: relationshipOf(lambda1) }).result);
      }
      /** @type {FitResult[]} */
      const along = [];
      if (family === "mean") {
        along.push(
          ...(await warmFits(
            train,
            all,
            lambdas.map((lambda1) => relationshipOf(lambda1)),
          )),
        );
      } else {
        along.push(
          ...(await lambdaPath(train, { ...all, relationship: traceNorm(), grid: { lambda1: lambdas } })),
        );
      }
      // The floors of the cold trainings, so that all of them solve the same problems.
      const floors = cold.map(({ model }) => Number(model.options.epsilon));
      const carried = await warmFits(
        train,
        all,
        lambdas.map((lambda1, i) => relationshipOf(lambda1, floors[i])),
      );
      /** @param {readonly FitResult[]} results */
      const excess = (results) =>
        results.reduce((most, result, i) => {
          const reference = objectiveOf(/** @type {FitResult} */ (cold[i]));
          return Math.max(most, objectiveOf(result) / reference - 1);
        }, Number.NEGATIVE_INFINITY);
      const cells = [rounds(cold), rounds(along), excess(along).toExponential(1)];
      const last = family === "mean" ? ["-", "-"] : [rounds(carried), excess(carried).toExponential(1)];
      console.log(`| ${[name, family, ...cells, ...last].join(" | ")} |`);
    }
  }
}

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** @param {string} folder */
async function measureProcesses(folder) {
  for (const { name, options } of problems) {
    const tasks = await readTasks(path.join(folder, `${name}.svm.gz`));
    /** @type {Record<string, number[]>} */
    const seconds = { "1 process": [], "2 processes": [] };
    for (let repeat = 0; repeat < 5; repeat++) {
      for (const parallel of [1, 2]) {
        const start = performance.now();
        await crossValidate(tasks, { ...shared, ...options, parallel });
        seconds[parallel === 1 ? "1 process" : "2 processes"]?.push((performance.now() - start) / 1000);
      }
    }
    const cells = Object.values(seconds).map((times) => `${median(times).toFixed(2)} s`);
    console.log(`| ${[name, ...cells].join(" | ")} |`);
  }
}

const [, , folder, which] = process.argv;
if (folder === undefined) {
  console.error("usage: node scripts/selection.cjs ../shared/data [paths|processes]");
  process.exitCode = 2;
} else {
  (async () => {
    if (which !== "processes") await measurePaths(folder);
    if (which !== "paths") await measureProcesses(folder);
  })();
}
