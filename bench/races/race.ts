/**
 * A race: contenders bring the same problem to the same dual sub-optimality, each in a process of its own, taking turns.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Contender, Entry } from "./contenders/contender.js";
import { judge, type Optimum, type Problem, readProblem, type Verdict } from "./evaluator.js";
import { emptyNode, root, runProcess } from "./processes.js";
import { type Spread, spreadOf } from "./statistics.js";

/** What is to be raced on. */
export interface RaceProblem {
  readonly title: string;
  /** Makes the data file where it is missing. @returns its path: svmlight text without tasks */
  data(folder: string): Promise<string>;
  readonly C: number;
  /** Known from elsewhere; else it is what fedmtl finds with its tightest setting, P and D taken from the judge. */
  readonly optimum?: Optimum;
}

/** A contender's run, as timed and judged. */
export interface Run {
  readonly wholeSeconds: number;
  readonly solverSeconds: number;
  readonly verdict: Verdict;
}

/** A contender with the setting it takes part with. */
export interface Starter {
  readonly contender: Contender;
  readonly setting: string;
  readonly verdict: Verdict;
}

/** One pair's outcome: seconds of ours over seconds of theirs. */
export interface PairResult {
  readonly ours: Starter;
  readonly theirs: Starter;
  readonly whole: Spread;
  readonly solver: Spread;
  readonly seconds: Readonly<
    Record<"oursWhole" | "oursSolver" | "theirsWhole" | "theirsSolver" | "node", Spread>
  >;
  readonly pairs: number;
}

/** A folder of this checkout for data and models, which git ignores. */
export function racesFolder(): string {
  const folder = join(root, "build-races");
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A problem with everything at hand to race on it. */
export class Track {
  readonly #problem: Problem;
  #optimum: Optimum = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY };
  readonly entry: Entry;

  private constructor(entry: Entry) {
    this.entry = entry;
    this.#problem = readProblem(entry.data);
  }

  /** @param finder finds the optimum where it is not known */
  static async open({ data, C, optimum }: RaceProblem, finder: Contender): Promise<Track> {
    const folder = racesFolder();
    const track = new Track({ data: await data(folder), folder, C });
    track.#optimum = optimum ?? track.#findOptimum(finder);
    return track;
  }

  #findOptimum(finder: Contender): Optimum {
    const { primal, dual } = this.run(finder, finder.settings.at(-1) ?? "").verdict;
    return { least: dual, most: primal };
  }

  /** What is known of the optimum, as a sentence. */
  get optimumText(): string {
    const { least, most } = this.#optimum;
    return `The optimum is between ${least} and ${most}.`;
  }

  /** Runs a contender once. @throws Error if its claim cannot be true */
  run(contender: Contender, setting: string): Run {
    const done = runProcess(contender.command(this.entry, setting));
    const report = contender.report(this.entry, done.stdout, done.stderr);
    const verdict = judge(this.#problem, this.entry.C, report, this.#optimum);
    return { wholeSeconds: done.seconds, solverSeconds: report.solverSeconds, verdict };
  }

  /** The loosest setting of a contender that reaches the sub-optimality; undefined if none does. */
  qualify(contender: Contender, subOptimality: number): Starter | undefined {
    for (const setting of contender.settings) {
      const { verdict } = this.run(contender, setting);
      if (verdict.subOptimality <= subOptimality) {
        return { contender, setting, verdict };
      }
    }
    return undefined;
  }

  /** The best that a contender reaches with any of its settings. */
  best(contender: Contender): number {
    const setting = contender.settings.at(-1) ?? "";
    return this.run(contender, setting).verdict.subOptimality;
  }

  /** Runs both in turn, `pairs` times. What Node costs is measured beside every pair and taken off. */
  compare(ours: Starter, theirs: Starter, pairs: number): PairResult {
    const rounds = Array.from({ length: pairs }, (_, i) => {
      const node = runProcess(emptyNode).seconds;
      const runs = new Map<Starter, Run>();
      for (const starter of i % 2 === 0 ? [ours, theirs] : [theirs, ours]) {
        runs.set(starter, this.run(starter.contender, starter.setting));
      }
      const timesOf = (starter: Starter) => {
        const { wholeSeconds = Number.NaN, solverSeconds = Number.NaN } = runs.get(starter) ?? {};
        return { whole: wholeSeconds - (starter.contender.startsNode ? node : 0), solver: solverSeconds };
      };
      return { node, ours: timesOf(ours), theirs: timesOf(theirs) };
    });
    const spread = (value: (round: (typeof rounds)[number]) => number): Spread => spreadOf(rounds.map(value));
    return {
      ours,
      theirs,
      whole: spread((round) => round.ours.whole / round.theirs.whole),
      solver: spread((round) => round.ours.solver / round.theirs.solver),
      seconds: {
        oursWhole: spread((round) => round.ours.whole),
        oursSolver: spread((round) => round.ours.solver),
        theirsWhole: spread((round) => round.theirs.whole),
        theirsSolver: spread((round) => round.theirs.solver),
        node: spread((round) => round.node),
      },
      pairs,
    };
  }
}
