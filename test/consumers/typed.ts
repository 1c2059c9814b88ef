// A user's program in TypeScript. scripts/install_matrix.cjs compiles it as an ES module, as CommonJS and for a bundler,
// without skipLibCheck, and runs what comes out.
import { type Certificate, FedmtlError, type FitOptions, fit, TaskSet, traceNorm } from "fedmtl";
import { type ReferenceLossName, referenceLoss } from "fedmtl/reference";

async function train(loss: ReferenceLossName & NonNullable<FitOptions["loss"]>): Promise<Certificate> {
  const X = Array.from({ length: 20 }, (_, i) => [Math.sin(i), 1]);
  const tasks = TaskSet.fromArrays([{ id: "a", X, y: X.map(([x = 0]) => (x > 0 ? 1 : -1)) }]);
  const options: FitOptions = { loss, relationship: traceNorm({ lambda1: 0.1 }), stop: { gap: 1e-3 } };
  const { certificate } = await fit(tasks, options).result;
  return certificate;
}

async function main(): Promise<void> {
  const { relativeGap } = await train("hinge");
  if (!(relativeGap <= 1e-3)) throw new FedmtlError("NUMERICAL", `relative gap ${relativeGap}`);
  if (referenceLoss("hinge") === undefined) throw new Error("fedmtl/reference has no hinge loss");
  console.log("trained");
}

main();
