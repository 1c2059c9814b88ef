// Every input that users get wrong, in one table a kind: one sentence that names the place, what was found and what was
// expected; the right code and exit code; nothing half-written. It grows with every bug. Arrays, objects, models and places
// to write to: bad_use.test.ts; what looks odd but is legal: odd_input.test.ts.
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import {
  type FitOptions,
  fit,
  fixed,
  independent,
  mean,
  type ReadOptions,
  readTasks,
  traceNorm,
} from "fedmtl";
import { beforeAll, describe, expect, it } from "vitest";
import { makeFolder } from "./cli/support.js";
import { errorOf, expectError, expectRefusal, flipped } from "./support/refusals.js";

const file = makeFolder();
const good = file("good.svm");
const svm = "1 qid:a 1:2 2:1\n-1 qid:a 1:-1\n1 qid:b 1:1 2:3\n-1 qid:b 2:-1\n";
const csv = "task,label,age,dose\na,1,2,1\na,-1,-1,0\nb,1,1,3\nb,-1,0,-1\n";

beforeAll(async () => {
  await writeFile(good, svm);
  await mkdir(file("out"));
});

interface BadFile {
  readonly what: string;
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly message: RegExp;
  readonly options?: ReadOptions;
}

const index = "an index from 1 to 2147483646";
const badFiles: readonly BadFile[] = (
  [
    ["an empty file", "empty.svm", "", /line 1, column 1: found the end of the file without any row/],
    ["only comments", "comments.svm", "# a\n\n", /line 2, column 1: found the end .* without any row/],
    ["an empty .gz", "empty.svm.gz", "", /cut short/],
    ["gzip cut short", "cut.svm.gz", gzipSync(svm.repeat(500)).subarray(0, 60), /cut short/],
    ["not gzip", "plain.svm.gz", svm, /not gzip although the name ends in \.gz/],
    ["damaged gzip", "flip.svm.gz", flipped(gzipSync(svm), 15), /the gzip data are damaged/],
    ["gzip under another name", "zipped.svm", gzipSync(svm), /line 1, column 1: found "\\x1F\\x8B/],
    [
      "binary garbage",
      "bin.svm",
      Uint8Array.from({ length: 5000 }, (_, i) => (i * 167 + 255) % 256),
      /line 1/,
    ],
    [
      "NaN",
      "nan.svm",
      "1 1:nan\n",
      /line 1, column 5: found "nan", expected a value that is a finite number/,
    ],
    ["Inf", "inf.svm", "1 1:2\n-1 1:-Inf\n", /line 2, column 6: found "-Inf", expected .* finite/],
    [
      "a NaN label",
      "label.svm",
      "nan 1:1\n",
      /line 1, column 1: found "nan", expected a label that is a fin/,
    ],
    ["1e999", "big.svm", "1 1:1e999\n", /line 1, column 5: found "1e999", expected .* magnitude at most/],
    ["index 0", "zero.svm", "1 0:1\n", new RegExp(`line 1, column 3: found "0:1", expected ${index}`)],
    ["a negative index", "minus.svm", "1 -2:1\n", new RegExp(`found "-2:1", expected ${index}`)],
    [
      "an index too large",
      "large.svm",
      "1 2147483647:1\n",
      new RegExp(`found "2147483647:1", expected ${index}`),
    ],
    ["an index of many digits", "digits.svm", `1 ${"9".repeat(30)}:1\n`, new RegExp(`expected ${index}`)],
    ["a repeated index", "twice.svm", "1 3:1 3:2\n", /column 7: found "3:2", expected an index above 3/],
    ["indices out of order", "order.svm", "1 3:1 2:2\n", /column 7: found "2:2", expected an index above 3/],
    ["1;5", "colon.svm", "1 1;5\n", /column 3: found "1;5", expected index:value/],
    ["a missing value", "value.svm", "1 1:\n", /column 5: found nothing, expected a value/],
    ["qid on some lines only", "some.svm", "1 qid:a 1:1\n1 1:1\n", /line 2, .* no qid .* line 1, has one/],
    ["qid on later lines only", "later.svm", "1 1:1\n1 qid:a 1:1\n", /line 2, .* line 1, has none/],
    ["an empty qid", "noname.svm", "1 qid: 1:1\n", /expected qid:TASK with a name/],
    ["no feature at all", "bare.svm", "1\n-1\n", /the end of the file without any feature/],
    [
      "an empty cell",
      "cell.csv",
      csv.replace("a,1,2,1", "a,1,,1"),
      /line 2, .* nothing in column "age", expe/,
    ],
    ["a cell of text", "text.csv", csv.replace("-1,0\n", "-1,x\n"), /line 3, .*"x" in column "dose"/],
    [
      "NaN in a cell",
      "nan.csv",
      csv.replace("1,3\n", "1,NaN\n"),
      /line 4, .*"NaN" in column "dose", .*finite/,
    ],
    [
      "1e999 in a cell",
      "big.csv",
      csv.replace("1,3\n", "1,1e999\n"),
      /line 4, .*"1e999" .*magnitude at most/,
    ],
    [
      "a row too short",
      "short.csv",
      `${csv}b,1,2\n`,
      /line 6, column 6: found a row of 3 cells, expected 4 cells/,
    ],
    [
      "a row too long",
      "long.csv",
      `${csv}b,1,2,3,4\n`,
      /line 6, column 9: found a row of 5 cells, expected 4/,
    ],
    [
      "an unclosed quote",
      "quote.csv",
      `${csv}"b,1,2,3\n`,
      /line 6, column 1: found a quote that is never closed/,
    ],
    [
      "a stray quote",
      "stray.csv",
      `${csv}b,1,2",3\n`,
      /line 6, column 5: found "2\\"", expected quotes around/,
    ],
    [
      "text behind a quote",
      "behind.csv",
      `${csv}"b"c,1,2,3\n`,
      /line 6, .*expected nothing between a closing/,
    ],
    [
      "two columns of a name",
      "same.csv",
      "task,label,a,a\n",
      /column 14: found the column name "a" a second/,
    ],
    ["a column without name", "noname.csv", ",task,label,a\n", /column 1: found a column without a name/],
    ["no label column", "lable.csv", "task,lable,a\n", /no column "label", .*nearest name there is "lable"/],
    ["only a header", "header.csv", "task,label,a\n", /the end of the file without any row/],
    ["no feature column", "features.csv", "task,label\na,1\n", /no column of features/],
    [
      "a task without a name",
      "task.csv",
      `${csv},1,2,3\n`,
      /line 6, column 1: found nothing in column "task"/,
    ],
    ["commas in tsv", "commas.tsv", csv, /no column "label"/],
    [
      "no task column",
      "a.csv",
      csv,
      /no column "tusk".*nearest name there is "task"/,
      { taskColumn: "tusk" },
    ],
    ["no weight column", "b.csv", csv, /no column "weights"/, { weightColumn: "weights" }],
    [
      "a negative weight",
      "c.csv",
      csv,
      /line 3, .*"-1" in column "dose", .*at least 0/,
      { weightColumn: "dose" },
    ],
  ] as [string, string, string | Uint8Array, RegExp, ReadOptions?][]
)
  // A weight column of its own: the last row of csv has a dose of -1, the row before it none.
  .map(([what, name, content, message, options]) => ({
    ...{ what, name, message },
    content: name === "c.csv" ? csv.replace("-1,-1,0", "-1,-1,-1") : content,
    ...(options === undefined ? {} : { options }),
  }));

const flagsOf = ({ taskColumn, weightColumn }: ReadOptions = {}): string[] => [
  ...(taskColumn === undefined ? [] : ["--task-column", taskColumn]),
  ...(weightColumn === undefined ? [] : ["--weight-column", weightColumn]),
];

describe.concurrent("data files: BAD_INPUT and exit code 3, file and place named, no model written", () => {
  it.each(badFiles)("$what", async ({ name, content, message, options }) => {
    await writeFile(file(name), content);
    await expectError(() => readTasks(file(name), options), "BAD_INPUT", message);
    const named = new RegExp(`fedmtl: \\S*/${name}[,:] .*${message.source}`);
    const out = file(`out/${name}.safetensors`);
    await expectRefusal(["train", file(name), "--out", out, ...flagsOf(options)], 3, named);
    expect((await readdir(file("out"))).filter((entry) => entry.includes(name))).toEqual([]);
  });

  it.each(["line.svm", "line.csv"])("a line of 100 MB: %s", async (name) => {
    const start = name.endsWith("csv") ? "label,x\n1," : "1 1:1\n1 ";
    await writeFile(file(name), Buffer.concat([Buffer.from(start), Buffer.alloc(100_000_000, "7")]));
    await expectError(
      () => readTasks(file(name)),
      "BAD_INPUT",
      /line 2, column 1: found a line longer than 64 MiB/,
    );
    await expectRefusal(["train", file(name)], 3, /line 2, .*longer than 64 MiB/);
  });

  it("a file that is not there, and a folder", async () => {
    await expectError(() => readTasks(file("none.svm")), "IO", /cannot read ".*none\.svm": no such file/);
    await expectRefusal(["train", file("none.svm")], 3, /cannot read ".*none\.svm": no such file/);
    await expectError(() => readTasks(file("out")), "IO", /cannot read ".*out": it is a folder/);
    await expectRefusal(["train", file("out")], 3, /cannot read ".*out": it is a folder/);
  });
});

describe.concurrent("labels that do not fit the loss are named, with what to do", () => {
  const cases: [string, string, FitOptions, RegExp][] = [
    [
      "three",
      "1 1:1\n2 1:2\n3 1:3\n",
      {},
      /two distinct labels, the data have 1, 2, 3; .*--positive.* regression/,
    ],
    ["one", "7 1:1\n7 1:2\n", {}, /two distinct labels, the data have 7; .*--positive/],
    [
      "many",
      "1 1:1\n2 1:1\n3 1:1\n4 1:1\n5 1:1\n6 1:1\n7 1:1\n8 1:1\n9 1:1\n",
      {},
      /have 1, 2, 3, 4, 5, 6, 7, 8, …/,
    ],
    [
      "no positive",
      "1 1:1\n2 1:2\n",
      { positive: 9 },
      /no row has the positive label 9; the labels are 1, 2/,
    ],
  ];
  it.each(cases)("%s", async (name, text, options, message) => {
    const path = file(`labels-${name}.svm`);
    await writeFile(path, text);
    const tasks = await readTasks(path);
    await expectError(() => fit(tasks, options).result, "BAD_INPUT", message);
    const flags = options.positive === undefined ? [] : ["--positive", `${options.positive}`];
    await expectRefusal(
      ["train", path, ...flags],
      3,
      new RegExp(`labels-${name}\\.svm: .*${message.source}`),
    );
  });
});

describe.concurrent("options: INVALID_OPTION and exit code 2, the flag named", () => {
  const tasks = () => readTasks(good);
  const cases: [string, () => unknown, string[], RegExp][] = [
    [
      "lambda1 of 0",
      () => traceNorm({ lambda1: 0 }),
      ["--lambda1", "0"],
      /lambda1 is 0; give a number above 0/,
    ],
    [
      "lambda1 < 0",
      () => independent({ lambda1: -1 }),
      ["--lambda1", "-1"],
      /lambda1 is -1; give a number above 0/,
    ],
    ["lambda1 not a number", () => traceNorm({ lambda1: Number.NaN }), ["--lambda1", "x"], /lambda1/],
    ["lambda1 without end", () => traceNorm({ lambda1: 1 / 0 }), ["--lambda1", "1e999"], /lambda1/],
    [
      "lambda2 < 0",
      () => traceNorm({ lambda2: -1 }),
      ["--lambda2", "-1"],
      /lambda2 is -1; give a number from 0/,
    ],
    [
      "mean with lambda2 = 0",
      () => mean({ lambda1: 1 }),
      ["--relationship", "mean"],
      /lambda2 is 0.*give lambda2 > 0/,
    ],
    [
      "rounds < 1",
      async () => fit(await tasks(), { stop: { rounds: 0 } }).result,
      ["--rounds", "0"],
      /rounds (is 0; give|must be) a whole number/,
    ],
    [
      "rounds not whole",
      async () => fit(await tasks(), { stop: { rounds: 1.5 } }).result,
      ["--rounds", "1.5"],
      /rounds (is 1\.5; give|must be) a whole number/,
    ],
    [
      "threads < 1",
      async () => fit(await tasks(), { threads: 0 }).result,
      ["--threads", "0"],
      /threads (is 0; give|must be) a whole number/,
    ],
    [
      "an unknown loss",
      async () => fit(await tasks(), { loss: "hinges" as "hinge" }).result,
      ["--loss", "hinges"],
      /unknown .*loss "hinges".*did you mean "hinge"/,
    ],
    [
      "an unknown precision",
      () => readTasks(good, { precision: "float16" as "float32" }),
      ["--precision", "float16"],
      /unknown .*precision "float16"; allowed: float64, float32/,
    ],
    [
      "one column for two things",
      () => readTasks(file("a.csv"), { labelColumn: "task" }),
      [],
      /the column "task" cannot be two of task, label and weight/,
    ],
    [
      "an unknown format",
      () => readTasks(good, { format: "xml" as "csv" }),
      [],
      /unknown format "xml"; allowed: svml/,
    ],
    [
      "an unknown option",
      () => readTasks(good, { formt: "csv" } as ReadOptions),
      [],
      /did you mean "format"\?/,
    ],
  ];
  it.each(cases)("%s", async (_, call, flags, message) => {
    await expectError(call, "INVALID_OPTION", message);
    if (flags.length > 0) {
      await expectRefusal(["train", good, ...flags, "--out", file("out/options")], 2, message);
    }
  });
});

describe.concurrent("matrices over tasks: the file and what is wrong with it", () => {
  const cases: [string, number[][], RegExp, RegExp][] = [
    [
      "not-symmetric",
      [
        [1, 0.5],
        [0.2, 1],
      ],
      /(Omega|Sigma) is not symmetric/,
      /not symmetric/,
    ],
    [
      "not-psd",
      [
        [1, 2],
        [2, 1],
      ],
      /(Omega|Sigma) is not positive semi-definite/,
      /not positive semi-definite/,
    ],
    [
      "not-square",
      [
        [1, 0, 0],
        [0, 1, 0],
      ],
      /is 2 × 3; give a square matrix/,
      /2 rows of 3 numbers, expected a square/,
    ],
    ["not-m", [[1]], /is 1 × 1, but there are 2 tasks/, /found a matrix of 1 × 1, expected 2 × 2/],
  ];
  it.each(cases)("%s", async (name, rows, message, cliMessage) => {
    const path = file(`${name}.matrix`);
    await writeFile(path, rows.map((row) => row.join(",")).join("\n"));
    const tasks = await readTasks(good);
    for (const role of ["omega", "sigma"] as const) {
      const relationship = () => fixed(role === "omega" ? { omega: rows } : { sigma: rows });
      const error = await errorOf(() => fit(tasks, { relationship: relationship() }).result);
      expect(error.message).toMatch(message);
      expect(error.code).toMatch(/^INVALID_(OPTION|ARGUMENT)$/);
      const named = new RegExp(`${name}\\.matrix: .*${cliMessage.source}`);
      await expectRefusal(["train", good, "--relationship", "fixed", `--${role}`, path], 3, named);
    }
  });

  it.each([
    ["omega", 1e-320, "1", /Omega is too small: the inverse of lambda1 Omega \+ lambda2 I is beyond/],
    ["sigma", 1e308, "1e-5", /Sigma is too large: the inverse of lambda1 Omega \+ lambda2 I is beyond/],
  ] as const)("%s with entries of %d: not the data are to blame", async (role, entry, lambda1, message) => {
    const path = file(`${role}.extreme`);
    await writeFile(path, `${entry},0\n0,${entry}\n`);
    const args = ["train", good, "--relationship", "fixed", `--${role}`, path, "--lambda1", lambda1];
    await expectRefusal(args, 3, new RegExp(`${role}\\.extreme: .*${message.source}`));
  });

  it("text that is no number", async () => {
    await writeFile(file("text.matrix"), "1,0\n0,one\n");
    const args = ["train", good, "--relationship", "fixed", "--sigma", file("text.matrix")];
    await expectRefusal(args, 3, /text\.matrix, line 2, column 3: found "one", expected a finite number/);
  });
});
