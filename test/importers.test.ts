// Archives as their authors publish them, written here in the same layout: what is read is what was written, to the bit.
import { mkdir, writeFile } from "node:fs/promises";
import { readTasks, type TaskSet } from "fedmtl";
import { beforeAll, describe, expect, it } from "vitest";
import { parseMat } from "../dist/data/importers/mat5.js";
import { fedmtlJson, makeFolder } from "./cli/support.js";
import { matFile, type Value } from "./support/mat_writer.js";
import { expectError, expectRefusal, flipped } from "./support/refusals.js";

const file = makeFolder();

interface Task {
  readonly name: string;
  readonly X: readonly (readonly number[])[];
  readonly y: readonly number[];
}

/** The rows of every task, zeros of sparse sets written out. */
function contentOf(tasks: TaskSet): Task[] {
  const offsets = tasks.offsets();
  const labels = tasks.labels();
  return tasks.names.map((name, t) => {
    const first = offsets[t] as number;
    const count = (offsets[t + 1] as number) - first;
    const { values, indices, indptr } = tasks.native.rows(first, count);
    const X = Array.from({ length: count }, (_, i) => {
      const row = new Array<number>(tasks.cols).fill(0);
      const begin = indptr === undefined ? i * tasks.cols : (indptr[i] as number);
      const end = indptr === undefined ? begin + tasks.cols : (indptr[i + 1] as number);
      for (let at = begin; at < end; at++) {
        row[indices === undefined ? at - begin : (indices[at] as number)] = values[at] as number;
      }
      return row;
    });
    return { name, X, y: [...labels.subarray(first, first + count)] };
  });
}

const tasks: readonly Task[] = [
  {
    name: "1",
    X: [
      [0.1, 0, -2.5e-7],
      [3, 4, 0],
      [0, 0, 0],
      [1e300, -1, 7],
    ],
    y: [1, -1, -1, 1],
  },
  { name: "2", X: [[5, 0, 1 / 3]], y: [-1] },
];

describe("mat", () => {
  const columns = (rows: readonly (readonly number[])[]): number[] =>
    (rows[0] ?? []).flatMap((_, j) => rows.map((row) => row[j] as number));
  const dense = ({ X }: Task): Value => ({ dims: [X.length, 3], values: columns(X) });
  const turned = ({ X }: Task): Value => ({ dims: [3, X.length], values: X.flat() });
  const sparse = ({ X }: Task): Value => {
    const stored = [0, 1, 2].map((j) =>
      X.flatMap((row, i) => (row[j] === 0 ? [] : [{ i, value: row[j] as number }])),
    );
    const starts = [0];
    for (const column of stored) {
      starts.push((starts.at(-1) as number) + column.length);
    }
    const all = stored.flat();
    return {
      dims: [X.length, 3],
      rows: all.map(({ i }) => i),
      starts,
      stored: all.map(({ value }) => value),
    };
  };
  const X = (form: (task: Task) => Value): Value => ({ cells: tasks.map(form) });
  const Y: Value = { cells: tasks.map(({ y }) => ({ dims: [y.length, 1], values: y, as: "int8" })) };
  const forms: [string, Record<string, Value>, Parameters<typeof matFile>[1]][] = [
    ["X and Y", { X: X(dense), Y }, {}],
    ["compressed", { X: X(dense), Y }, { compress: true }],
    ["big-endian", { X: X(dense), Y }, { little: false }],
    [
      "with other variables around them",
      { note: { text: "hello" }, X: X(dense), info: { fields: { a: Y } }, Y },
      {},
    ],
    [
      "feature and label, a column of cells",
      { feature: { ...X(dense), dims: [2, 1] } as Value, label: Y },
      {},
    ],
    ["rows in columns", { X: X(turned), Y }, {}],
    ["in a struct", { data: { fields: { name: { text: "x" }, x: X(dense), y: Y } } }, { compress: true }],
    ["sparse", { X: X(sparse), Y }, {}],
  ];

  it.each(forms)("%s", async (title, variables, options) => {
    const path = file(`${title}.mat`);
    await writeFile(path, matFile(variables, options));
    const read = await readTasks(path);
    expect(contentOf(read)).toEqual(tasks);
    expect(read.sparse).toBe(title === "sparse");
  });

  it("stores numbers of any type", () => {
    for (const as of ["float64", "float32", "int8", "uint16"] as const) {
      const bytes = matFile({
        a: { dims: [1, 3], values: [1, 2, 100], as },
        e: { dims: [0, 0], values: [] },
      });
      const read = parseMat("a.mat", bytes);
      expect(read.get("a")).toMatchObject({
        kind: "numbers",
        dims: [1, 3],
        values: Float64Array.of(1, 2, 100),
      });
      expect(read.get("e")).toMatchObject({ dims: [0, 0], values: new Float64Array() });
    }
  });

  const cells = (...values: Value[]): Value => ({ cells: values });
  const row = (...values: number[]): Value => ({ dims: [1, values.length], values });
  const refused: [string, Uint8Array, RegExp][] = [
    ["empty", new Uint8Array(), /found no MATLAB header/],
    ["text", Buffer.from("1 1:2\n".repeat(99)), /found no MATLAB header/],
    [
      "7.3",
      Buffer.from("MATLAB 7.3 MAT-file".padEnd(600)),
      /MATLAB 7\.3 \(HDF5\).*save it with save\(…, "-v7"\)/,
    ],
    ["nothing", matFile({}), /found no variables, expected cell arrays X and Y/],
    ["matrices", matFile({ X: row(1), Y: row(1) }), /found X \(numbers, 1 × 1\), Y .*, expected cell arrays/],
    ["counts", matFile({ X: cells(row(1)), Y: cells(row(1), row(1)) }), /1 cells of rows and 2 of labels/],
    [
      "labels",
      matFile({ X: cells(row(1, 2)), Y: cells(row(1, 2, 3)) }),
      /task 1: found rows of size 1 × 2 and 3 lab/,
    ],
    [
      "widths",
      matFile({ X: cells(row(1, 2), row(1)), Y: cells(row(1), row(1)) }),
      /task 2: found 1 features, task 1/,
    ],
    ["kinds", matFile({ X: cells({ text: "a" }), Y: cells(row(1)) }), /task 1: found text of size 1 × 1/],
    [
      "vectors",
      matFile({ X: cells(row(1)), Y: cells({ dims: [2, 2], values: [1, 2, 3, 4] }) }),
      /expected a vector/,
    ],
    ["infinite", matFile({ X: cells(row(1, Infinity)), Y: cells(row(1)) }), /task 1: .*finite/],
    [
      "complex",
      matFile({ X: { dims: [1, 1], values: [1], complex: true } }),
      /found complex numbers, expected real/,
    ],
    [
      "size",
      matFile({ X: { dims: [2, 3], values: [1, 2] } }),
      /2 numbers in an array of size 2 × 3; .*damaged/,
    ],
    ["damaged", flipped(matFile({ X: X(dense), Y }, { compress: true }), 150), /damaged/],
  ];

  it.each(refused)("refuses %s in one sentence", async (title, bytes, message) => {
    const path = file(`bad-${title}.mat`);
    await writeFile(path, bytes);
    await expectError(() => readTasks(path), "BAD_INPUT", message);
    await expectError(() => readTasks(path), "BAD_INPUT", /^\S+bad-[^:]+\.mat: /);
  });

  it("never breaks on a file cut anywhere or with a bit turned", () => {
    const whole = matFile({ s: { fields: { a: { text: "b" } } }, X: X(sparse), Y });
    const variants = [
      ...Array.from(whole, (_, at) => whole.subarray(0, at)),
      ...Array.from(whole, (_, at) => flipped(whole, at)),
    ];
    for (const bytes of variants) {
      try {
        parseMat("damaged.mat", bytes);
      } catch (error) {
        expect(error).toMatchObject({
          code: "BAD_INPUT",
          message: expect.stringMatching(/^damaged\.mat: found /),
        });
      }
    }
  });
});

describe("har", () => {
  const line = (values: readonly number[]) =>
    ` ${values.map((value) => value.toExponential(16)).join("  ")}\n`;
  const write = async (
    folder: string,
    part: string,
    rows: readonly [number, number, readonly number[]][],
  ) => {
    await mkdir(file(folder), { recursive: true });
    await writeFile(file(`${folder}/X_${part}.txt`), rows.map(([, , x]) => line(x)).join(""));
    await writeFile(file(`${folder}/y_${part}.txt`), rows.map(([, y]) => `${y}\n`).join(""));
    await writeFile(file(`${folder}/subject_${part}.txt`), rows.map(([subject]) => `${subject}\n`).join(""));
  };
  const train: [number, number, number[]][] = [
    [1, 5, [0.25, -1 / 3]],
    [3, 4, [1e-3, 2]],
    [1, 4, [7, 8]],
  ];
  const test: [number, number, number[]][] = [
    [2, 6, [-1, 0]],
    [3, 1, [4, 5]],
  ];
  const expected = [
    {
      name: "1",
      X: [
        [0.25, -1 / 3],
        [7, 8],
      ],
      y: [5, 4],
    },
    {
      name: "3",
      X: [
        [1e-3, 2],
        [4, 5],
      ],
      y: [4, 1],
    },
    { name: "2", X: [[-1, 0]], y: [6] },
  ];

  beforeAll(async () => {
    await write("UCI HAR Dataset/train", "train", train);
    await write("UCI HAR Dataset/test", "test", test);
    await write("flat", "train", train);
    await write("flat", "test", test);
    await write("half/train", "train", train);
  });

  it("a subject is a task, over both parts, in folders of their own or not", async () => {
    for (const folder of ["UCI HAR Dataset", "flat"]) {
      expect(contentOf(await readTasks(file(folder)))).toEqual(expected);
    }
    expect((await readTasks(file("half"), { format: "har" })).names).toEqual(["1", "3"]);
  });

  it("names file and line of what is wrong", async () => {
    await write("har-cell/train", "train", [[1, 2, [1, Number.NaN]]]);
    await expectError(
      () => readTasks(file("har-cell")),
      "BAD_INPUT",
      /X_train\.txt: line 1: found "NaN", expected finite/,
    );
    await write("har-width/train", "train", [
      [1, 2, [1, 2]],
      [1, 2, [1]],
    ]);
    await expectError(
      () => readTasks(file("har-width")),
      "BAD_INPUT",
      /line 2: found 1 numbers, expected 2 as in line 1/,
    );
    await write("har-rows/train", "train", train);
    await writeFile(file("har-rows/train/y_train.txt"), "1\n2\n");
    await expectError(
      () => readTasks(file("har-rows")),
      "BAD_INPUT",
      /y_train\.txt: found 2 lines of 1, expected 3/,
    );
    await mkdir(file("har-none/train"), { recursive: true });
    await expectError(
      () => readTasks(file("har-none")),
      "BAD_INPUT",
      /found neither X_train\.txt nor X_test\.txt/,
    );
    await writeFile(file("har-none/train/X_train.txt"), "1 2\n");
    await expectError(() => readTasks(file("har-none")), "IO", /cannot read ".*train\.txt": no such file/);
    await mkdir(file("nothing"));
    await expectError(() => readTasks(file("nothing")), "IO", /it is a folder/);
  });
});

describe("leaf", () => {
  const json = (data: Record<string, { x: unknown; y: unknown }>) =>
    JSON.stringify({ users: Object.keys(data), num_samples: [], user_data: data });

  it("a user is a task; a folder's files are joined, users without rows left out", async () => {
    const [a, b] = [
      json({
        f_1: {
          x: [
            [1, 0.1],
            [2, 3],
          ],
          y: [0, 1],
        },
        empty: { x: [], y: [] },
      }),
      json({ f_1: { x: [[5, 6]], y: [1] }, g: { x: [[7, 8]], y: [0] } }),
    ];
    await mkdir(file("leaf"));
    await writeFile(file("leaf/a.json"), a);
    await writeFile(file("leaf/b.json"), b);
    expect(contentOf(await readTasks(file("leaf/a.json")))).toEqual([
      {
        name: "f_1",
        X: [
          [1, 0.1],
          [2, 3],
        ],
        y: [0, 1],
      },
    ]);
    expect(contentOf(await readTasks(file("leaf")))).toEqual([
      {
        name: "f_1",
        X: [
          [1, 0.1],
          [2, 3],
          [5, 6],
        ],
        y: [0, 1, 1],
      },
      { name: "g", X: [[7, 8]], y: [0] },
    ]);
    await mkdir(file("leaf-parts/test"), { recursive: true });
    await mkdir(file("leaf-parts/train"));
    await writeFile(file("leaf-parts/train/a.json"), a);
    await writeFile(file("leaf-parts/test/b.json"), b);
    expect(contentOf(await readTasks(file("leaf-parts")))).toEqual(contentOf(await readTasks(file("leaf"))));
    await writeFile(file("flat.json"), json({ u: { x: [3, 4], y: [1, 2] } }));
    expect(contentOf(await readTasks(file("flat.json")))).toEqual([{ name: "u", X: [[3], [4]], y: [1, 2] }]);
  });

  it.each([
    ["no JSON", "{", /found no valid JSON/],
    [
      "a number beyond all",
      '{"user_data":{"u":{"x":[[1e999]],"y":[1]}}}',
      /user_data\["u"\]\.x\[0\]\[0\]: found Infinity, expected a finite number/,
    ],
    [
      "a label beyond all",
      '{"user_data":{"u":{"x":[[1]],"y":[-1e999]}}}',
      /user_data\["u"\]\.y\[0\]: found -Infinity, expected a finite number/,
    ],
    ["another object", "[1]", /found an array, expected an object with an object "user_data"/],
    ["no users", json({}), /found no user with rows/],
    [
      "text",
      json({ u: { x: ["abc"], y: [1] } }),
      /user_data\["u"\]\.x\[0\]: found "abc", expected an array of numbers/,
    ],
    [
      "text in a row",
      json({ u: { x: [["a"]], y: [1] } }),
      /x\[0\]\[0\]: found "a", expected a number; text must be turned/,
    ],
    [
      "no labels",
      json({ u: { x: [[1]], y: undefined } }),
      /\.y: found nothing, expected an array of numbers/,
    ],
    ["a label missing", json({ u: { x: [[1], [2]], y: [1] } }), /found 2 rows in x and 1 labels in y/],
    [
      "ragged rows",
      json({ u: { x: [[1], [2, 3]], y: [1, 1] } }),
      /x\[1\]: found 2 numbers, expected 1 as in x\[0\]/,
    ],
    [
      "ragged users",
      json({ u: { x: [[1]], y: [1] }, v: { x: [[1, 2]], y: [1] } }),
      /\["v"\].*expected 1 as before/,
    ],
  ])("refuses %s", async (title, content, message) => {
    const path = file(`${title}.json`);
    await writeFile(path, content);
    await expectError(() => readTasks(path), "BAD_INPUT", message);
  });
});

describe("fedmtl convert", () => {
  it("turns archives into text, told by name or by --from", async () => {
    const source = JSON.stringify({ users: ["u"], user_data: { u: { x: [[1, 2.5]], y: [-1] } } });
    await writeFile(file("data.json"), source);
    await writeFile(file("data.bin"), source);
    const said = await fedmtlJson("convert", file("data.json"), file("named.csv"));
    expect(said).toMatchObject({ format: "csv", tasks: 1, samples: 1, features: 2 });
    await fedmtlJson("convert", file("data.bin"), file("told.csv"), "--from", "leaf");
    for (const written of ["named.csv", "told.csv"]) {
      expect(contentOf(await readTasks(file(written)))).toEqual([{ name: "u", X: [[1, 2.5]], y: [-1] }]);
    }
    await expectRefusal(
      ["convert", file("data.json"), file("out.mat")],
      2,
      /out\.mat: archives are only read/,
    );
    await expectRefusal(
      ["convert", file("data.bin"), file("o.csv"), "--from", "leav"],
      2,
      /"leav".*did you mean "leaf"/,
    );
    await expectRefusal(
      ["convert", file("data.bin"), file("o.csv"), "--from", "mat"],
      3,
      /found no MATLAB header/,
    );
  });
});
