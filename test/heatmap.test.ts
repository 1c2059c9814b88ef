// The heat map and the order of its rows.
import fc from "fast-check";
import { Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { clusterOrder } from "../dist/mocha/cluster_order.js";
import { heatmap } from "../dist/cli/heatmap.js";
import { wantsColour } from "../dist/cli/terminal.js";
import { randomSimilarity, textbookJoins } from "./support/linkage.js";

// The same cases in every run.
fc.configureGlobal({ seed: 1 });

const span = (order: number[], cluster: number[]) => {
  const places = cluster.map((task) => order.indexOf(task));
  return Math.max(...places) - Math.min(...places) + 1;
};

describe("clusterOrder", () => {
  it("puts every cluster of the average-linkage tree side by side", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 14 }), fc.nat(), (m, seed) => {
        const similarity = randomSimilarity(m, seed);
        const order = clusterOrder(similarity);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: m }, (_, task) => task));
        for (const { joined } of textbookJoins(similarity).slice(1)) {
          expect(span(order, joined)).toBe(joined.length);
        }
      }),
    );
  });

  it("brings scattered blocks together", () => {
    const block = (task: number) => task % 4;
    const similarity = Matrix.zeros(40, 40);
    for (let i = 0; i < 40; i++) {
      for (let j = 0; j < 40; j++) {
        similarity.set(i, j, block(i) === block(j) ? 1 : 0.1);
      }
    }
    const blocks = clusterOrder(similarity).map(block);
    expect(blocks.filter((value, i) => value !== blocks[i - 1])).toHaveLength(4);
  });

  it("recovers a line: neighbours in the order are neighbours on it", () => {
    const places = [5, 1, 8, 3, 0, 7, 2, 6, 4];
    const similarity = new Matrix(
      places.map((a) => places.map((b) => 1 - 0.01 * Math.abs(a - b) - 0.001 * (a - b) ** 2)),
    );
    const steps = clusterOrder(similarity).map((task) => places[task] ?? 0);
    const jumps = steps.slice(1).map((place, i) => Math.abs(place - (steps[i] ?? 0)));
    expect(jumps.reduce((sum, jump) => sum + jump, 0)).toBeLessThanOrEqual(2 * places.length);
  });

  it("takes equal, undefined and large input", () => {
    expect(clusterOrder(Matrix.zeros(0, 0))).toEqual([]);
    expect(clusterOrder(Matrix.ones(5, 5)).sort()).toEqual([0, 1, 2, 3, 4]);
    const undefinedMatrix = Matrix.ones(4, 4).mul(Number.NaN);
    expect(clusterOrder(undefinedMatrix).sort()).toEqual([0, 1, 2, 3]);
    expect(new Set(clusterOrder(randomSimilarity(300, 1))).size).toBe(300);
  });

  it("refuses a matrix that is not square", () => {
    expect(() => clusterOrder(Matrix.zeros(2, 3))).toThrow(/square, got 2 x 3/);
  });
});

describe("heatmap", () => {
  const two = new Matrix([
    [1, -0.5],
    [-0.5, 1],
  ]);

  it("draws rows and columns in the order given", () => {
    const lines = heatmap(two, { order: [1, 0], labels: ["first", "second"] }).split("\n");
    expect(lines.slice(0, 3)).toEqual(["    1 2", " 1 ##-- second", " 2 --## first"]);
  });

  it("has a legend that tells every step apart", () => {
    const legend = heatmap(two).trimEnd().split("\n").at(-1) ?? "";
    const marks = [...legend.matchAll(/\[(..)\]/g)].map((match) => match[1]);
    expect(new Set(marks).size).toBe(9);
    expect(legend).toMatch(/^-1:.* 0:.* 1:/);
  });

  it("uses escape codes with colour, and none but them", () => {
    expect(heatmap(two)).not.toContain("\u001b");
    const coloured = heatmap(two, { colour: true });
    expect(coloured).toContain("\u001b[48;5;");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what is looked for
    expect(coloured.replace(/\u001b\[[0-9;]*m/g, "")).toMatch(/^[ -~\n]*$/);
  });

  it("shows a large matrix by means over neighbours in the order", () => {
    const m = 100;
    const blocks = new Matrix(
      Array.from({ length: m }, (_, i) => Array.from({ length: m }, (_, j) => (i % 2 === j % 2 ? 1 : -1))),
    );
    const order = [
      ...Array.from({ length: 50 }, (_, i) => 2 * i),
      ...Array.from({ length: 50 }, (_, i) => 2 * i + 1),
    ];
    const lines = heatmap(blocks, { order, cells: 2 }).split("\n");
    expect(lines.slice(1, 3)).toEqual([" 1 ##== 1 and 49 more", " 2 ==## 2 and 49 more"]);
    expect(
      heatmap(blocks)
        .split("\n")
        .filter((line) => line.includes("and")),
    ).toHaveLength(40);
  });

  it("puts each row of the matrix in exactly one group", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 130 }), fc.integer({ min: 1, max: 99 }), (m, cells) => {
        const text = heatmap(Matrix.eye(m), { cells });
        const rows = text.split("\n").slice(1, 1 + Math.min(m, cells));
        const shown = rows.map((row) => 1 + Number(/and (\d+) more/.exec(row)?.[1] ?? 0));
        expect(shown.reduce((sum, count) => sum + count, 0)).toBe(m);
        expect(Math.max(...shown) - Math.min(...shown)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("marks what is not a number, and keeps to the ends of the scale", () => {
    const odd = new Matrix([
      [Number.NaN, 3],
      [-3, 1],
    ]);
    expect(heatmap(odd).split("\n").slice(1, 3)).toEqual([" 1 ??## 1", " 2 ==## 2"]);
  });

  it("does not let a task's name steer the terminal", () => {
    const text = heatmap(Matrix.eye(1), { labels: ["\u001b[2Jname\nnext\u202e"] });
    expect(text).toContain("?[2Jname?next?");
    expect(text).not.toContain("\u001b");
  });

  it("is empty for no tasks", () => {
    expect(heatmap(Matrix.zeros(0, 0))).toBe("");
  });

  it.each([
    [{ order: [0, 0] }, /each of 0 \.\. 1 once/],
    [{ order: [0] }, /each of 0 \.\. 1 once/],
    [{ order: [0, 2] }, /each of 0 \.\. 1 once/],
    [{ labels: ["a"] }, /2 labels, got 1/],
    [{ cells: 0 }, /cells .* got 0/],
  ])("refuses %j", (options, message) => {
    expect(() => heatmap(two, options)).toThrow(message);
  });
});

describe("wantsColour", () => {
  it.each([
    [true, {}, true],
    [true, { NO_COLOR: "" }, true],
    [true, { NO_COLOR: "1" }, false],
    [true, { TERM: "dumb" }, false],
    [false, {}, false],
  ])("terminal %j with %j: %j", (isTTY, environment, expected) => {
    expect(wantsColour({ isTTY }, environment)).toBe(expected);
  });
});
