/**
 * Against JavaScript: the same problem solved by a tight loop on typed arrays, by ml-matrix, and by LIBSVM as WebAssembly,
 * the latter two at sizes they can do.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { denseRows, type SparseRows, sparseRows, svmlightText } from "../problems.js";
import { short } from "../support.js";
import type { Contender } from "./contenders/contender.js";
import { fedmtl } from "./contenders/fedmtl.js";
import { javascriptLoop, libsvm, mlMatrix } from "./contenders/javascript.js";
import { runCourse } from "./course.js";
import type { RaceProblem } from "./race.js";

/** A generated problem as a file. */
function generated(file: string, title: string, make: () => SparseRows): RaceProblem {
  return {
    title,
    C: 1,
    async data(folder) {
      const path = join(folder, file);
      if (!existsSync(path)) {
        writeFileSync(path, svmlightText(make(), 6));
      }
      return path;
    },
  };
}

const rows = short ? 200 : 20_000;
const texts = generated(`texts-${rows}.svm`, `Generated, ${rows} rows × 30 of 2,000 features, C = 1.`, () =>
  sparseRows(rows, 2000, 30),
);
const fewRows = short ? 50 : 1000;
const sensors = generated(`sensors-${fewRows}.svm`, `Generated, ${fewRows} dense rows × 20, C = 1.`, () =>
  denseRows(fewRows, 20),
);

async function race(name: string, problem: RaceProblem, ours: Contender, theirs: readonly Contender[]) {
  await runCourse(name, problem, {
    ours,
    theirs,
    goals: [{ subOptimality: 1e-3, ratio: "–" }],
    pairs: short ? 1 : 7,
    phases: false,
  });
}

async function main(): Promise<void> {
  await race("javascript", texts, fedmtl(), [javascriptLoop]);
  await race("javascript", sensors, fedmtl(), [javascriptLoop, mlMatrix]);
  const ours = fedmtl({ name: "fedmtl --intercept free", flags: ["--intercept", "free"] });
  await race("javascript", sensors, ours, [libsvm]);
}

void main();
