// Reading CSV and TSV through the API: columns by name, formats by extension, weights that count, and the same training
// as from svmlight.
import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { fit, independent, readTasks, TaskSet } from "fedmtl";
import { describe, expect, it } from "vitest";
import { makeFolder } from "./cli/support.js";

const file = makeFolder();

async function written(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(file(name), content);
  return file(name);
}

/** Everything that a dense set holds. */
const contentOf = (tasks: TaskSet) => ({
  names: tasks.names,
  cols: tasks.cols,
  offsets: [...tasks.offsets()],
  labels: [...tasks.labels()],
  weights: tasks.sampleWeights(),
  features: [...tasks.native.rows(0, tasks.rowCount).values],
});

const csv = 'who,y,w,age,"dose, mg"\nann,1,0.5,2,1e-3\n"bob, jr",-1,2,-1,0\nann,-1,1,1,3\n';
const columns = { taskColumn: "who", labelColumn: "y", weightColumn: "w" };
const expected = contentOf(
  TaskSet.fromDense({
    features: Float64Array.of(2, 1e-3, -1, 0, 1, 3),
    ...{ cols: 2, labels: [1, -1, -1], tasks: ["ann", "bob, jr", "ann"], sampleWeights: [0.5, 2, 1] },
  }),
);

describe("readTasks of CSV and TSV", () => {
  it("takes roles by name, the other columns as features in the order of the header", async () => {
    expect(contentOf(await readTasks(await written("a.csv", csv), columns))).toEqual(expected);
  });

  it("knows the format by the name, .gz or not, or by the option", async () => {
    const tabs = csv.replace(/,(?! )/g, "\t");
    const sets = [
      await readTasks(await written("a.tsv", tabs), columns),
      await readTasks(await written("a.TSV.gz", gzipSync(tabs)), columns),
      await readTasks(await written("b.csv.gz", gzipSync(csv)), columns),
      await readTasks(await written("c.txt", csv), { ...columns, format: "csv" }),
      await readTasks(await written("d.csv", tabs), { ...columns, format: "tsv" }),
    ];
    for (const set of sets) {
      expect(contentOf(set)).toEqual(expected);
    }
  });

  it("is one task named all without a task column, unless one was asked for", async () => {
    const path = await written("all.csv", "x,label\n1,2\n3,4\n");
    expect((await readTasks(path)).names).toEqual(["all"]);
    await expect(readTasks(path, { taskColumn: "task" })).rejects.toMatchObject({ code: "BAD_INPUT" });
  });

  it("stores float32 if asked to", async () => {
    const tasks = await readTasks(await written("narrow.csv", csv), { ...columns, precision: "float32" });
    expect(tasks.precision).toBe("float32");
    expect(tasks.native.rows(0, 1).values[1]).toBe(Math.fround(1e-3));
  });

  it("holds rows longer than a chunk and files of many chunks", async () => {
    const cols = 40_000;
    const row = Array.from({ length: cols }, (_, j) => (j % 7) / 8);
    const names = row.map((_, j) => `"feature ${j}"`).join(",");
    const text = `label,${names}\n${Array.from({ length: 12 }, (_, i) => `${i % 2},${row.join(",")}\n`).join("")}`;
    const tasks = await readTasks(await written("wide.csv", text));
    expect([tasks.rowCount, tasks.cols]).toEqual([12, cols]);
    expect([...tasks.native.rows(11, 1).values]).toEqual(row);
  });
});

describe("training from CSV", () => {
  it("is the training from svmlight of the same rows, bit for bit", async () => {
    const rows = Array.from({ length: 30 }, (_, i) => {
      const x = [Math.sin(i), Math.cos(3 * i), i % 5];
      return { task: `t${i % 3}`, label: (x[0] ?? 0) + 0.3 * (x[1] ?? 0) > 0 ? 1 : -1, x };
    });
    const svm = rows.map(
      ({ task, label, x }) => `${label} qid:${task} ${x.map((v, j) => `${j + 1}:${v}`).join(" ")}`,
    );
    const cells = rows.map(({ task, label, x }) => [...x, task, label].join(","));
    const fromSvm = await readTasks(await written("same.svm", `${svm.join("\n")}\n`));
    const fromCsv = await readTasks(await written("same.csv", `a,b,c,task,label\n${cells.join("\n")}\n`));
    const [one, two] = await Promise.all([fit(fromSvm).result, fit(fromCsv).result]);
    expect(two.certificate).toEqual(one.certificate);
    for (const task of one.model.names) {
      expect(two.model.weights(task)).toEqual(one.model.weights(task));
    }
  });

  it("counts a row of weight 2 as two rows, and one of weight 0 as none", async () => {
    const twice = "task,label,x,z\na,1,1,2\na,1,1,2\na,-1,0.5,-1\nb,-1,2,1\nb,1,1,3\n";
    const weighted =
      "task,label,weight,x,z\na,1,2,1,2\na,-1,1,0.5,-1\nb,-1,1,2,1\nb,1,1,1,3\nb,1,0,-9,9\na,-1,0,50,9\n";
    const options = { relationship: independent({ lambda1: 0.1 }), stop: { gap: 1e-10 } } as const;
    const plain = await fit(await readTasks(await written("twice.csv", twice)), options).result;
    const tasks = await readTasks(await written("weighted.csv", weighted), { weightColumn: "weight" });
    const short = await fit(tasks, options).result;
    expect(short.certificate.primal).toBeCloseTo(plain.certificate.primal, 8);
    for (const task of ["a", "b"]) {
      short.model.weights(task).forEach((w, j) => {
        expect(w).toBeCloseTo(plain.model.weights(task)[j] ?? Number.NaN, 4);
      });
    }
  });
});
