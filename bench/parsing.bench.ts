/**
 * Reading data files into task sets: svmlight and CSV, plain and gzipped. The numbers behind the suite are megabytes of
 * uncompressed text a second, from opening the file to the finished set.
 */
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { add, suite } from "benny";
import { readTasks } from "fedmtl";
import { csvText, denseRows, sparseRows, svmlightText } from "./problems.js";
import { settings, short } from "./support.js";

const scale = short ? 0.02 : 1;

/** The texts by file name. Six digits as %.6g prints them, and the fewest that give the double back, up to 17. */
function texts(): Record<string, string> {
  const words = sparseRows(60_000 * scale, 50_000, 60);
  const flags = sparseRows(300_000 * scale, 123, 14);
  flags.values.fill(1);
  const sensors = denseRows(30_000 * scale, 66);
  return {
    "60 of 50,000 features, 6 digits.svm": svmlightText(words, 6),
    "60 of 50,000 features, 17 digits.svm": svmlightText(words, 17),
    "14 of 123 features, all 1.svm": svmlightText(flags, 6),
    "66 dense features, 6 digits.svm": svmlightText(sensors, 6),
    "66 dense features, 6 digits.csv": csvText(sensors, 6),
  };
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fedmtl-parsing-"));
  const bytes = new Map<string, number>();
  for (const [name, text] of Object.entries(texts())) {
    await writeFile(join(folder, name), text);
    await writeFile(join(folder, `${name}.gz`), gzipSync(text));
    bytes.set(name, text.length).set(`${name}.gz`, text.length);
  }
  const { results } = await suite(
    "readTasks",
    ...Array.from(bytes.keys(), (name) =>
      add(name, async () => {
        (await readTasks(join(folder, name))).dispose();
      }),
    ),
    ...settings,
  );
  for (const { name, details } of results) {
    const megabytes = (bytes.get(name) ?? 0) / 1e6;
    const compressed = (await stat(join(folder, name))).size / 1e6;
    const size = `${megabytes.toFixed(1)} MB${name.endsWith(".gz") ? ` in ${compressed.toFixed(1)}` : ""}`;
    const rate = (seconds: number): string => (megabytes / seconds).toFixed(0);
    console.log(`${name}, ${size}: median ${rate(details.median)} MB/s, best ${rate(details.min)}`);
  }
  await rm(folder, { recursive: true });
}

void main();
