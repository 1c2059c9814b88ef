// The command line: every kind of flag, every kind of mistake, and a help made from the same table.
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { type Command, findCommand, parseArguments } from "../dist/cli/arguments.js";
import { commandHelp, programHelp } from "../dist/cli/help.js";

// The same cases in every run.
fc.configureGlobal({ seed: 1 });

const train = {
  name: "train",
  summary: "train a model",
  positionals: [{ name: "DATA", help: "a data file" }],
  flags: [
    { name: "loss", kind: "choice", choices: ["hinge", "logistic"], help: "the loss", default: "hinge" },
    { name: "lambda1", kind: "number", above: 0, help: "the weight", default: "0.01" },
    { name: "loss-epsilon", kind: "number", min: 0, max: 5, help: "the tube" },
    { name: "rounds", kind: "integer", min: 1, help: "most rounds" },
    { name: "certify-every", kind: "integer", min: 1, words: ["auto"], help: "rounds between certificates" },
    { name: "grid", kind: "numbers", above: 0, max: 9, help: "values to try" },
    { name: "positive", kind: "string", placeholder: "LABEL", help: "the positive label" },
    { name: "out", kind: "string", placeholder: "MODEL", help: "where to save" },
    { name: "json", kind: "boolean", help: "print JSON" },
  ],
  examples: ["fedmtl train data.svm"],
} as const satisfies Command;
const report = {
  name: "report",
  summary: "make a report",
  positionals: [{ name: "HISTORY", help: "history files", many: true }],
  flags: [],
} as const satisfies Command;
const program = { name: "fedmtl", summary: "federated multi-task learning", commands: [train, report] };

const parse = (...given: string[]) => parseArguments(train, given);

describe("parseArguments", () => {
  it("reads every kind of flag, before and after the arguments", () => {
    const { flags, positionals, help } = parse(
      ...[
        "--loss",
        "logistic",
        "--lambda1=1e-3",
        "data.svm",
        "--rounds",
        "1e6",
        "--json",
        "--out",
        "a b",
        "--grid",
        "1e-3, 2,.5",
        "--certify-every",
      ],
      "auto",
    );
    expect(flags).toEqual({
      loss: "logistic",
      lambda1: 1e-3,
      rounds: 1_000_000,
      json: true,
      out: "a b",
      grid: [1e-3, 2, 0.5],
      certifyEvery: "auto",
    });
    expect(positionals).toEqual(["data.svm"]);
    expect(help).toBe(false);
  });

  it("takes a choice in the spelling of a property too, and gives the one it lists", () => {
    const flags = [{ name: "metric", kind: "choice", choices: ["log-loss", "explainedVariance"], help: "" }];
    const command = { ...train, flags } as Command;
    for (const [given, chosen] of [
      ["log-loss", "log-loss"],
      ["logLoss", "log-loss"],
      ["explainedVariance", "explainedVariance"],
      ["explained-variance", "explainedVariance"],
    ] as const) {
      expect(parseArguments(command, ["d", "--metric", given]).flags).toEqual({ metric: chosen });
    }
    expect(() => parseArguments(command, ["d", "--metric", "logloss"])).toThrow(/did you mean "log-loss"/);
  });

  it("has exact types", () => {
    const { flags } = parse("x");
    expectTypeOf(flags.loss).toEqualTypeOf<"hinge" | "logistic" | undefined>();
    expectTypeOf(flags.lambda1).toEqualTypeOf<number | undefined>();
    expectTypeOf(flags.lossEpsilon).toEqualTypeOf<number | undefined>();
    expectTypeOf(flags.certifyEvery).toEqualTypeOf<number | "auto" | undefined>();
    expectTypeOf(flags.out).toEqualTypeOf<string | undefined>();
    expectTypeOf(flags.json).toEqualTypeOf<true | undefined>();
  });

  it("leaves out what is not given: defaults are not the parser's business", () => {
    expect(parse("data.svm").flags).toEqual({});
  });

  it("takes values that begin with one dash, and after = anything", () => {
    expect(parse("d", "--positive", "-1").flags.positive).toBe("-1");
    expect(parse("d", "--out", "-").flags.out).toBe("-");
    expect(parse("d", "--out=--json").flags.out).toBe("--json");
    expect(parse("d", "--out=").flags.out).toBe("");
  });

  it("takes everything after -- as arguments", () => {
    expect(parse("--", "--data").positionals).toEqual(["--data"]);
  });

  it("takes several arguments where the command does", () => {
    expect(parseArguments(report, ["a", "b", "c"]).positionals).toEqual(["a", "b", "c"]);
  });

  it.each([["--help"], ["-h"], ["--unknown", "--help"], ["--rounds", "many", "-h"]])(
    "sees help in %j %j",
    (...given) => {
      expect(parse(...given).help).toBe(true);
    },
  );

  it("reads back any number it is given", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, minExcluded: true, max: 1e300, noNaN: true }), (value) => {
        expect(parse("d", "--lambda1", String(value)).flags.lambda1).toBe(value);
      }),
    );
  });

  it.each([
    [["d", "--lamda1", "3"], /unknown option "--lamda1"; allowed: --loss, .*; did you mean "--lambda1"\?/],
    [["d", "--lossEpsilon", "3"], /did you mean "--loss-epsilon"\?/],
    [["d", "--no-json"], /unknown option "--no-json"/],
    [["d", "-x"], /unknown option "-x"/],
    [["d", "--toString"], /unknown option "--toString"/],
    [["d", "--__proto__"], /unknown option "--__proto__"/],
    [["d", "--constructor", "--json"], /unknown option "--constructor"/],
    [
      ["d", "--loss", "hing"],
      /unknown value of --loss "hing"; allowed: hinge, logistic; did you mean "hinge"\?/,
    ],
    [["d", "--rounds"], /--rounds needs a value: a whole number of at least 1/],
    [["d", "--rounds", "--json"], /--rounds needs a value/],
    [["d", "--out", "--json"], /--out needs a value: MODEL/],
    [["d", "--json=true"], /--json takes no value, got "true"/],
    [["d", "--rounds", "3", "--rounds", "3"], /--rounds is given twice/],
    [["d", "--json", "--json"], /--json is given twice/],
    [["d", "--rounds", "1.5"], /--rounds must be a whole number of at least 1, got "1.5"/],
    [["d", "--rounds", "0"], /got "0"/],
    [["d", "--rounds", "1e300"], /got "1e300"/],
    [["d", "--lambda1", "0"], /--lambda1 must be a number above 0, got "0"/],
    [["d", "--lambda1", "-1"], /got "-1"/],
    [["d", "--lambda1="], /got ""/],
    [["d", "--lambda1", "0x10"], /got "0x10"/],
    [["d", "--lambda1", "1,5"], /got "1,5"/],
    [["d", "--grid", "1,"], /--grid must be numbers separated by commas, each above 0 .*, got ""/],
    [["d", "--grid", "1,10"], /each above 0 and of at most 9, got "10"/],
    [["d", "--grid", "1;2"], /got "1;2"/],
    [["d", "--grid"], /--grid needs a value: numbers separated by commas/],
    [["d", "--lambda1", "1e"], /got "1e"/],
    [["d", "--lambda1", "Infinity"], /got "Infinity"/],
    [["d", "--lambda1", "1e999"], /got "1e999"/],
    [["d", "--lambda1", "NaN"], /got "NaN"/],
    [["d", "--loss-epsilon", "6"], /a number of at least 0 and of at most 5, got "6"/],
    [["d", "--certify-every", "automatic"], /a whole number of at least 1, or auto, got "automatic"/],
    [[], /train needs DATA: a data file/],
    [["a", "b"], /train takes DATA, got "b" as well/],
  ])("refuses %j", (given, message) => {
    expect(() => parse(...given)).toThrow(message);
    expect(() => parse(...given)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });

  it("needs at least one where it takes many", () => {
    expect(() => parseArguments(report, [])).toThrow(/report needs HISTORY/);
  });
});

describe("findCommand", () => {
  it("finds a command by its name", () => {
    expect(findCommand(program, "report")).toBe(report);
  });

  it.each([
    ["trian", /unknown command "trian"; allowed: train, report; did you mean "train"\?/],
    ["--verson", /unknown option "--verson"; allowed: --help, --version; did you mean "--version"\?/],
    ["toString", /unknown command/],
    ["", /unknown command ""/],
  ])("refuses %j", (name, message) => {
    expect(() => findCommand(program, name)).toThrow(message);
  });
});

describe("help", () => {
  it("of a command shows every flag with its values and default, every argument and example", () => {
    const help = commandHelp(program, train);
    expect(help).toMatch(/^Usage: fedmtl train DATA \[options\]$/m);
    for (const { name } of train.flags) {
      expect(help).toContain(`--${name}`);
    }
    expect(help).toMatch(/--loss NAME +the loss \(one of hinge, logistic; default: hinge\)/);
    expect(help).toMatch(/--certify-every N\|auto/);
    expect(help).toMatch(/--grid X,X,\.\.\. +values to try/);
    expect(help).toContain("fedmtl train data.svm");
  });

  it("of the program shows every command", () => {
    const help = programHelp(program);
    expect(help).toMatch(/^ {2}train +train a model$/m);
    expect(help).toMatch(/^ {2}report +make a report$/m);
  });

  it("keeps to the width", () => {
    for (const width of [60, 80, 120]) {
      const long = {
        ...train,
        flags: [{ name: "x", kind: "boolean", help: "word ".repeat(60).trim() }],
      } as const;
      const lines = commandHelp(program, long, width).split("\n");
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    }
  });
});
