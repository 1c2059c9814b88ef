// The tables of docs/relationships.md from the results of scripts/families.cjs.
"use strict";

const fs = require("node:fs");

/** @typedef {{ data: string, seed: number, family: string, macro: Record<string, number> }} Line */

/** The metrics that are shown, where a data set has them, and how. @type {[string, (value: number) => string][]} */
const metrics = [
  ["error", (value) => `${(100 * value).toFixed(2)} %`],
  ["auc", (value) => value.toFixed(3)],
  ["rmse", (value) => value.toFixed(3)],
  ["explainedVariance", (value) => value.toFixed(3)],
];

/** @param {readonly number[]} values @returns {{ mean: number, standardError: number }} */
function summary(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / (values.length - 1) / values.length) };
}

/** @param {readonly Line[]} lines @param {string} metric @param {(value: number) => string} show */
function printTable(lines, metric, show) {
  /** @param {string} family @param {number} seed */
  const scoreOf = (family, seed) =>
    lines.find((line) => line.family === family && line.seed === seed)?.macro[metric] ?? Number.NaN;
  const seeds = [...new Set(lines.map(({ seed }) => seed))];
  /** @param {readonly number[]} values */
  const withError = (values) => {
    const { mean, standardError } = summary(values);
    return `${show(mean)} (${show(standardError)})`;
  };
  console.log(
    `| relationship | ${metric} (s.e.) | minus independent (s.e.) | minus global (s.e.) |\n|---|---|---|---|`,
  );
  for (const family of new Set(lines.map((line) => line.family))) {
    const own = seeds.map((seed) => scoreOf(family, seed));
    const differences = ["independent", "global"].map((other) =>
      other === family
        ? "-"
        : withError(seeds.map((seed, i) => (own[i] ?? Number.NaN) - scoreOf(other, seed))),
    );
    console.log(`| ${[`\`${family}\``, withError(own), ...differences].join(" | ")} |`);
  }
  console.log("");
}

/** @param {string} file of results, a line each */
function printTables(file) {
  /** @type {Line[]} */
  const lines = fs
    .readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  for (const data of new Set(lines.map((line) => line.data))) {
    const own = lines.filter((line) => line.data === data);
    console.log(`**${data}**\n`);
    for (const [metric, show] of metrics) {
      if (own[0]?.macro[metric] !== undefined) {
        printTable(own, metric, show);
      }
    }
  }
}

module.exports = { printTables };
