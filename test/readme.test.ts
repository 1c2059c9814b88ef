// Every example of README.md prints what the page says. Times, names of machine-dependent parts and how far below the
// target a gap ends are not compared; other numbers may differ by a tenth, because the last bits depend on the BLAS
// kernels of the machine, and with them the round in which a training stops.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { abridgedDemonstration, examples, makeFolder, run, shownDemonstration } from "../scripts/readme.cjs";

const root = resolve(__dirname, "..");
const page = readFileSync(join(root, "README.md"), "utf8");
const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const number = /-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?/g;

/** Words of a text with numbers taken out, and the numbers. */
function parts(text: string): { readonly words: string; readonly numbers: readonly number[] } {
  const plain = text
    .replace(/[\d.,]+ (ms|s|min|h)\b/g, "TIME")
    .replace(/within [\d.e-]+ %/g, "within GAP")
    .replace(/kernels \w+, BLAS \w+/g, "kernels and BLAS");
  return {
    words: plain.replace(number, "#").replace(/\s+/g, " ").trim(),
    numbers: [...plain.matchAll(number)].map(([found]) => Number(found.replaceAll(",", ""))),
  };
}

function expectSame(printed: string, shown: string): void {
  const [actual, expected] = [parts(printed), parts(shown)];
  expect(actual.words).toBe(expected.words);
  actual.numbers.forEach((value, i) => {
    const wanted = expected.numbers[i] ?? Number.NaN;
    const tolerance = 0.1 * Math.abs(wanted) + 1e-9;
    expect(Math.abs(value - wanted), `${value} is printed, ${wanted} is shown`).toBeLessThanOrEqual(
      tolerance,
    );
  });
}

describe("README.md", () => {
  const all = examples(page);

  it("has an output for each of its examples", () => {
    expect(all.length).toBeGreaterThan(10);
    expect(page.match(/^```(sh|ts)$/gm)).toHaveLength(all.length);
  });

  for (const [index, example] of all.entries()) {
    it(`example ${index + 1}: ${example.code.trim().split("\n")[0]}`, () => {
      expectSame(run(folder, example), example.output);
    });
  }

  it("shows the demonstration", () => {
    expectSame(abridgedDemonstration(), shownDemonstration(page));
  });

  it("has TypeScript that type-checks", () => {
    const files = all
      .filter(({ language }) => language === "ts")
      .map(({ code }, index) => {
        const file = join(folder, `checked-${index}.mts`);
        writeFileSync(file, code);
        return file;
      });
    const options =
      "--noEmit --strict --noUncheckedIndexedAccess --target ES2022 --module nodenext --skipLibCheck";
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    execFileSync(process.execPath, [compiler, ...options.split(" "), "--types", "node", ...files], {
      cwd: folder,
    });
  });

  it("names only commands and files that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
    for (const [, script = ""] of page.matchAll(/npm (?:run )?(demo|test|build\S*|lint|bench)\b/g)) {
      expect(scripts).toHaveProperty([script]);
    }
    for (const [, link = ""] of page.matchAll(/\]\(([^)#:]+)\)/g)) {
      expect(() => readFileSync(join(root, link)), link).not.toThrow();
    }
  });
});
