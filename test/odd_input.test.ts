// What looks odd in a data file but is legal: it means the same as the plain file.
import { writeFile } from "node:fs/promises";
import { fit, readTasks } from "fedmtl";
import { describe, expect, it } from "vitest";
import { makeFolder } from "./cli/support.js";

const file = makeFolder();
const svm = "1 qid:a 1:2 2:1\n-1 qid:a 1:-1\n1 qid:b 1:1 2:3\n-1 qid:b 2:-1\n";
const csv = "task,label,age,dose\na,1,2,1\na,-1,-1,0\nb,1,1,3\nb,-1,0,-1\n";

describe("odd, but legal", () => {
  /** What the file of this content holds. */
  async function read(name: string, content: string): Promise<object> {
    await writeFile(file(name), content);
    const tasks = await readTasks(file(name));
    const dense = tasks.sparse ? undefined : [...tasks.native.rows(0, tasks.rowCount).values];
    return { names: tasks.names, labels: [...tasks.labels()], offsets: [...tasks.offsets()], dense };
  }
  const cases: [string, string][] = [
    ["CRLF", svm.replaceAll("\n", "\r\n")],
    ["a byte order mark", `\uFEFF${svm}`],
    ["comments and blank lines", `# one\n\n${svm.replaceAll("\n", " # said\n")}\n#end`],
    ["trailing spaces and tabs", svm.replaceAll("\n", " \t \n").replaceAll(" ", "  ")],
    ["+1", svm.replace(/^1/gm, "+1").replaceAll("1:2", "1:+2")],
    ["no line end at the end", svm.trimEnd()],
  ];
  it.each(cases)("svmlight with %s", async (what, content) => {
    const plain = await read("plain.svm", svm);
    expect(await read(`legal-${what.replaceAll(" ", "-")}.svm`, content)).toEqual(plain);
  });

  const csvCases: [string, string][] = [
    ["CRLF", csv.replaceAll("\n", "\r\n")],
    ["a byte order mark", `\uFEFF${csv}`],
    ["blank lines and trailing spaces", `\n${csv.replaceAll("\n", "  \n\n")}`],
    ["+1", csv.replace(/,1,/g, ",+1,")],
    ["quotes", csv.replace(/[^,\n]+/g, '"$&"')],
    ["no line end at the end", csv.trimEnd()],
  ];
  it.each(csvCases)("CSV with %s", async (what, content) => {
    const plain = await read("plain.csv", csv);
    expect(await read(`legal-${what.replaceAll(" ", "-")}.csv`, content)).toEqual(plain);
  });

  it("rows without features, tasks of one row and of one class", async () => {
    const content = "1 qid:a\n-1 qid:a 1:1\n1 qid:one 2:1\n1 qid:class 1:1\n1 qid:class 2:2\n";
    await writeFile(file("few.svm"), content);
    const tasks = await readTasks(file("few.svm"));
    expect(tasks.names).toEqual(["a", "one", "class"]);
    for (const loss of ["hinge", "logistic", "squared"] as const) {
      const { status, certificate } = await fit(tasks, { loss }).result;
      expect(status).toBe("converged");
      expect(certificate.gap).toBeGreaterThanOrEqual(-1e-9 * Math.abs(certificate.primal));
    }
  });
});
