// Measures the tables of docs/selection.md and docs/new-tasks.md and prints them as Markdown:
//
//     node scripts/selection.cjs ../shared/data [paths|processes|tasks]
//
// `paths` counts rounds and compares objectives, so neither the machine nor its load changes it; `processes` and `tasks`
// take times. Needs a built checkout and the data sets, which are not part of the project.
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

/**
 * Ten tasks are left out of a training and added later; against a training of all.
 * @param {string} folder
 */
async function measureNewTasks(folder) {
  for (const { name, options } of problems) {
    const tasks = await readTasks(path.join(folder, `${name}.svm.gz`));
    for (const lambda1 of [1e-3, 1e-2, 0.1]) {
      /** @type {{ joint: number, added: number, mean: number, milliseconds: number[] }[]} */
      const results = [];
      for (const seed of [1, 2, 3, 4, 5]) {
        const { train, test } = tasks.split({ test: 0.25, seed });
        const step = Math.floor(train.taskCount / 10);
        const left = Array.from({ length: 10 }, (_, i) => train.names[i * step + (seed % step)] ?? "");
        const rest = train.names.filter((one) => !left.includes(one));
        const all = { ...shared, ...options, relationship: traceNorm({ lambda1 }) };
        const joint = await fit(train, all).result;
        let { model } = await fit(train.select(rest), all).result;
        const chosen = test.select(left);
        /** @param {import("../dist/index.js").Evaluation} evaluation */
        const score = ({ macro }) => macro.error ?? macro.rmse ?? Number.NaN;
        const mean = score(model.evaluate(chosen, { unknownTask: "mean" }));
        const milliseconds = [];
        for (const one of left) {
          const rows = train.select([one]);
          const start = performance.now();
          model = await model.addTask(one, rows);
          milliseconds.push(performance.now() - start);
        }
        const added = score(model.evaluate(chosen));
        results.push({ joint: score(joint.model.evaluate(chosen)), added, mean, milliseconds });
      }
      /** @param {(result: typeof results[number]) => number} value */
      const average = (value) => results.reduce((sum, one) => sum + value(one), 0) / results.length;
      const unit = options.loss === "squared" ? "" : " %";
      /** @param {number} value */
      const show = (value) => (unit === "" ? value.toFixed(3) : (100 * value).toFixed(2)) + unit;
      const scores = [
        average((one) => one.joint),
        average((one) => one.added),
        average((one) => one.mean),
      ].map(show);
      const times = results.flatMap(({ milliseconds }) => milliseconds);
      console.log(
        `| ${[name, lambda1, ...scores, `${median(times).toFixed(1)} ms`, `${Math.max(...times).toFixed(1)} ms`].join(" | ")} |`,
      );
    }
  }
}

const [, , folder, which] = process.argv;
if (folder === undefined) {
  console.error("usage: node scripts/selection.cjs ../shared/data [paths|processes|tasks]");
  process.exitCode = 2;
} else {
  (async () => {
    if (which === undefined || which === "paths") await measurePaths(folder);
    if (which === undefined || which === "processes") await measureProcesses(folder);
    if (which === undefined || which === "tasks") await measureNewTasks(folder);
  })();
}
