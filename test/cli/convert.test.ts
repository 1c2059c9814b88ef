// `fedmtl convert`: the file written holds what the file read holds, to the bit; what a format cannot hold is refused.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { readTasks, type ReadOptions, type TaskSet } from "fedmtl";
import { beforeAll, describe, expect, it } from "vitest";
import { RandomStream } from "../../dist/data/random.js";
import { fedmtl, fedmtlJson, makeFolder } from "./support.js";

const file = makeFolder();

/** Bits of every number of the set, rows in full. */
function bitsOf(tasks: TaskSet): object {
  const { rowCount, cols } = tasks;
  const full = new Float64Array(rowCount * cols);
  const { values, indices, indptr } = tasks.native.rows(0, rowCount);
  if (indices === undefined || indptr === undefined) {
    full.set(values);
  } else {
    for (let row = 0; row < rowCount; row++) {
      for (let p = indptr[row] ?? 0; p < (indptr[row + 1] ?? 0); p++) {
        full[row * cols + (indices[p] ?? 0)] = values[p] ?? 0;
      }
    }
  }
  const bits = (numbers: Float64Array | undefined) => numbers && [...new BigUint64Array(numbers.buffer)];
  return {
    names: tasks.names,
    offsets: [...tasks.offsets()],
    labels: bits(tasks.labels()),
    weights: bits(tasks.sampleWeights()),
    features: bits(full),
  };
}

/** Finite doubles of every size, and the zeros. */
function* numbers(seed: number): Generator<string> {
  const stream = new RandomStream(seed, "numbers");
  const bits = new DataView(new ArrayBuffer(8));
  for (;;) {
    bits.setUint32(0, Math.floor(stream.uniform() * 2 ** 32));
    bits.setUint32(4, Math.floor(stream.uniform() * 2 ** 32));
    const value = bits.getFloat64(0);
    const kind = stream.below(4);
    if (kind === 0) {
      yield stream.below(2) === 0 ? "0" : "-0";
    } else if (kind === 1) {
      yield String(stream.below(100) / 8);
    } else if (Number.isFinite(value)) {
      yield String(value);
    }
  }
}

/** Rows of five features of three tasks out of order; the last feature is always 0. */
function randomCsv(seed: number, tasks: readonly string[]): string {
  const next = numbers(seed);
  const number = () => next.next().value as string;
  const rows = Array.from({ length: 40 }, (_, i) => {
    const task = tasks[(i * 7) % tasks.length];
    return `${task},${number()},${Math.abs(Number(number()))},${number()},${number()},${number()},${number()},0`;
  });
  return `task,label,weight,a,b,c,d,e\n${rows.join("\n")}\n`;
}

const plainNames = ["north", "7", "a#b:c,d"];
const oddNames = ['"say ""hi"", then"', '"two\nlines"', '" spaces "', '"tab\there"'];
const weights: ReadOptions = { weightColumn: "weight" };

beforeAll(async () => {
  await writeFile(
    file("plain.csv"),
    randomCsv(
      1,
      plainNames.map((name) => `"${name}"`),
    ),
  );
  await writeFile(file("odd.csv"), randomCsv(2, oddNames));
});

const convert = (from: string, to: string, ...flags: string[]) =>
  fedmtlJson("convert", file(from), file(to), ...flags);

describe("convert keeps every bit", () => {
  it.each(["a.csv", "a.tsv", "a.csv.gz", "a.tsv.gz"])("csv to %s, with weights and any names", async (to) => {
    const before = await readTasks(file("odd.csv"), weights);
    const said = await convert("odd.csv", to, "--weight-column", "weight");
    expect(said).toMatchObject({
      tasks: 4,
      samples: 40,
      features: 5,
      format: to.includes("csv") ? "csv" : "tsv",
    });
    expect(bitsOf(await readTasks(file(to), weights))).toEqual(bitsOf(before));
  });

  it.each(["b.svm", "b.svm.gz"])("csv to %s and back", async (to) => {
    const before = bitsOf(await readTasks(file("plain.csv")));
    await convert("plain.csv", to);
    expect(bitsOf(await readTasks(file(to)))).toEqual(before);
    await convert(to, `${to}.csv`);
    expect(bitsOf(await readTasks(file(`${to}.csv`)))).toEqual(before);
  });

  it("svmlight to csv and back, of a sparse set", async () => {
    const text = "1 qid:b 3:0.1\n-1 qid:a\n1 qid:b 900:-5e-324 901:0\n2 qid:a 1:1e300\n";
    await writeFile(file("sparse.svm"), text);
    const before = await readTasks(file("sparse.svm"));
    expect(before.sparse).toBe(true);
    await convert("sparse.svm", "sparse.csv");
    await convert("sparse.csv", "again.svm");
    for (const name of ["sparse.csv", "again.svm"]) {
      expect(bitsOf(await readTasks(file(name)))).toEqual(bitsOf(before));
    }
  });
});

describe("convert and its files", () => {
  it("writes a header with the columns' roles, and gzip where the name says so", async () => {
    await convert("plain.csv", "head.tsv.gz", "--weight-column", "weight");
    const text = gunzipSync(await readFile(file("head.tsv.gz"))).toString();
    expect(text.split("\n")[0]).toBe("task\tlabel\tweight\tx1\tx2\tx3\tx4\tx5");
  });

  it("says what it wrote", async () => {
    const ended = await fedmtl("convert", file("plain.csv"), file("said.csv"));
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toMatch(/^Wrote .*said\.csv as csv: 3 tasks, 40 rows of 6 features\.\n$/);
  });

  it("says that column flags have no effect on svmlight", async () => {
    await convert("plain.csv", "columns.svm");
    const { code, stderr } = await fedmtl("inspect", file("columns.svm"), "--label-column", "y");
    expect(code).toBe(0);
    expect(stderr).toBe("fedmtl: --label-column has no effect without a .csv or .tsv file\n");
  });

  const refused: [string, string[], RegExp][] = [
    [
      "weights in svmlight",
      ["plain.csv", "no.svm", "--weight-column", "weight"],
      /no place for the sample weights/,
    ],
    ["a task name with spaces in svmlight", ["odd.csv", "no.svm"], /cannot hold the task name/],
    ["millions of columns in csv", ["huge.svm", "no.csv"], /2000000000 features/],
  ];
  it.each(refused)("refuses %s and writes nothing", async (_, [from = "", to = "", ...flags], message) => {
    await writeFile(file("huge.svm"), "1 2000000000:1\n-1 1:1\n");
    const { code, stdout, stderr } = await fedmtl("convert", file(from), file(to), ...flags);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect((await readdir(file("."))).filter((name) => name.includes(to))).toEqual([]);
  });
});
