// The heat map and the order of its rows.
import fc from "fast-check";
import { Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { RandomStream } from "../dist/data/random.js";
import { clusterOrder } from "../dist/cli/cluster_order.js";
import { heatmap } from "../dist/cli/heatmap.js";
import { wantsColour } from "../dist/cli/terminal.js";

// The same cases in every run.
fc.configureGlobal({ seed: 1 });

/** A symmetric matrix with a unit diagonal and random entries, as good as never equal. */
function randomSimilarity(m: number, seed: number): Matrix {
  const random = new RandomStream(seed, "similarity");
  const matrix = Matrix.eye(m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < i; j++) {
      const value = 2 * random.uniform() - 1;
      matrix.set(i, j, value);
      matrix.set(j, i, value);
    }
  }
  return matrix;
}

/**
 * All clusters of the average-linkage tree by the textbook method: join the two most similar, again and
 * again.
 */
function textbookClusters(similarity: Matrix): number[][] {
  let clusters = Array.from({ length: similarity.rows }, (_, task) => [task]);
  const all: number[][] = [];
  const mean = (a: number[], b: number[]) =>
    a.flatMap((i) => b.map((j) => similarity.get(i, j))).reduce((sum, value) => sum + value, 0) /
    (a.length * b.length);
  while (clusters.length > 1) {
    const pairs = clusters.flatMap((a, i) => clusters.slice(0, i).map((b) => ({ a, b, value: mean(a, b) })));
    const best = pairs.reduce((most, pair) => (pair.value > most.value ? pair : most));
    const joined = [...best.a, ...best.b];
    clusters = [...clusters.filter((cluster) => cluster !== best.a && cluster !== best.b), joined];
    all.push(joined);
  }
  return all;
}

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
        for (const cluster of textbookClusters(similarity)) {
          expect(span(order, cluster)).toBe(cluster.length);
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
