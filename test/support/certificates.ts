// What holds of every certificate and of the server's vectors, whatever the data.

import type { Certificate, History, RoundRecord } from "fedmtl";
import type { ReferenceTask } from "fedmtl/reference";
import { expect } from "vitest";
import type { NativeRun } from "./native_run.js";
import { dot, sum } from "./reference_problems.js";

/** Neither below zero nor the dual falling, beyond rounding. */
export function expectCertified(history: History, certificate: Certificate): void {
  const rounding = 1e-12;
  let before: RoundRecord | undefined;
  for (const record of history) {
    const { primal, dual, gap } = record.certificate as Certificate;
    expect(gap).toBeGreaterThanOrEqual(-rounding * Math.abs(primal));
    if (before?.omegaStep === record.omegaStep) {
      const fall = (before.certificate as Certificate).dual - dual;
      expect(fall).toBeLessThanOrEqual(rounding * Math.max(Math.abs(primal), Math.abs(dual)));
    }
    before = record;
  }
  expect(certificate.gap).toBeGreaterThanOrEqual(-rounding * Math.abs(certificate.primal));
  // A joint dual is below the joint objective of every W and Omega, not only of its own.
  const known = (values: Float64Array) => values.filter((value) => !Number.isNaN(value));
  const highest = Math.max(...known(history.column("jointDual")));
  const lowest = Math.min(...known(history.column("jointObjective")));
  expect(highest).toBeLessThanOrEqual(lowest + rounding * Math.abs(lowest));
  for (const { regularizerBefore, regularizerAfter } of history.omegaSteps) {
    expect(regularizerAfter).toBeLessThanOrEqual(regularizerBefore * (1 + rounding));
  }
}

/** V is the sum of q_i alpha_i x_i of every task. */
export function expectDualVectors(run: NativeRun, tasks: ReferenceTask[], mean: boolean): void {
  const { V } = run.server.state();
  const expected = dualVectors(tasks, [...run.clients.alpha()], mean);
  const scale = Math.max(...expected.map(Math.abs));
  const error = Math.max(...expected.map((value, index) => Math.abs((V[index] as number) - value)));
  expect(error).toBeLessThanOrEqual(1e-12 * scale);
}

/** sum_i q_i alpha_i x_i of every task, one after the other. */
function dualVectors(tasks: ReferenceTask[], alpha: number[], mean: boolean): number[] {
  let first = 0;
  return tasks.flatMap(({ X, sampleWeights = [] }) => {
    const c = mean ? 1 / sum(sampleWeights) : 1;
    const weighted = X.map((_, i) => c * (sampleWeights[i] as number) * (alpha[first + i] as number));
    first += X.length;
    return (X[0] as number[]).map((_, j) =>
      dot(
        weighted,
        X.map((row) => row[j] as number),
      ),
    );
  });
}
