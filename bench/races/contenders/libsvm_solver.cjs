// libsvm-js (LIBSVM 3.22 as WebAssembly), C-SVC with the linear kernel, which has an unpenalised intercept.
// `node libsvm_solver.cjs DATA C TOLERANCE OUT` writes w and alpha to OUT and prints the intercept.
"use strict";

const { writeFileSync } = require("node:fs");
// @ts-expect-error the package has no types
const loading = require("libsvm-js");
const { readSvmlight } = require("./svmlight_text.cjs");

/**
 * @param {import("./svmlight_text.cjs").Rows} data
 * @returns {number[][]} full rows, which is what the package takes
 */
function toRows({ rows, cols, indptr, indices, values }) {
  return Array.from({ length: rows }, (_, row) => {
    const x = Array.from({ length: cols }, () => 0);
    for (let i = indptr[row] ?? 0; i < (indptr[row + 1] ?? 0); i++) x[indices[i] ?? 0] = values[i] ?? 0;
    return x;
  });
}

/**
 * @param {string} model LIBSVM's model file
 * @returns {{ coefficients: number[], rho: number, sign: number }} alpha y of the support vectors, for the first label
 */
function parseModel(model) {
  const lines = model.trim().split("\n");
  const field = (/** @type {string} */ name) =>
    lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? "";
  return {
    coefficients: lines.slice(lines.indexOf("SV") + 1).map((line) => Number.parseFloat(line)),
    rho: Number(field("rho")),
    sign: field("label").startsWith("1") ? 1 : -1,
  };
}

/** @param {string[]} args */
async function main([path = "", C = "1", tolerance = "1e-3", out = ""]) {
  const SVM = await loading;
  const data = readSvmlight(path);
  const rows = toRows(data);
  const { C_SVC: type } = SVM.SVM_TYPES;
  const { LINEAR: kernel } = SVM.KERNEL_TYPES;
  const svm = new SVM({ type, kernel, cost: Number(C), tolerance: Number(tolerance), quiet: true });
  const start = performance.now();
  svm.train(rows, Array.from(data.labels));
  const seconds = (performance.now() - start) / 1000;

  const { coefficients, rho, sign } = parseModel(svm.serializeModel());
  const w = new Float64Array(data.cols);
  const alpha = new Float64Array(data.rows);
  for (const [position, row] of svm.getSVIndices().entries()) {
    const coefficient = sign * (coefficients[position] ?? 0);
    alpha[row] = Math.abs(coefficient);
    for (const [j, value] of (rows[row] ?? []).entries()) w[j] = (w[j] ?? 0) + coefficient * value;
  }
  writeFileSync(`${out}.w`, w);
  writeFileSync(`${out}.alpha`, alpha);
  process.stdout.write(JSON.stringify({ seconds, intercept: -sign * rho }));
}

void main(process.argv.slice(2));
