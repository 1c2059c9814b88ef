/**
 * The course of a race against LIBLINEAR.
 */
import type { Contender } from "./contenders/contender.js";
import { phasesText } from "./phases.js";
import { type RaceProblem, Track } from "./race.js";
import { publish, resultRow } from "./results.js";

export interface Goal {
  /** The dual sub-optimality to reach; `best`: the best that both reach. */
  readonly subOptimality: number | "best";
  /** The ratio that we want. */
  readonly goal: string;
}

export interface Course {
  readonly ours: Contender;
  readonly theirs: Contender;
  readonly goals: readonly Goal[];
  readonly pairs: number;
}

/** Finds both sides' settings for every goal, lets them take turns, and publishes. */
export async function runAgainstLiblinear(name: string, problem: RaceProblem, course: Course): Promise<void> {
  const { ours, theirs, goals, pairs } = course;
  const track = await Track.open(problem);
  const rows: string[] = [];
  const notes: string[] = [];
  for (const { subOptimality, goal } of goals) {
    const target = subOptimality === "best" ? Math.max(track.best(ours), track.best(theirs)) : subOptimality;
    const us = track.qualify(ours, target);
    const them = track.qualify(theirs, target);
    if (us === undefined || them === undefined) {
      notes.push(`${(us === undefined ? ours : theirs).name} does not reach ${target.toExponential(1)}.`);
      continue;
    }
    rows.push(resultRow(target.toExponential(1), goal, track.compare(us, them, pairs)));
    notes.push(phasesText(track.entry, us.setting, 5));
  }
  publish(name, problem.title, rows, notes);
}
