// Writes docs/options.md from the built code: names and meanings from FitOptions and the flags of the command line,
// defaults and ranges from the tables that the library itself uses. `--print` shows the page instead of writing it.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const {
  classWeights,
  defaults,
  intercepts,
  losses,
  policies,
  gramChoices,
  ranges,
  weightings,
} = require("../dist/options.js");
const { inWords } = require("../dist/ranges.js");
const { factoryName, families, mean, relationshipNumbers } = require("../dist/mocha/relationships.js");
const { trainingFlags } = require("../dist/cli/training_flags.js");
const { selectionFlags } = require("../dist/cli/selection_flags.js");
const { averages } = require("../dist/selection/fold_runner.js");
const { metricNames } = require("../dist/metrics/directions.js");
const { refits, selectionRanges } = require("../dist/selection/cross_validate.js");
const { precisionFlag } = require("../dist/cli/shared_arguments.js");
const { expected, propertyName } = require("../dist/cli/arguments.js");
const { systemsFlags } = require("../dist/cli/simulation_flags.js");

/** @typedef {{ name: string, kind: string, help: string, default?: string, choices?: readonly string[] }} Flag */

/** @type {Record<string, readonly string[]>} */
const choices = {
  loss: losses,
  weighting: weightings,
  policy: policies,
  classWeight: classWeights,
  intercept: intercepts,
  relationship: families,
  metric: metricNames,
  average: averages,
  refit: refits,
  shrinking: ["on", "off"],
  gram: gramChoices,
};

/** Options of `fit` that stand in an object of their own, with what makes the object. */
const places = /** @type {Record<string, string>} */ ({
  relationship: "relationship: traceNorm(), ...",
  epsilon: "relationship: traceNorm({ epsilon })",
  clusters: "relationship: clustered({ k })",
  eta: "relationship: clustered({ eta })",
  rho: "relationship: sparsePrecision({ rho })",
  edges: "relationship: graph({ edges })",
  omega: "relationship: fixed({ omega })",
  sigma: "relationship: fixed({ sigma })",
  lambda1: "relationship: traceNorm({ lambda1 }), ...",
  lambda2: "relationship: traceNorm({ lambda2 }), ...",
  gap: "stop: { gap }",
  rounds: "stop: { rounds }",
});

/** What stands in code for the content of a file. */
const files = /** @type {Record<string, string>} */ ({
  edges: "an array of `[task, task, weight]`",
  omega: "a matrix, m × m",
  sigma: "a matrix, m × m",
});

/** Options whose flag has another name. */
const renamed = /** @type {Record<string, string>} */ ({ clusters: "k" });

/**
 * What an interface says of each of its members, from the compiled declarations.
 * @param {string} file @param {string} name
 */
function membersOf(file, name) {
  const source = fs.readFileSync(path.join(root, "dist", file), "utf8");
  const body = new RegExp(`export interface ${name} [^{]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(source)?.[1] ?? "";
  const members = [...body.matchAll(/(?:\/\*\*([\s\S]*?)\*\/\s*)?readonly (\w+)\?:/g)];
  return members.map(([, comment = "", name = ""]) => ({
    name,
    comment: comment.replace(/\s*\n\s*\*?\s*/g, " ").trim(),
  }));
}

/** The range as the library words it when it refuses a value. @param {() => unknown} refused */
function refusal(refused) {
  try {
    refused();
  } catch (error) {
    return /give ([^,]*)/.exec(error instanceof Error ? error.message : "")?.[1] ?? "";
  }
  throw new Error("a value out of range was not refused");
}

/** @param {string} name */
function rangeOf(name) {
  if (choices[name] !== undefined) {
    return choices[name].map((one) => `\`${one}\``).join(", ");
  }
  const allRanges = /** @type {Record<string, import("../dist/ranges.js").Range>} */ ({
    ...ranges,
    ...selectionRanges,
  });
  const range = allRanges[name] ?? relationshipNumbers()[renamed[name] ?? name]?.range;
  const automatic = /** @type {Record<string, unknown>} */ (defaults)[name] === "auto" ? ", or `auto`" : "";
  return range === undefined ? "" : inWords(range) + automatic;
}

/** @param {Flag} flag */
function flagRow(flag) {
  const name = propertyName(flag.name);
  const range =
    rangeOf(name) || (flag.kind === "boolean" ? "true or false" : `a file; in code ${files[name]}`);
  const fallback = flag.default ?? (flag.kind === "boolean" ? "false" : "-");
  return [`\`${places[name] ?? name}\``, `\`--${flag.name}\``, fallback, range, flag.help];
}

/** @param {ReturnType<typeof membersOf>[number]} member */
const memberRow = ({ name, comment }) => [`\`${name}\``, "-", "-", "-", comment.replace(/\.$/, "")];

/** The options of `crossValidate` that `fit` does not have. */
function selectionRows() {
  const flags = /** @type {readonly Flag[]} */ (selectionFlags);
  const members = membersOf("selection/cross_validate.d.ts", "CrossValidationOptions");
  return members.map((member) => {
    const flag = flags.find(({ name }) => propertyName(name) === member.name);
    return flag === undefined ? memberRow(member) : flagRow(flag);
  });
}

/** Options of `simulate` whose flags have another name or stand in an object. */
const simulationPlaces = /** @type {Record<string, string>} */ ({
  drop: "faults",
  bursts: "faults: bursts({ share, rounds })",
  trace: "availability: await readTrace(file)",
  traceRepeat: "readTrace(file, { repeat })",
  dayNight: "availability: dayNight({ from, to, spread })",
  sample: "sampling: { fraction } or { count }",
  rounds: "stop: { rounds }",
  seconds: "stop: { seconds }",
  gap: "stop: { gap }",
  primal: "stop: { primal }",
  optimum: "stop: { suboptimality: { optimum } }",
  suboptimality: "stop: { suboptimality: { epsilon } }",
  cocoaTheta: "baseline: { theta }",
  tuningRounds: "baseline: { tuning: { rounds } }",
  perTask: "onRound",
  ...Object.fromEntries(
    ["maxSteps", "lambda", "batch", "mu", "attraction", "scaling"].map((name) => [
      name,
      `baseline: { ${name} }`,
    ]),
  ),
});

/** The options of `simulate` that `fit` does not have. */
function simulationRows() {
  const flags = /** @type {readonly Flag[]} */ (systemsFlags);
  return flags.map((flag) => {
    const name = propertyName(flag.name);
    const values = flag.kind === "boolean" ? "true or false" : expected(/** @type {never} */ (flag));
    const allowed = flag.kind === "string" ? values.replace("NAME[", "`NAME[").replace(/\]$/, "]`") : values;
    const fallback = flag.default ?? (flag.kind === "boolean" ? "false" : "-");
    return [`\`${simulationPlaces[name] ?? name}\``, `\`--${flag.name}\``, fallback, allowed, flag.help];
  });
}

/** @param {readonly (readonly string[])[]} rows */
const table = (rows) => rows.map((row) => `| ${row.join(" | ")} |`).join("\n");

/** `independent`, `mean`, ...: what makes relationships in code. */
const factories = families
  .map((family) => `\`${factoryName(family)}\``)
  .join(", ")
  .replace(/, ([^,]*)$/, " or $1");

/** The whole page. */
function optionsPage() {
  const flags = /** @type {readonly Flag[]} */ (trainingFlags);
  const named = new Set(flags.map((flag) => propertyName(flag.name)));
  const withoutFlag = membersOf("options.d.ts", "FitOptions").filter(
    ({ name }) => !named.has(name) && name !== "stop",
  );
  const rows = [...flags.map(flagRow), ...withoutFlag.map(memberRow)];
  return `# Options of a training

Every option of \`fit\` and its flag of \`fedmtl train\`. This page is written by \`node scripts/docs.cjs\` from the
tables that the library itself checks options with; a test fails where the two differ. \`run.options\` has the options
of a training with every default filled in, and a model remembers them.

${table([["`fit`", "`fedmtl train`", "default", "allowed", "meaning"], ["---", "---", "---", "---", "---"], ...rows])}

- \`lambda1\` and \`lambda2\` weigh 1/2 tr(W (lambda1 Omega + lambda2 I) W'): the paper writes its lambda without the 1/2,
  so the paper's lambda is half of this one ([math.md](math.md), section 1).
- \`relationship\` is made in code by ${factories}, each with \`lambda1\` and
  \`lambda2\` ([relationships.md](relationships.md)); \`mean\` needs ${refusal(() => mean({ lambda2: 0 }))}.
- \`--${precisionFlag.name}\` (${precisionFlag.choices.map((one) => `\`${one}\``).join(" or ")}, default \`${precisionFlag.default}\`) says ${precisionFlag.help}; in code
  it is an option of \`readTasks\` and \`TaskSetBuilder\`.
- The other flags of \`fedmtl train\` are about files and output: \`fedmtl train --help\`.

## Cross-validation

\`crossValidate\` takes these and the options of \`fit\`, but not \`budgets\`, \`warmStart\` and \`checkpoint\`; \`fedmtl cv\` takes
lists of numbers, as in \`--lambda1 0.01,0.1,1\`, for every number of the relationship, which are the \`grid\`
([selection.md](selection.md)). \`lambdaPath\` and \`fedmtl cv --path\` take a \`grid\` and no folds.

${table([["`crossValidate`", "`fedmtl cv`", "default", "allowed", "meaning"], ["---", "---", "---", "---", "---"], ...selectionRows()])}

## Simulations

\`simulate\` and \`fedmtl simulate\` take these and the options of a training, but not \`budgets\`, \`multiclass\` and \`warmStart\`
([simulation.md](simulation.md)); in code \`faults\`, \`availability\`, \`budget\`, \`devices\`, \`network\` and \`method\` may also be
parts of one's own.

${table([["`simulate`", "`fedmtl simulate`", "default", "allowed", "meaning"], ["---", "---", "---", "---", "---"], ...simulationRows()])}
`;
}

if (process.argv.includes("--print")) {
  process.stdout.write(optionsPage());
} else {
  fs.writeFileSync(path.join(root, "docs", "options.md"), optionsPage());
}
