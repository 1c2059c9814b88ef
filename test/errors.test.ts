// The error form: what was given, what is allowed, the nearest valid name.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FedmtlError, invalidChoice, nearestName } from "../dist/errors.js";

// The same cases in every run.
fc.configureGlobal({ seed: 1 });

const losses = ["hinge", "smoothed-hinge", "logistic", "squared", "epsilon-insensitive", "huber"];

describe("nearestName", () => {
  it.each([
    ["hnge", "hinge"],
    ["ihnge", "hinge"],
    ["Hinge", "hinge"],
    ["smoothedHinge", "smoothed-hinge"],
    ["smooth_hinge", "smoothed-hinge"],
    ["logistc", "logistic"],
    ["epsilon", "epsilon-insensitive"],
  ])("takes %s for %s", (given, expected) => {
    expect(nearestName(given, losses)).toBe(expected);
  });

  it.each(["", "x", "poisson", "---"])("finds nothing near %j", (given) => {
    expect(nearestName(given, losses)).toBeUndefined();
  });

  it("does not guess between two completions", () => {
    expect(nearestName("omega", ["omega-every-round", "omega-tolerance"])).toBeUndefined();
  });

  it("finds a name again after any one edit of a longer name", () => {
    const edits = fc.tuple(
      fc.constantFrom(...losses),
      fc.nat(),
      fc.constantFrom("drop", "double", "replace", "swap"),
    );
    fc.assert(
      fc.property(edits, ([name, random, edit]) => {
        const place = random % (name.length - 1);
        const [head, tail] = [name.slice(0, place), name.slice(place)];
        const edited = {
          drop: head + tail.slice(1),
          double: head + tail.charAt(0) + tail,
          replace: `${head}q${tail.slice(1)}`,
          swap: head + tail.charAt(1) + tail.charAt(0) + tail.slice(2),
        }[edit];
        expect(nearestName(edited ?? "", losses)).toBe(name);
      }),
    );
  });
});

describe("invalidChoice", () => {
  it("says what was given, what is allowed and what was probably meant", () => {
    const error = invalidChoice("loss", "hnge", ["hinge", "huber"]);
    expect(error).toBeInstanceOf(FedmtlError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe("FedmtlError");
    expect(error.code).toBe("INVALID_OPTION");
    expect(error.message).toBe('unknown loss "hnge"; allowed: hinge, huber; did you mean "hinge"?');
  });

  it("takes any value and any length of list", () => {
    const many = Array.from({ length: 1000 }, (_, index) => `task-${index}`);
    expect(invalidChoice("task", "x".repeat(500), many, "UNKNOWN_TASK").message.length).toBeLessThan(500);
    expect(invalidChoice("task", 7, many).message).toMatch(
      /^unknown task 7; allowed: task-0, .* and 976 more$/,
    );
    expect(invalidChoice("loss", undefined, losses).message).toMatch(/^unknown loss undefined;/);
    expect(invalidChoice("loss", { hinge: 1 }, losses).message).toMatch(/^unknown loss \(an object\);/);
    expect(invalidChoice("loss", Symbol("s"), losses).message).toMatch(/Symbol\(s\)/);
  });
});
