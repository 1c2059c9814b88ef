/**
 * The matrix of a relationship that was given, with one more task. A model keeps K only, from which the matrix follows:
 * K = (lambda1 Omega + lambda2 I)^-1 = Sigma (lambda1 I + lambda2 Sigma)^-1.
 */
import { FedmtlError } from "../errors.js";
import type { NativeGraphKernel, NativeKernel, NativeRelationship } from "../native.js";
import {
  type Edge,
  edgeArrays,
  edgePlace,
  findEdgeProblem,
  findHeavyEdge,
  findUnknownTask,
} from "./edges.js";
import { writtenOut } from "./task_correlation.js";
import { mlMatrix } from "../on_demand.js";

/**
 * The new task's row of the matrix that the relationship `fixed` was given: one of the two, m + 1 numbers, its own last; or
 * its edges in the `graph`.
 */
export interface GivenRelations {
  /** To tasks of the model, each at most once, with weights from 0; none: it stands alone. */
  readonly edges?: readonly (readonly [task: string, weight: number])[];
  /** Of the precision over tasks. */
  readonly omega?: readonly number[];
  /** Of the covariance over tasks. */
  readonly sigma?: readonly number[];
}

/** Omega or Sigma of m + 1 tasks. @throws FedmtlError INVALID_OPTION for a row of another length, or none, or two */
export function extendGiven(
  kernel: NativeKernel,
  tasks: number,
  { lambda1, lambda2 }: { readonly lambda1: number; readonly lambda2: number },
  { omega, sigma }: GivenRelations,
): NativeRelationship {
  const row = omega ?? sigma;
  if (row === undefined || (omega !== undefined && sigma !== undefined)) {
    throw new FedmtlError(
      "INVALID_OPTION",
      'a new task of relationship "fixed" needs its relations: exactly one of omega and sigma, as the model was given',
    );
  }
  const name = omega === undefined ? "sigma" : "omega";
  if (row.length !== tasks + 1 || row.some((value) => !Number.isFinite(value))) {
    throw new FedmtlError(
      "INVALID_OPTION",
      `${name} must be ${tasks + 1} finite numbers, one a task of the model in the order of its names and the new task's own ` +
        `last; got ${row.length}`,
    );
  }
  const { inverse, Matrix } = mlMatrix();
  const K = Matrix.from1DArray(tasks, tasks, writtenOut(kernel, tasks));
  const eye = Matrix.eye(tasks, tasks);
  const given =
    omega === undefined
      ? Matrix.mul(lambda2 === 0 ? K : K.mmul(inverse(Matrix.sub(eye, Matrix.mul(K, lambda2)))), lambda1)
      : Matrix.sub(inverse(K), Matrix.mul(eye, lambda2)).div(lambda1);
  const extended = Matrix.zeros(tasks + 1, tasks + 1);
  for (let s = 0; s < tasks; s++) {
    for (let t = 0; t < tasks; t++) {
      // The two halves of what was computed differ in their last bits.
      extended.set(s, t, 0.5 * (given.get(s, t) + given.get(t, s)));
    }
  }
  row.forEach((value, t) => {
    extended.set(tasks, t, value);
    extended.set(t, tasks, value);
  });
  const family = omega === undefined ? "fixed-sigma" : "fixed-omega";
  return {
    ...{ family, lambda1, lambda2, omegaSteps: 0, cutTolerance: 0 },
    matrix: Float64Array.from(extended.to1DArray()),
  };
}

/** The graph of m + 1 tasks. @throws FedmtlError INVALID_OPTION for edges that are none, or that are not given */
export function extendGraph(
  { from, to, weights, lambda1, lambda2 }: NativeGraphKernel,
  names: readonly string[],
  newName: string,
  { edges }: GivenRelations,
): NativeRelationship {
  if (!Array.isArray(edges)) {
    throw new FedmtlError(
      "INVALID_OPTION",
      'a new task of relationship "graph" needs its edges: a list of [task of the model, weight], which may be empty',
    );
  }
  const given = edges as Required<GivenRelations>["edges"];
  const malformed = given.findIndex((edge) => !Array.isArray(edge) || edge.length !== 2);
  const named = given.map(([task, weight]): Edge => [task, newName, weight]);
  const found =
    malformed >= 0
      ? { index: malformed, problem: "is no edge; give [task of the model, weight]" }
      : (findEdgeProblem(named, edgePlace) ??
        findHeavyEdge(named, { lambda1, lambda2 }) ??
        findUnknownTask(named, [...names, newName], "model"));
  if (found !== undefined) {
    throw new FedmtlError("INVALID_OPTION", `${edgePlace(found.index)} ${found.problem}`);
  }
  const own = edgeArrays(named, [...names, newName]);
  return {
    ...{ family: "graph", lambda1, lambda2, omegaSteps: 0, cutTolerance: 0 },
    from: Int32Array.from([...from, ...own.from]),
    to: Int32Array.from([...to, ...own.to]),
    weights: Float64Array.from([...weights, ...own.weights]),
  };
}
