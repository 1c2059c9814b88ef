// A user's program in CommonJS. Prints the file of the addon it uses, for scripts/install_matrix.cjs.
"use strict";

const { fit, independent, TaskSet, version } = require("fedmtl");
const { referenceLoss } = require("fedmtl/reference");

async function main() {
  if (referenceLoss("hinge") === undefined) throw new Error("fedmtl/reference has no hinge loss");
  const manifest = require("fedmtl/package.json");
  if (version !== manifest.version) throw new Error(`version ${version}, package ${manifest.version}`);
  const X = Array.from({ length: 20 }, (_, i) => [Math.sin(i), 1]);
  const tasks = TaskSet.fromArrays([{ id: "a", X, y: X.map(([x = 0]) => (x > 0 ? 1 : -1)) }]);
  const run = fit(tasks, { relationship: independent({ lambda1: 0.1 }), stop: { gap: 1e-3 } });
  const { certificate } = await run.result;
  if (!(certificate.relativeGap <= 1e-3)) throw new Error(`relative gap ${certificate.relativeGap}`);
  console.log(Object.keys(require.cache).find((file) => file.endsWith(".node")));
}

main();
