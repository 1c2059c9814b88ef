// Times one Omega step of sparse-precision from Omega = I, for docs/relationships.md, and checks its optimality conditions.
//
//     node scripts/sparse_precision.cjs [M:RHO...]
//
// Needs a built checkout. W has 30 features and m tasks in five groups: a group's normal numbers plus the task's own, so that
// S = W'W / 30 has 2 on its diagonal, about 1 within groups, and rank 30.
"use strict";

const { native } = require("../dist/native.js");
const { toNative, sparsePrecision } = require("../dist/mocha/relationships.js");

const d = 30;
const groups = 5;

/** Standard normal numbers from a 32-bit generator (mulberry32). @param {number} seed */
function normals(seed) {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** @param {number} m */
function models(m) {
  const normal = normals(1);
  const centres = Float64Array.from({ length: groups * d }, normal);
  return Float64Array.from(
    { length: m * d },
    (_, i) => normal() + (centres[(Math.floor(i / d) % groups) * d + (i % d)] ?? 0),
  );
}

/**
 * The largest entry of the least subgradient, relative to the root of Sigma_ss Sigma_tt.
 * @param {Float64Array} W @param {Float64Array} sigma @param {import("../dist/native.js").NativePrecision} omega
 * @param {number} rho
 */
function residual(W, sigma, omega, rho) {
  const m = omega.diagonal.length;
  const signs = new Int8Array(m * m);
  omega.values.forEach((value, e) => {
    signs[(omega.from[e] ?? 0) * m + (omega.to[e] ?? 0)] = Math.sign(value);
  });
  let worst = 0;
  for (let s = 0; s < m; s++) {
    for (let t = s; t < m; t++) {
      let product = 0;
      for (let j = 0; j < d; j++) {
        product += (W[s * d + j] ?? 0) * (W[t * d + j] ?? 0);
      }
      const slope = product / d - (sigma[s * m + t] ?? 0);
      const sign = s === t ? 1 : (signs[s * m + t] ?? 0);
      const left = sign === 0 ? Math.max(0, Math.abs(slope) - rho) : Math.abs(slope + sign * rho);
      worst = Math.max(worst, left / Math.sqrt((sigma[s * m + s] ?? 0) * (sigma[t * m + t] ?? 0)));
    }
  }
  return worst;
}

async function main() {
  const given = process.argv.slice(2);
  for (const one of given.length > 0 ? given : ["100:1", "100:0.1", "500:1", "500:0.5", "2000:1.2"]) {
    const [m = 0, rho = 0] = one.split(":").map(Number);
    const W = models(m);
    const relationship = toNative(sparsePrecision({ lambda1: 1, rho }), { tasks: m, names: () => [] }, 1, 0);
    const start = performance.now();
    const { kernel } = await native.relationshipAt(relationship, m, d, W, undefined);
    const seconds = (performance.now() - start) / 1000;
    if (!("matrix" in kernel) || kernel.precision === undefined) {
      throw new Error("the relationship has no precision");
    }
    const edges = kernel.precision.values.length;
    const share = ((200 * edges) / (m * (m - 1))).toFixed(1);
    const left = residual(W, kernel.matrix, kernel.precision, rho).toExponential(0);
    console.log(`| ${m} | ${rho} | ${edges} (${share} %) | ${seconds.toFixed(2)} s | ${left} |`);
  }
}

main();
