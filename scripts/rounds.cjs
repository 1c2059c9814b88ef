// Measures the tables of docs/rounds.md and that of warm starts in docs/checkpoints.md, and draws docs/rounds.svg:
//
//     node scripts/rounds.cjs ../shared/data [policies|drops|omega|certificate|warm]
//
// Prints them as Markdown. Everything measured is a count of rounds or an objective, so neither the machine
// nor its load changes it. Needs a built checkout and the data sets, which are not part of the project.
"use strict";

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { EVD, Matrix } = require("ml-matrix");

const root = path.join(__dirname, "..");
const policies = ["paper", "row", "spectral", "adaptive", "accelerated"];
const seeds = [1, 2, 3, 4, 5];
const targets = [1e-2, 1e-3];

const problems = [
  { name: "landmine", lambda1: "1e-3", flags: [] },
  { name: "har66", lambda1: "1e-4", flags: ["--positive", "4"] },
];

/**
 * One training with a certificate after every round.
 * @param {string} folder @param {typeof problems[number]} problem @param {string} policy @param {number} seed
 * @returns {number[]} relative gap after each round
 */
function gaps(folder, problem, policy, seed) {
  const history = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "rounds-")), "history.jsonl");
  const { name, lambda1, flags } = problem;
  execFileSync(process.execPath, [
    ...[path.join(root, "dist/cli/main.js"), "train", path.join(folder, `${name}.svm.gz`), "--loss", "hinge"],
    ...["--weighting", "mean", "--relationship", "fixed", "--sigma", path.join(folder, `${name}_sigma.csv`)],
    ...["--lambda1", lambda1, ...flags, "--local-epochs", "1", "--certify-every", "1", "--gap", "1e-3"],
    ...["--rounds", "3000", "--policy", policy, "--seed", String(seed), "--history", history, "--json"],
  ]);
  const lines = fs.readFileSync(history, "utf8").trim().split("\n");
  fs.rmSync(path.dirname(history), { recursive: true });
  return lines.map((line) => {
    const { primal, dual, gap } = JSON.parse(line);
    return gap / Math.max(Math.abs(primal), Math.abs(dual));
  });
}

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[(values.length - 1) / 2] ?? Number.NaN;

/** @param {string} folder */
function measurePolicies(folder) {
  /** @type {{ problem: string, policy: string, gaps: number[] }[]} */
  const curves = [];
  for (const problem of problems) {
    /** @type {Map<string, number[][]>} */
    const runs = new Map();
    for (const policy of policies) {
      runs.set(
        policy,
        seeds.map((seed) => gaps(folder, problem, policy, seed)),
      );
      curves.push({ problem: problem.name, policy, gaps: (runs.get(policy) ?? [])[0] ?? [] });
    }
    for (const target of targets) {
      const cells = policies.map((policy) => {
        const rounds = (runs.get(policy) ?? []).map((one) => {
          const index = one.findIndex((gap) => gap <= target);
          return index < 0 ? Number.POSITIVE_INFINITY : index + 1;
        });
        const middle = median(rounds);
        const show = (/** @type {number} */ n) =>
          Number.isFinite(n) ? n.toLocaleString("en-US") : "> 3,000";
        return Number.isFinite(middle)
          ? `${show(middle)} (${show(Math.min(...rounds))}-${show(Math.max(...rounds))})`
          : show(middle);
      });
      console.log(
        `| ${problem.name}, lambda1 ${problem.lambda1} | ${target.toExponential()} | ${cells.join(" | ")} |`,
      );
    }
  }
  fs.writeFileSync(path.join(root, "docs", "rounds.svg"), drawing(curves));
}

const colours = ["#999999", "#e69f00", "#56b4e9", "#009e73", "#d55e00"];
const panel = { width: 330, height: 260, left: 60, top: 40, between: 80 };

/**
 * Relative gap against rounds, both logarithmic, a panel a problem.
 * @param {{ problem: string, policy: string, gaps: number[] }[]} curves
 */
function drawing(curves) {
  const { width, height, left, top, between } = panel;
  const x = (/** @type {number} */ round) => (Math.log10(round) / Math.log10(3000)) * width;
  const y = (/** @type {number} */ gap) => (Math.log10(Math.min(1, gap)) / -3) * height;
  const parts = problems.map(({ name, lambda1 }, index) => {
    const lines = policies.map((policy, p) => {
      const one = curves.find((curve) => curve.problem === name && curve.policy === policy)?.gaps ?? [];
      // The best gap so far, at rounds that a reader can tell apart.
      let best = 1;
      const points = one.flatMap((gap, i) => {
        best = Math.min(best, gap);
        const visible = i === one.length - 1 || Math.floor(x(i + 2)) > Math.floor(x(i + 1));
        return visible ? [`${x(i + 1).toFixed(1)},${Math.min(height, y(best)).toFixed(1)}`] : [];
      });
      return `<polyline points="${points.join(" ")}" fill="none" stroke="${colours[p]}" stroke-width="2"/>`;
    });
    const grid = [
      ...[1, 10, 100, 1000].map(
        (round) =>
          `<path d="M${x(round).toFixed(1)} 0v${height}" class="grid"/><text x="${x(round).toFixed(1)}" y="${height + 18}" text-anchor="middle">${round}</text>`,
      ),
      ...[0, 1, 2, 3].map(
        (power) =>
          `<path d="M0 ${(power / 3) * height}h${width}" class="grid"/><text x="-8" y="${(power / 3) * height + 4}" text-anchor="end">${10 ** -power}</text>`,
      ),
    ];
    const shift = left + index * (width + between);
    return `<g transform="translate(${shift},${top})"><text x="${width / 2}" y="-14" text-anchor="middle">relative gap: ${name}, lambda1 ${lambda1}</text>${grid.join("")}${lines.join("")}<text x="${width / 2}" y="${height + 38}" text-anchor="middle">rounds</text></g>`;
  });
  const legend = policies.map(
    (policy, p) =>
      `<path d="M${left + p * 120} ${top + height + 64}h22" stroke="${colours[p]}" stroke-width="3"/><text x="${left + p * 120 + 28}" y="${top + height + 68}">${policy}</text>`,
  );
  const total = { width: left + 2 * width + between + 30, height: top + height + 84 };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total.width} ${total.height}" width="${total.width}" font-family="sans-serif" font-size="12">
<title>Best relative gap so far against rounds, seed 1</title>
<style>.grid{stroke:#ddd;fill:none}text{fill:#333}</style>
<rect width="100%" height="100%" fill="#fff"/>
${parts.join("\n")}
${legend.join("\n")}
</svg>
`;
}

/** @typedef {{ data: string, weighting: "sum" | "mean", loss: "hinge" | "smoothed-hinge" | "logistic" | "squared", relationship: string, lambda1: number, epsilon: number, optimum: number }} Row */

/** @param {number} objective @param {Row} row */
const excess = (objective, row) => ((objective - row.optimum) / row.optimum).toExponential(1);

/** @param {string} folder */
async function measureOmegaSteps(folder) {
  const { fit, fixed, readTasks, traceNorm } = require("fedmtl");
  /** @type {Row[]} */
  const rows = JSON.parse(fs.readFileSync(path.join(folder, "optima.json"), "utf8"));
  for (const row of rows.filter(({ relationship }) => relationship === "trace-norm")) {
    const { lambda1, epsilon, loss, weighting } = row;
    const tasks = await readTasks(path.join(folder, `${row.data}.svm.gz`));
    const common = { loss, weighting, seed: 1 };
    const scheme = [];
    for (const omegaSteps of [5, 10, 20, 40]) {
      const relationship = traceNorm({ lambda1, epsilon });
      const run = fit(tasks, { ...common, relationship, omegaSteps, stop: { gap: 1e-7 } });
      const { certificate } = await run.result;
      scheme.push(excess(certificate.jointObjective ?? Number.NaN, row));
    }
    // Plain alternation: W solved for Sigma, then Sigma = (W'W + epsilon I)^1/2 / T.
    const m = tasks.taskCount;
    let sigma = Matrix.eye(m, m).div(m);
    const plain = [];
    for (let step = 0; step <= 40; step++) {
      const relationship = fixed({ sigma, lambda1 });
      const { model, certificate } = await fit(tasks, { ...common, relationship, stop: { gap: 1e-6 } })
        .result;
      const spectrum = new EVD(sigma, { assumeSymmetric: true }).realEigenvalues;
      const g = ((lambda1 * epsilon) / 2) * spectrum.reduce((sum, value) => sum + 1 / value, 0);
      if ([5, 10, 20, 40].includes(step)) {
        plain.push(excess(certificate.primal + g, row));
      }
      const W = new Matrix(tasks.names.map((name) => Array.from(model.weights(name)))).transpose();
      const gram = W.transpose().mmul(W).add(Matrix.eye(m, m).mul(epsilon));
      const { realEigenvalues, eigenvectorMatrix: Q } = new EVD(gram, { assumeSymmetric: true });
      const roots = realEigenvalues.map((value) => Math.sqrt(Math.max(epsilon, value)));
      const T = roots.reduce((sum, value) => sum + value, 0);
      sigma = Q.mmul(Matrix.diag(roots)).mmul(Q.transpose()).div(T);
      sigma = sigma.add(sigma.transpose()).div(2);
    }
    console.log(
      `| ${row.data} | ${loss} | ${weighting} | ${lambda1} | ${plain.join(" | ")} | ${scheme.join(" | ")} |`,
    );
  }
}

/**
 * The first table's trainings while every task drops every round with probability 0.3.
 * @param {string} folder
 */
async function measureDropOuts(folder) {
  const { fit, fixed, readTasks } = require("fedmtl");
  const { RandomStream } = require("../dist/data/random.js");
  for (const { name, lambda1, flags } of problems) {
    const tasks = await readTasks(path.join(folder, `${name}.svm.gz`));
    const sigma = fs
      .readFileSync(path.join(folder, `${name}_sigma.csv`), "utf8")
      .trim()
      .split("\n");
    const relationship = fixed({
      sigma: sigma.map((line) => line.split(",").map(Number)),
      lambda1: Number(lambda1),
    });
    const sizes = tasks.names.map((task) => tasks.select([task]).rowCount);
    /** @type {number[][]} */
    const counts = [];
    for (const seed of seeds) {
      const budgets = (/** @type {number} */ round) => {
        const stream = new RandomStream(seed, "drop-outs", round);
        return Float64Array.from(sizes, (n) => (stream.uniform() < 0.3 ? 0 : n));
      };
      const positive = flags.length > 0 ? { positive: Number(flags[1]) } : {};
      const run = fit(tasks, {
        ...{ loss: "hinge", weighting: "mean", relationship, budgets, certifyEvery: 1, seed },
        ...{ ...positive, stop: { gap: 1e-3, rounds: 3000 } },
      });
      const { history } = await run.result;
      counts.push(
        targets.map((target) => {
          const first = [...history].find(({ certificate }) => (certificate?.relativeGap ?? 1) <= target);
          return first?.round ?? Number.POSITIVE_INFINITY;
        }),
      );
    }
    const cells = targets.map((_, k) => {
      const rounds = counts.map((count) => count[k] ?? 0);
      return `${median(rounds)} (${Math.min(...rounds)}-${Math.max(...rounds)})`;
    });
    console.log(`| ${name}, lambda1 ${lambda1} | ${cells.join(" | ")} |`);
  }
}

/**
 * Trace-norm with every default: what the joint certificate says at the end, and what it took.
 * @param {string} folder
 */
async function measureCertificates(folder) {
  const { fit, readTasks, traceNorm } = require("fedmtl");
  const cases = [
    { data: "landmine", loss: "logistic", lambda1: 1e-2 },
    { data: "landmine", loss: "hinge", lambda1: 1e-3 },
    { data: "school", loss: "squared", lambda1: 1e-2 },
  ];
  for (const { data, loss, lambda1 } of cases) {
    const tasks = await readTasks(path.join(folder, `${data}.svm.gz`));
    const run = fit(tasks, {
      loss: /** @type {"squared"} */ (loss),
      weighting: "mean",
      relationship: traceNorm({ lambda1 }),
    });
    const { model, history, certificate, omegaSteps } = await run.result;
    const { jointObjective = Number.NaN, jointDual = Number.NaN, relativeGap } = certificate;
    const joint = (jointObjective - jointDual) / jointObjective;
    const cells = [
      data,
      loss,
      lambda1,
      Number(model.options.epsilon).toExponential(1),
      history.length,
      omegaSteps,
    ];
    console.log(`| ${[...cells, relativeGap.toExponential(1), joint.toExponential(1)].join(" | ")} |`);
  }
}

/**
 * Rounds to a gap of 1e-3 from zero and from a model of 1 / 1.2 of the lambda1.
 * @param {string} folder
 */
async function measureWarmStarts(folder) {
  const { fit, mean, readTasks, traceNorm } = require("fedmtl");
  /** @type {[string, number, readonly import("../dist/options.js").Loss[]][]} */
  const cases = [
    ["landmine", 1.2e-3, ["hinge", "smoothed-hinge", "logistic"]],
    ["school", 1.2e-2, ["squared", "huber", "epsilon-insensitive"]],
  ];
  for (const [data, lambda1, losses] of cases) {
    const tasks = await readTasks(path.join(folder, `${data}.svm.gz`));
    for (const loss of losses) {
      for (const family of ["mean", "trace-norm"]) {
        const relationship = (/** @type {number} */ weight) =>
          family === "mean"
            ? mean({ lambda1: weight, lambda2: weight / 10 })
            : traceNorm({ lambda1: weight, epsilon: 1e-3 });
        const common = { loss, certifyEvery: 1, standardize: data === "school" };
        const train = (
          /** @type {number} */ weight,
          /** @type {number} */ gap,
          /** @type {object} */ extra = {},
        ) =>
          fit(tasks, {
            ...common,
            weighting: "mean",
            relationship: relationship(weight),
            stop: { gap },
            ...extra,
          }).result;
        const counts = [(await train(lambda1, 1e-3)).history.length];
        for (const gap of [1e-3, 1e-5]) {
          const { model } = await train(lambda1 / 1.2, gap);
          counts.push((await train(lambda1, 1e-3, { warmStart: model })).history.length);
        }
        console.log(`| ${data}, ${loss} | \`${family}\` | ${counts.join(" | ")} |`);
      }
    }
  }
}

async function main() {
  const [folder = "../shared/data", only] = process.argv.slice(2);
  const wanted = (/** @type {string} */ name) => only === undefined || only === name;
  if (wanted("policies")) measurePolicies(folder);
  if (wanted("drops")) await measureDropOuts(folder);
  if (wanted("omega")) await measureOmegaSteps(folder);
  if (wanted("warm")) await measureWarmStarts(folder);
  if (wanted("certificate")) await measureCertificates(folder);
}

void main();
