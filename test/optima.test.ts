// Every optimum that independent solvers found (L-BFGS on the primal, another dual code, LIBLINEAR) is reached through
// the command line as a user would call it, with the certificate on both sides of it.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { losses } from "../dist/options.js";
import { describeWithData } from "./support/shared_data.js";

interface Row {
  readonly data: string;
  readonly weighting: string;
  readonly loss: string;
  readonly relationship: string;
  readonly lambda1: number;
  readonly lambda2: number;
  readonly epsilon?: number;
  readonly optimum?: number;
  readonly optimum_between?: readonly [number, number];
}

interface Trained {
  readonly primal: number;
  readonly dual: number;
  readonly jointObjective: number;
  readonly relativeGap: number;
  readonly omegaSteps: number;
}

const cli = resolve(__dirname, "..", "dist", "cli", "main.js");
/** The optimum of a9a is known to 3e-8 only after thousands of epochs: its row asks for a gap of 1e-5. */
const gapOf = (row: Row): number => (row.data === "a9a" ? 1e-5 : 1e-7);

async function train(row: Row, folder: string): Promise<Trained> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...[
      cli,
      "train",
      join(folder, `${row.data}.svm.gz`),
      "--json",
      "--gap",
      String(gapOf(row)),
      "--seed",
      "1",
    ],
    ...["--loss", row.loss, "--weighting", row.weighting, "--relationship", row.relationship],
    ...["--lambda1", String(row.lambda1), "--lambda2", String(row.lambda2)],
    ...(row.epsilon === undefined ? [] : ["--epsilon", String(row.epsilon)]),
  ]);
  return JSON.parse(stdout) as Trained;
}

/** The optimum lies between these; how well it is known is part of the bracket. */
function bracketOf(row: Row): [number, number] {
  if (row.optimum_between !== undefined) {
    return [...row.optimum_between];
  }
  const optimum = row.optimum ?? Number.NaN;
  const known = row.data === "rcv1_small_train" ? 5e-9 : 1e-10; // printed with nine digits; L-BFGS to its gradient
  return [optimum * (1 - known), optimum * (1 + known)];
}

describeWithData(
  "independent optima",
  ["optima.json", "landmine.svm.gz", "school.svm.gz", "a9a.svm.gz"],
  (optima) => {
    const rows = JSON.parse(readFileSync(optima, "utf8")) as Row[];
    const built = rows.filter((row) => (losses as readonly string[]).includes(row.loss));

    it("covers rows of every loss and relationship", () => {
      expect(built.length).toBeGreaterThanOrEqual(26);
    });

    for (const row of built) {
      const title = `${row.data} ${row.weighting} ${row.loss} ${row.relationship}`;
      it(title, { timeout: 120_000 }, async () => {
        const trained = await train(row, dirname(optima));
        const [low, high] = bracketOf(row);
        if (row.relationship === "trace-norm") {
          expect(trained.omegaSteps).toBeLessThanOrEqual(40);
          expect(trained.jointObjective).toBeGreaterThanOrEqual(low);
          expect(trained.jointObjective).toBeLessThanOrEqual(high * (1 + 1e-3));
          return;
        }
        expect(trained.relativeGap).toBeLessThanOrEqual(gapOf(row));
        expect(trained.dual).toBeLessThanOrEqual(high);
        expect(trained.primal).toBeGreaterThanOrEqual(low);
        const accuracy = row.data === "a9a" ? 1e-5 : 1e-6;
        expect(trained.primal).toBeLessThanOrEqual(high * (1 + accuracy));
        expect(trained.dual).toBeGreaterThanOrEqual(low * (1 - accuracy));
      });
    }
  },
);
