/**
 * The clock of the paper's released code: a round costs a constant for the network and an amount of compute that depends on
 * the method, both without a unit (docs/math.md, section 6). Devices, links and deadlines have no part in it.
 */
import type { RoundWork } from "./method.js";
import { type PaperNetwork, paperConstants } from "./links.js";

/** Per visit of a row, all rows of a round together. */
const perVisit: Readonly<Record<string, number>> = {
  mocha: 8,
  "mocha-paper": 8,
  "minibatch-sdca": 6,
  "minibatch-sgd": 4,
  // Solved by MOCHA's rounds; the release has no time for them.
  global: 8,
  local: 8,
  "mean-mtl": 8,
};

/** Of methods that the release does not have: a gradient step costs what one of mini-batch SGD does. */
const perVisitOfOthers = 4;

/** Waiting for the slowest, every task is charged as much as the one that made the most steps. */
const cocoaPerStep = 8;

/** Time of one round, in the unit of the release. */
export function paperSeconds(network: PaperNetwork, method: string, { steps }: RoundWork): number {
  let sum = 0;
  let most = 0;
  for (const count of steps) {
    sum += count;
    most = Math.max(most, count);
  }
  const compute =
    method === "cocoa" ? cocoaPerStep * steps.length * most : (perVisit[method] ?? perVisitOfOthers) * sum;
  return compute + paperConstants[network];
}
