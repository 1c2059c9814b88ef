// The tight loop in JavaScript: dual coordinate descent with shrinking for the linear SVM (Hsieh et al., A Dual
// Coordinate Descent Method for Large-scale Linear SVM, ICML 2008, algorithm 3), which is LIBLINEAR's `-s 3`, on typed
// arrays. `node js_solver.cjs DATA C TOLERANCE OUT` writes w and alpha to OUT and prints its times as JSON.
// @ts-nocheck Checked element accesses, which the compiler asks for, cost a quarter of the speed.
"use strict";

const { writeFileSync } = require("node:fs");
const { readSvmlight } = require("./svmlight_text.cjs");

/** @param {import("./svmlight_text.cjs").Rows} data */
function squaredNormsOf({ rows, indptr, values }) {
  const norms = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let i = indptr[row]; i < indptr[row + 1]; i++) norms[row] += values[i] * values[i];
  }
  return norms;
}

/** Swaps two entries. */
function swap(order, a, b) {
  const kept = order[a];
  order[a] = order[b];
  order[b] = kept;
}

/** A source of whole numbers from 0, below `n`: xorshift32, whose bias is of no account for n as small as these. */
function randomNumbers() {
  let state = 1;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

/**
 * @param {import("./svmlight_text.cjs").Rows} data
 * @param {number} C
 * @param {number} tolerance of the largest violation, as LIBLINEAR's -e
 * @returns {{ w: Float64Array, alpha: Float64Array, epochs: number }}
 */
function solve(data, C, tolerance) {
  const { rows, cols, indptr, indices, values, labels } = data;
  const squaredNorms = squaredNormsOf(data);
  const w = new Float64Array(cols);
  const alpha = new Float64Array(rows);
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  const below = randomNumbers();
  let active = rows;
  let upper = Number.POSITIVE_INFINITY;
  let lower = Number.NEGATIVE_INFINITY;
  for (let epoch = 1; ; epoch++) {
    let largest = Number.NEGATIVE_INFINITY;
    let smallest = Number.POSITIVE_INFINITY;
    for (let k = 0; k < active; k++) swap(order, k, k + below(active - k));
    for (let k = 0; k < active; k++) {
      const row = order[k];
      const begin = indptr[row];
      const end = indptr[row + 1];
      const y = labels[row];
      const old = alpha[row];
      let score = 0;
      for (let i = begin; i < end; i++) score += w[indices[i]] * values[i];
      const gradient = y * score - 1;
      if ((old === 0 && gradient > upper) || (old === C && gradient < lower)) {
        // Shrinking: a variable that sits firmly at its bound is left out until the others have converged.
        swap(order, k--, --active);
        continue;
      }
      const violation = old === 0 ? Math.min(gradient, 0) : old === C ? Math.max(gradient, 0) : gradient;
      if (violation > largest) largest = violation;
      if (violation < smallest) smallest = violation;
      if (Math.abs(violation) > 1e-12) {
        const norm = squaredNorms[row];
        const next = norm > 0 ? Math.min(Math.max(old - gradient / norm, 0), C) : C;
        const step = (next - old) * y;
        alpha[row] = next;
        for (let i = begin; i < end; i++) w[indices[i]] += step * values[i];
      }
    }
    const converged = largest - smallest <= tolerance;
    if (converged && active === rows) return { w, alpha, epochs: epoch };
    // Converged on what is left: once more over all rows, without shrinking.
    if (converged) active = rows;
    upper = !converged && largest > 0 ? largest : Number.POSITIVE_INFINITY;
    lower = !converged && smallest < 0 ? smallest : Number.NEGATIVE_INFINITY;
  }
}

const [path, C, tolerance, out] = process.argv.slice(2);
const data = readSvmlight(path);
const start = performance.now();
const { w, alpha, epochs } = solve(data, Number(C), Number(tolerance));
const seconds = (performance.now() - start) / 1000;
writeFileSync(`${out}.w`, w);
writeFileSync(`${out}.alpha`, alpha);
process.stdout.write(JSON.stringify({ seconds, epochs }));
