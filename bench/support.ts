/**
 * What the suites share: the short form, and names of sizes.
 */
import { configure } from "benny";

/** `npm run bench -- --short`: small problems and few samples, to see that everything runs. */
export const short = process.env.FEDMTL_BENCH_SHORT === "1";

/** benny's own settings, apart from the short form's few samples. */
export const settings = configure({ cases: short ? { minSamples: 2, maxTime: 0.05, delay: 0 } : {} });

/** What a suite runs over: all of it, or in the short form the first few. */
export function someOf<Item>(items: readonly Item[], inShortForm = 1): readonly Item[] {
  return short ? items.slice(0, inShortForm) : items;
}
