// A user's program in ES modules. Run by scripts/install_matrix.cjs in a folder where the package is installed.
import { createRequire } from "node:module";
import * as fedmtl from "fedmtl";
import { referenceLoss } from "fedmtl/reference";

const required = createRequire(import.meta.url)("fedmtl");
if (required.TaskSet !== fedmtl.TaskSet) throw new Error("import and require give two classes TaskSet");
if (referenceLoss("hinge") === undefined) throw new Error("fedmtl/reference has no hinge loss");

const X = Array.from({ length: 20 }, (_, i) => [Math.sin(i), Math.cos(3 * i), 1]);
const y = X.map(([x = 0]) => (x > 0 ? 1 : -1));
// Data from `require`, training from `import`: one package.
const tasks = required.TaskSet.fromArrays([
  { id: "a", X, y },
  { id: "b", X, y: y.map((label) => -label) },
]);
const relationship = fedmtl.traceNorm({ lambda1: 0.1 });
const { model, certificate } = await fedmtl.fit(tasks, { relationship, stop: { gap: 1e-3 }, seed: 1 }).result;
if (!(certificate.relativeGap <= 1e-3)) throw new Error(`relative gap ${certificate.relativeGap}`);
if (model.predict("a", [1, 0, 1])[0] !== 1) throw new Error("the model does not predict its own rule");
console.log("trained");
