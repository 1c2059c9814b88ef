/**
 * The contenders in JavaScript: programs that write their weights and dual variables as raw doubles and print their
 * seconds as JSON.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Contender } from "./contender.js";

function readDoubles(path: string): Float64Array {
  const bytes = readFileSync(path);
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function program(file: string, name: string, settings: readonly string[]): Contender {
  const out = (folder: string): string => join(folder, file);
  return {
    name,
    settings,
    startsNode: true,
    command: ({ data, folder, C }, setting) => ({
      program: process.execPath,
      args: [join(__dirname, file), data, String(C), setting, out(folder)],
    }),
    report({ folder }, stdout) {
      const { seconds, intercept } = JSON.parse(stdout) as { seconds: number; intercept?: number };
      return {
        weights: readDoubles(`${out(folder)}.w`),
        alpha: readDoubles(`${out(folder)}.alpha`),
        ...(intercept === undefined ? {} : { intercept }),
        solverSeconds: seconds,
      };
    },
  };
}

const tolerances = ["3", "2", "1", "0.7", "0.5", "0.4", "0.3", "0.2", "0.1", "0.05", "0.02", "0.01", "1e-3"];

/** The tight loop; its setting is LIBLINEAR's -e. */
export const javascriptLoop = program("js_solver.cjs", "JavaScript, typed arrays", tolerances);

/** The same on ml-matrix; its setting is the number of epochs. */
export const mlMatrix = program("ml_matrix_solver.cjs", "ml-matrix", [
  "1",
  "2",
  "3",
  "5",
  "7",
  "10",
  "15",
  "20",
  "30",
  "50",
  "70",
  "100",
  "200",
  "500",
  "1000",
  "3000",
]);

/** LIBSVM as WebAssembly; its setting is LIBSVM's -e. */
export const libsvm = program("libsvm_solver.cjs", "libsvm-js", tolerances);
