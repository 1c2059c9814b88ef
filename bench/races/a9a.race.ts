/**
 * Against LIBLINEAR on a9a (48,842 rows, 123 features, 14 in a row), `-s 3 -c 1`: to a dual sub-optimality of 1e-3, and to
 * the best that both reach.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { requireLiblinear } from "./contenders/install.js";
import { fedmtl } from "./contenders/fedmtl.js";
import { liblinear } from "./contenders/liblinear.js";
import { runCourse } from "./course.js";
import { root } from "./processes.js";
import type { RaceProblem } from "./race.js";
import { short } from "../support.js";

const source = join(root, "..", "shared", "data", "a9a.svm.gz");

const a9a: RaceProblem = {
  title: "a9a, 48,842 rows × 123 features, 677,323 values, C = 1, one thread.",
  C: 1,
  // shared/data/optima.json: an independent dual code, relative gap 2.6e-8.
  optimum: { least: 17136.473546, most: 17136.473987 },
  async data(folder) {
    const path = join(folder, "a9a.svm");
    if (!existsSync(path)) {
      writeFileSync(
        path,
        gunzipSync(readFileSync(source))
          .toString("latin1")
          .replaceAll(/ qid:\S+/g, ""),
      );
    }
    return path;
  },
};

async function main(): Promise<void> {
  if (short || !existsSync(source)) {
    console.log(`a9a: left out (${short ? "short form" : "../shared/data/a9a.svm.gz is missing"})`);
    return;
  }
  requireLiblinear();
  await runCourse("a9a", a9a, {
    ours: fedmtl(),
    theirs: [liblinear()],
    goals: [
      { subOptimality: 1e-3, ratio: "whole 0.7, solver 0.7" },
      { subOptimality: "best", ratio: "1" },
    ],
    pairs: 9,
    phases: true,
  });
}

void main();
