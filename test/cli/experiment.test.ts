// `fedmtl experiment`: its output, its folder, and its misuse.
import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { fedmtl, fedmtlJson, generate, makeFolder } from "./support.js";

const file = makeFolder();
const data = file("toy.svm");

beforeAll(async () => {
  await generate(data, "--min-rows", "12", "--max-rows", "16");
});

describe("experiment", () => {
  it("--json has the tables, text has them too, and the page the command", async () => {
    const out = file("rounds");
    const found = await fedmtlJson("experiment", "rounds", "--data", data, "--seeds", "1", "--out", out);
    expect(found).toMatchObject({ experiment: "rounds", seeds: 1, jobs: 10, found: 0, out });
    const [table] = found.tables as { title: string; rows: unknown[] }[];
    expect([table?.title, table?.rows.length]).toEqual(["Rounds to a relative gap", 10]);
    expect(readFileSync(`${out}/report.html`, "utf8")).toContain("fedmtl experiment rounds --data");

    const { code, stdout } = await fedmtl(
      "experiment",
      "rounds",
      "--data",
      data,
      "--seeds",
      "1",
      "--out",
      out,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^toy +all answer +accelerated +\d/m);
    expect(stdout).toContain("10 results, 10 of them from before. Wrote results.jsonl, options.json and");
  });

  it("refuses a folder of other options with exit code 2, and leaves it as it is", async () => {
    const out = file("rounds");
    const before = readFileSync(`${out}/results.jsonl`, "utf8");
    const { code, stdout, stderr } = await fedmtl(
      ...["experiment", "rounds", "--data", data, "--lambda1", "0.5", "--out", out],
    );
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("belongs to other options: data.toy.lambda1 is 0.001 there and 0.5 here");
    expect(readFileSync(`${out}/results.jsonl`, "utf8")).toBe(before);
  });

  it.each([
    ["an unknown name", ["tabel1"], 2, 'did you mean "table1"?'],
    ["no name", [], 2, "experiment needs NAME"],
    ["an unknown flag", ["rounds", "--seed", "1"], 2, 'did you mean "--seeds"?'],
    ["no seeds", ["rounds", "--seeds", "0"], 2, "--seeds must be a whole number of at least 1"],
    ["an unknown method", ["rounds", "--data", data, "--methods", "papr"], 2, 'did you mean "paper"?'],
    ["an absent file", ["rounds", "--data", "absent.svm"], 3, 'cannot read "absent.svm": no such file'],
    ["one file twice", ["rounds", "--data", "har,har"], 2, 'two data sets are called "har"'],
    ["a file where data are made", ["scale", "--data", data], 2, "experiment scale makes its own data"],
    [
      "a label that is not there",
      ["rounds", "--data", data, "--positive", "7"],
      3,
      "no row has the positive label 7",
    ],
  ])("says what is wrong with %s", async (_, args, expected, message) => {
    const out = file("refused");
    const { code, stdout, stderr } = await fedmtl("experiment", ...args, "--out", out);
    expect([code, stdout]).toEqual([expected, ""]);
    expect(stderr).toContain(message);
    expect(existsSync(`${out}/report.html`)).toBe(false);
  });
});
