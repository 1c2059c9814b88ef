// Dual coordinate descent for the linear SVM as one would write it with ml-matrix: rows and w are matrices, a step is
// their `dot` and an `add`. `node ml_matrix_solver.cjs DATA C EPOCHS OUT` writes w and alpha to OUT.
"use strict";

const { writeFileSync } = require("node:fs");
const { Matrix } = require("ml-matrix");
const { readSvmlight } = require("./svmlight_text.cjs");

/**
 * @param {import("./svmlight_text.cjs").Rows} data
 * @returns {Matrix[]} a column vector a row
 */
function toVectors({ rows, cols, indptr, indices, values }) {
  return Array.from({ length: rows }, (_, row) => {
    const x = Matrix.zeros(cols, 1);
    for (let i = indptr[row] ?? 0; i < (indptr[row + 1] ?? 0); i++) x.set(indices[i] ?? 0, 0, values[i] ?? 0);
    return x;
  });
}

/**
 * @param {import("./svmlight_text.cjs").Rows} data
 * @param {number} C
 * @param {number} epochs
 */
function solve(data, C, epochs) {
  const vectors = toVectors(data);
  const squaredNorms = vectors.map((x) => x.dot(x));
  const w = Matrix.zeros(data.cols, 1);
  const alpha = new Float64Array(data.rows);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const [row, x] of vectors.entries()) {
      const y = data.labels[row] ?? 0;
      const old = alpha[row] ?? 0;
      const gradient = y * w.dot(x) - 1;
      const next = Math.min(Math.max(old - gradient / (squaredNorms[row] ?? 1), 0), C);
      if (next !== old) {
        alpha[row] = next;
        w.add(Matrix.mul(x, (next - old) * y));
      }
    }
  }
  return { w: Float64Array.from(w.to1DArray()), alpha };
}

const [path = "", C = "1", epochs = "10", out = ""] = process.argv.slice(2);
const data = readSvmlight(path);
const start = performance.now();
const { w, alpha } = solve(data, Number(C), Number(epochs));
const seconds = (performance.now() - start) / 1000;
writeFileSync(`${out}.w`, w);
writeFileSync(`${out}.alpha`, alpha);
process.stdout.write(JSON.stringify({ seconds }));
