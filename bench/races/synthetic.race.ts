/**
 * Against LIBLINEAR on a large generated problem: 500,000 rows × 50,000 features, 60 in a row. Columns are uniform on a
 * logarithmic scale (column k occurs about as often as 1/k), values normal with variance 1/60, written with six
 * significant digits as %.6g does; labels are those of a random normal model with a tenth of them flipped; seed 1.
 */
import { createWriteStream, existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { RandomStream } from "../../dist/data/random.js";
import { drawColumns, shortNumber } from "../problems.js";
import { short } from "../support.js";
import { fedmtl } from "./contenders/fedmtl.js";
import { requireLiblinear } from "./contenders/install.js";
import { liblinear } from "./contenders/liblinear.js";
import { runCourse } from "./course.js";
import type { RaceProblem } from "./race.js";

const rows = 500_000;
const cols = 50_000;
const nnz = 60;

/** The text of the rows, some at a time. */
function* text(): Generator<string> {
  const stream = new RandomStream(1, "synthetic race");
  const model = Float64Array.from({ length: cols }, () => stream.gaussian());
  const rowsAtOnce = 1000;
  for (let row = 0; row < rows; row += rowsAtOnce) {
    let lines = "";
    for (let i = 0; i < rowsAtOnce; i++) {
      let score = 0;
      let pairs = "";
      for (const column of drawColumns(stream, cols, nnz)) {
        const value = stream.gaussian() / Math.sqrt(nnz);
        score += value * (model[column] ?? 0);
        pairs += ` ${column + 1}:${shortNumber(value, 6)}`;
      }
      lines += `${score > 0 === stream.uniform() > 0.1 ? "1" : "-1"}${pairs}\n`;
    }
    yield lines;
  }
}

const synthetic: RaceProblem = {
  title: "Generated, 500,000 rows × 60 of 50,000 features, six digits, C = 1, one thread.",
  C: 1,
  async data(folder) {
    const path = join(folder, "synthetic.svm");
    if (!existsSync(path)) {
      console.log("generating half a gigabyte of text ...");
      await pipeline(Readable.from(text()), createWriteStream(`${path}.part`));
      renameSync(`${path}.part`, path);
    }
    return path;
  },
};

async function main(): Promise<void> {
  if (short) {
    console.log("synthetic: left out (short form)");
    return;
  }
  requireLiblinear();
  await runCourse("synthetic", synthetic, {
    ours: fedmtl({ gaps: ["1e-1", "5e-2", "3e-2", "2e-2", "1e-2", "5e-3", "3e-3", "1e-3", "1e-4"] }),
    theirs: [liblinear(["3", "2", "1", "0.7", "0.5", "0.3", "0.2", "0.1", "0.05", "0.02", "0.01"])],
    goals: [
      { subOptimality: 1e-3, ratio: "whole 0.5" },
      { subOptimality: "best", ratio: "1" },
    ],
    pairs: 7,
    phases: true,
  });
}

void main();
