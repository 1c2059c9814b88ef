/**
 * What the suites share: the short form, and how results are shown.
 */
import { complete, configure, cycle } from "benny";

/** `npm run bench -- --short`: small problems and few samples, to see that everything runs. */
export const short = process.env.FEDMTL_BENCH_SHORT === "1";

type Summary = Awaited<ReturnType<typeof import("benny").suite>>;

function showPlainly({ name, results }: Summary): void {
  console.log(`\n${name}`);
  for (const { name: caseName, ops, margin, details } of results) {
    const milliseconds = (1000 * details.median).toPrecision(3);
    console.log(`  ${caseName}: ${ops} ops/s ±${margin.toFixed(1)} %, median ${milliseconds} ms`);
  }
}

/** The last arguments of every suite: how long it runs, and how it shows its results. */
export const settings = [
  configure({ cases: short ? { minSamples: 2, maxTime: 0.05, delay: 0 } : {} }),
  // On a terminal benny redraws its lines, which in a file would stand there again and again.
  ...(process.stdout.isTTY ? [cycle(), complete()] : [complete(showPlainly)]),
];

/** What a suite runs over: all of it, or in the short form the first few. */
export function someOf<Item>(items: readonly Item[], inShortForm = 1): readonly Item[] {
  return short ? items.slice(0, inShortForm) : items;
}

/** A case whose calls wait for each other: benny makes the first two at once to see what the case returns. */
export function inTurn(test: () => Promise<void>): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(test);
    return last;
  };
}
