// Laws of the pages that renderReport writes: whole, safe, the same for the same content, no larger than they must be, and
// with data that are those given.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { type Comparison, renderReport, type ReportContent } from "fedmtl";
import { parseHTML } from "linkedom";
import { beforeAll, describe, expect, it } from "vitest";
import { csvText } from "../dist/report/csv.js";
import { logAxis, logSpaced } from "../dist/report/axes.js";
import { arrivalsOf, curvesOf, referenceOf, subOptimality } from "../dist/report/sub_optimality.js";
import { contentOf, fallingRun } from "./support/report_content.js";

/** An element as these tests use it. */
interface Element {
  readonly localName: string;
  readonly textContent: string;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  getAttribute(name: string): string | null;
  querySelectorAll(selectors: string): Iterable<Element>;
}

function parse(page: string): Element {
  return parseHTML(page).document as unknown as Element;
}

function all(root: Element, selectors: string): Element[] {
  return [...root.querySelectorAll(selectors)];
}

/** The cells of a CSV by RFC 4180: a small reader of its own, to check the writer with. */
function cellsOf(text: string): string[][] {
  const rows: string[][] = [[]];
  const pattern = /("(?:[^"]|"")*"|[^,\n]*)(,|\n|$)/gy;
  while (pattern.lastIndex < text.length) {
    const [, cell = "", end] = pattern.exec(text) ?? [];
    rows.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === "\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

/** The CSV files of a page, by name. */
function filesOf(document: Element): Map<string, string[][]> {
  const links = all(document, "a[download]").map((link) => {
    const uri = link.getAttribute("href") ?? "";
    return [
      link.getAttribute("download") ?? "",
      cellsOf(decodeURIComponent(uri.slice(uri.indexOf(",") + 1))),
    ] as const;
  });
  return new Map(links);
}

const hostile = `</script><img src=x onerror=alert(1)> "'\`&amp;<!-- ]]> {{x}} \u202e`;

describe("a page", () => {
  const content = contentOf();
  let page = "";
  let document: Element;

  beforeAll(async () => {
    page = await renderReport(content);
    document = parse(page);
  });

  it("refers to nothing outside itself", () => {
    expect(page.match(/https?:/g)).toBeNull();
    const references = all(document, "[src],[href],[action],[data]").map(
      (one) => one.getAttribute("href") ?? "",
    );
    expect(references.filter((one) => !/^#|^data:text\/csv;/.test(one))).toEqual([]);
    expect(all(document, "link,iframe,object,embed,base,form,img")).toEqual([]);
    expect(page).not.toMatch(/@import|url\(/);
  });

  it("allows by its policy the one style sheet and the one script that it has, and has no styles elsewhere", () => {
    const policy = all(document, "meta[http-equiv]")[0]?.getAttribute("content") ?? "";
    for (const name of ["style", "script"]) {
      const texts = [...page.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, "g"))].map(
        ([, text = ""]) => text,
      );
      expect(texts).toHaveLength(1);
      const digest = createHash("sha256")
        .update(texts[0] ?? "")
        .digest("base64");
      expect(policy).toContain(`${name}-src 'sha256-${digest}'`);
    }
    expect(policy).toContain("default-src 'none'");
    expect(all(document, "[style]")).toEqual([]);
  });

  it("has a title and a description that says something for every plot, ids once each, and navigation that leads somewhere", () => {
    const ids = all(document, "[id]").map((one) => one.getAttribute("id"));
    expect(new Set(ids).size).toBe(ids.length);
    const plots = all(document, "svg.plot");
    expect(plots).toHaveLength(3 + 2 + 1 + 1 + 2);
    for (const plot of plots) {
      expect(plot.getAttribute("role")).toBe("img");
      const labels = (plot.getAttribute("aria-labelledby") ?? "").split(" ");
      expect(labels).toHaveLength(2);
      for (const label of labels) {
        expect(all(plot, `#${label}`)[0]?.textContent).toMatch(/\w{3}/);
      }
    }
    for (const link of all(document, "nav a, a.skip")) {
      expect(ids).toContain(link.getAttribute("href")?.slice(1));
    }
    expect(all(document, "figure").every((figure) => all(figure, "figcaption").length === 1)).toBe(true);
  });

  it("is the same for the same content", async () => {
    expect(await renderReport(contentOf())).toBe(page);
  });

  it("has in its CSV files the data that it was given", () => {
    const files = filesOf(document);
    const text = (value: unknown): string => (value === null || value === undefined ? "" : String(value));
    const [comparison] = content.comparisons ?? [];
    const points = comparison?.runs.flatMap(({ method, seed, points }) =>
      points.map((one) => [method, seed, seed, one.round, one.seconds, one.bytes, one.primal].map(text)),
    );
    const convergence = files.get("lte-plain-sub-optimality.csv") ?? [];
    expect(convergence.slice(1).map((row) => row.slice(0, 7))).toEqual(points);
    expect(convergence[0]?.slice(0, 4)).toEqual(["method", "run", "seed", "round"]);

    const { tasks = [], rows = [], models = [] } = content.taskErrors ?? {};
    const errors = tasks.map((task, t) =>
      [task, rows[t], ...models.map(({ values }) => values[t])].map(text),
    );
    const byName = (a: readonly string[], b: readonly string[]): number =>
      (a[0] ?? "") < (b[0] ?? "") ? -1 : 1;
    expect((files.get("task-errors.csv") ?? []).slice(1).sort(byName)).toEqual(errors.sort(byName));

    const devices = content.devices?.map((one) =>
      [one.method, one.device, one.rounds, one.steps, one.theta, one.seconds, one.joules].map(text),
    );
    expect(files.get("devices.csv")?.slice(1)).toEqual(devices);

    const [table] = content.tables ?? [];
    expect(files.get("table-1-plain.csv")).toEqual(
      [table?.columns, ...(table?.rows ?? [])].map((row) => row?.map(text)),
    );
  });

  it("has the correlations in its CSV, rows and columns in one order that is a permutation of the tasks", () => {
    const [header = [], ...rows] = filesOf(document).get("task-correlation.csv") ?? [];
    const names = content.correlation?.tasks ?? [];
    expect(rows.map(([name]) => name)).toEqual(header.slice(1));
    expect([...header.slice(1)].sort()).toEqual([...names].sort());
    for (const [name = "", ...values] of rows) {
      const i = names.indexOf(name);
      const expected = header
        .slice(1)
        .map((other) => content.correlation?.values[i * names.length + names.indexOf(other)]);
      expect(values.map(Number)).toEqual(expected);
    }
  });

  it("shows the exact command and every option", () => {
    expect(all(document, "pre code").map((one) => one.textContent)).toEqual([content.command]);
    const terms = all(document, "dt").map((one) => one.textContent);
    expect(terms).toEqual(expect.arrayContaining(Object.keys(content.options ?? {})));
  });

  it("is a page even of nothing", async () => {
    const empty = parse(await renderReport({ title: "Nothing" }));
    expect(all(empty, "h1")[0]?.textContent).toBe("Nothing");
    expect(all(empty, "svg.plot")).toEqual([]);
  });
});

describe("text from outside", () => {
  const shapeOf = (document: Element): string =>
    all(document, "*")
      .map((one) => `${one.localName}(${[...one.attributes].map(({ name }) => name).sort()})`)
      .join();

  it("stays text wherever it stands", async () => {
    const document = parse(await renderReport(contentOf({ text: hostile })));
    expect(all(document, "img,script:not(body > script)")).toEqual([]);
    expect(all(document, "script")).toHaveLength(1);
    // The writing direction is not turned: U+202E is shown as a sign of its own.
    const expected = hostile.replace("\u202e", "\ufffd");
    expect(all(document, "h1")[0]?.textContent).toBe(`A report ${expected}`);
    expect(all(document, "title")[0]?.textContent).toBe(`A report ${expected}`);
    expect(all(document, "pre code")[0]?.textContent).toBe(`fedmtl report '${expected}'`);
    const files = filesOf(document);
    expect(files.get("task-errors.csv")?.[1]?.[0]).toMatch(/^task-\d+ /);
    expect(files.get("task-errors.csv")?.[1]?.[0]?.endsWith(hostile)).toBe(true);
  });

  it("never changes the elements of the page", async () => {
    const plain = shapeOf(parse(await renderReport(contentOf({ tasks: 4, devices: 3, rounds: 5 }))));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", minLength: 1, maxLength: 12 }), async (text) => {
        const document = parse(await renderReport(contentOf({ tasks: 4, devices: 3, rounds: 5, text })));
        // Not by toBe: the difference of two pages is too long to read.
        expect(shapeOf(document) === plain).toBe(true);
      }),
      { numRuns: 10, seed: 11 },
    );
  }, 60_000);

  it("survives CSV: any cells come back", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 2 }), { minLength: 1 }),
        (rows) => {
          const unix = rows.map((row) => row.map((cell) => cell.replaceAll("\r", "\n")));
          expect(cellsOf(csvText(["a", "b"], unix))).toEqual([["a", "b"], ...unix]);
        },
      ),
      { seed: 5 },
    );
  });
});

describe("a large content", () => {
  it("makes a page of some megabytes that says what it leaves out", async () => {
    const page = await renderReport(contentOf({ tasks: 10_000, devices: 10_000, rounds: 20_000 }));
    expect(Buffer.byteLength(page)).toBeLessThan(6e6);
    const document = parse(page);
    const text = all(document, "main")[0]?.textContent ?? "";
    expect(text).toContain("The map has 100 of the 10,000 tasks");
    expect(text).toContain("Drawn are 200 of the 10,000 tasks");
    expect(text).toContain("The table shows the first 500 of 10,000 rows; the CSV has all.");
    expect(text).toContain("a part of the rounds");
    expect(filesOf(document).get("task-errors.csv")).toHaveLength(10_001);
  });

  it("cuts values of options that are as long as a matrix", async () => {
    const options = { omega: Array.from({ length: 10_000 }, (_, i) => i) };
    const page = await renderReport({ title: "Long", options });
    expect(page.length).toBeLessThan((await renderReport({ title: "Long" })).length + 1_000);
    expect(page).toContain("characters)");
  });
});

describe("sub-optimality", () => {
  const bounded: Comparison = { title: "", runs: [{ method: "a", points: fallingRun(0.2, 50, true) }] };
  const unbounded: Comparison = { title: "", runs: [{ method: "a", points: fallingRun(0.2, 50, false) }] };
  const sentences = async (comparison: Comparison): Promise<string> =>
    all(parse(await renderReport({ title: "t", comparisons: [comparison] })), "#convergence p")
      .map((one) => one.textContent)
      .join(" ");

  it("is measured from the optimum if given, else from the best lower bound, and never below what is true", () => {
    for (const optimum of [2, undefined]) {
      const reference = referenceOf({ ...bounded, ...(optimum === undefined ? {} : { optimum }) });
      for (const { primal = Number.NaN } of bounded.runs[0]?.points ?? []) {
        const measured = subOptimality(
          primal,
          reference ?? { value: Number.NaN, kind: "dual", joint: false },
        );
        expect(measured).toBeGreaterThanOrEqual((primal - 2) / 2);
      }
    }
  });

  it("says what it is measured from, above all where that proves nothing", async () => {
    expect(await sentences({ ...bounded, optimum: 2 })).toContain("the optimum that was given");
    expect(await sentences(bounded)).toContain("the best lower bound that a run proved");
    expect(await sentences(unbounded)).toContain("only the least value that any run reached");
  });

  it("does not compare primal values of different relationships", async () => {
    const points = fallingRun(0.2, 50, true).map((point, i) => ({ ...point, omegaStep: Math.floor(i / 10) }));
    expect(await sentences({ title: "", runs: [{ method: "a", points }] })).toContain(
      "The relationship changed",
    );
    const joint = points.map((point) => ({ ...point, jointObjective: point.primal ?? 0, jointDual: 1.5 }));
    const reference = referenceOf({ title: "", runs: [{ method: "a", points: joint }] });
    expect(reference).toEqual({ value: 1.5, kind: "dual", joint: true });
  });

  it("has medians inside bands, whatever the order of the seeds, and no band for equal seeds", () => {
    const rates = [0.1, 0.35, 0.2, 0.05];
    const runs = rates.map((rate, seed) => ({
      method: "a",
      seed,
      points: fallingRun(rate, 30 + seed, false),
    }));
    const reference = { value: 2, kind: "optimum", joint: false } as const;
    const [curve] = curvesOf(runs, reference, ({ seconds }) => seconds);
    const turned = curvesOf([...runs].reverse(), reference, ({ seconds }) => seconds)[0];
    expect(turned).toEqual(curve);
    curve?.median.forEach((value, i) => {
      expect(value).toBeGreaterThanOrEqual(curve.low[i] ?? Number.NaN);
      expect(value).toBeLessThanOrEqual(curve.high[i] ?? Number.NaN);
    });
    const same = [1, 2, 3].map((seed) => ({ method: "a", seed, points: fallingRun(0.2, 30, false) }));
    const [flat] = curvesOf(same, reference, ({ round }) => round);
    expect(flat?.low).toEqual(flat?.high);
    expect(flat?.median).toEqual(same[0]?.points.map(({ primal = 0 }) => (primal - 2) / 2));
  });
});

describe("the way to a level", () => {
  it("is the median over runs of the first point within it, and is not there where half of them never are", () => {
    const reference = { value: 2, kind: "optimum", joint: false } as const;
    const rates = [0.5, 0.1, 0.2, 0.001, 0.001];
    const runs = rates.map((rate, seed) => ({ method: "a", seed, points: fallingRun(rate, 200, false) }));
    // (P - 2) / 2 = exp(-rate h) / 2 is within 1e-2 from h = ln(50) / rate on.
    const first = (rate: number): number => Math.ceil(Math.log(50) / rate);
    const along = ({ round }: { round: number }): number => round;
    const [all] = arrivalsOf(runs, reference, along, 1e-2);
    expect(all).toMatchObject({ method: "a", runs: 5, arrived: 3, at: first(0.1) });
    const [odd] = arrivalsOf(runs.slice(0, 2), reference, along, 1e-2);
    expect(odd?.at).toBe((first(0.5) + first(0.1)) / 2);
    const [half] = arrivalsOf(runs.slice(1), reference, along, 1e-2);
    expect(half).toMatchObject({ runs: 4, arrived: 2 });
    expect(half).not.toHaveProperty("at");
  });
});

describe("any numbers", () => {
  const number = fc.oneof(
    fc.double(),
    fc.constantFrom(0, -1, 1e-300, 1e300, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  );
  const point = fc.record(
    { round: fc.nat(50), seconds: number, bytes: number, primal: number, dual: number, omegaStep: fc.nat(2) },
    { requiredKeys: ["round"] },
  );
  const run = fc.record({
    method: fc.constantFrom("a", "b", "c"),
    points: fc.array(point, { maxLength: 6 }),
  });
  const values = fc.array(number, { minLength: 3, maxLength: 3 });

  it("make a page, and no plot has a coordinate that is none", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(run, { maxLength: 4 }),
        values,
        fc.option(number),
        async (runs, three, optimum) => {
          const page = await renderReport({
            title: "Any",
            comparisons: [{ title: "Any", runs, ...(optimum === null ? {} : { optimum }) }],
            certificates: runs.map(({ method, points }) => ({ title: method, points })),
            taskErrors: { measure: "error", tasks: ["x", "y", "z"], models: [{ name: "m", values: three }] },
            correlation: { tasks: ["x", "y", "z"], values: [...three, ...three, ...three] },
            devices: three.map((steps, i) => ({ device: `${i}`, steps, theta: steps, joules: steps })),
            costs: runs.map(({ method }) => ({ method, rounds: 1, flops: three[0] ?? 0 })),
          });
          const document = parse(page);
          for (const mark of all(document, "svg *")) {
            for (const { name, value } of mark.attributes) {
              expect(/NaN|Infinity|undefined/.test(value), `${mark.localName} ${name}="${value}"`).toBe(
                false,
              );
            }
          }
        },
      ),
      { numRuns: 30, seed: 21 },
    );
  });
});

describe("logarithmic axes", () => {
  it("have rising ticks inside their domain, with names that differ", () => {
    const pair = fc.tuple(
      fc.double({ min: -14, max: 14, noNaN: true }),
      fc.double({ min: 0, max: 20, noNaN: true }),
    );
    fc.assert(
      fc.property(pair, ([from, decades]) => {
        const { domain, ticks, tickFormat } = logAxis([10 ** from, 10 ** (from + decades)]);
        expect(ticks.every((tick) => tick >= domain[0] * 0.999 && tick <= domain[1] * 1.001)).toBe(true);
        expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
        expect(new Set(ticks.map(tickFormat)).size).toBe(ticks.length);
        expect(ticks.length).toBeLessThanOrEqual(9);
      }),
      { seed: 3 },
    );
  });

  it("thin rising values to some, the first and the last among them", () => {
    const values = fc.uniqueArray(fc.double({ min: 0, max: 1e9, noNaN: true }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 50 }), (given, most) => {
        const rising = [...given].sort((a, b) => a - b);
        const taken = logSpaced(rising, most);
        expect(taken[0]).toBe(0);
        expect(taken.at(-1)).toBe(rising.length - 1);
        expect(taken.length).toBeLessThanOrEqual(most + 2);
        expect(taken.every((place, i) => i === 0 || place > (taken[i - 1] ?? 0))).toBe(true);
      }),
      { seed: 4 },
    );
  });
});

const exported: ReportContent = { title: "The type is exported" };
it("takes a content of nothing but a title", async () => {
  expect(await renderReport(exported)).toContain("<h1>The type is exported</h1>");
});
