/**
 * The course of a race: settings for every goal, pairs in turn, results.
 */
import type { Contender } from "./contenders/contender.js";
import { phasesText } from "./phases.js";
import { type RaceProblem, Track } from "./race.js";
import { publish, resultRow } from "./results.js";

export interface Goal {
  /** The dual sub-optimality to reach; `best`: the best that both reach. */
  readonly subOptimality: number | "best";
  /** What we want the ratios to be at most; "–" where nothing is asked. */
  readonly ratio: string;
}

export interface Course {
  readonly ours: Contender;
  readonly theirs: readonly Contender[];
  readonly goals: readonly Goal[];
  readonly pairs: number;
  /** Whether to tell where our time goes. */
  readonly phases: boolean;
}

/** A table of results and what there is to say about them. */
interface Outcome {
  readonly rows: string[];
  readonly notes: string[];
}

function race(track: Track, theirs: Contender, course: Course, outcome: Outcome): void {
  const { ours, goals, pairs, phases } = course;
  for (const { subOptimality, ratio } of goals) {
    const target = subOptimality === "best" ? Math.max(track.best(ours), track.best(theirs)) : subOptimality;
    const us = track.qualify(ours, target);
    const them = track.qualify(theirs, target);
    if (us === undefined || them === undefined) {
      const short = us === undefined ? ours.name : theirs.name;
      outcome.notes.push(`${short} does not reach ${target.toExponential(1)} with any of its settings.`);
      continue;
    }
    const asked = subOptimality === "best" ? `${target.toExponential(1)}, the best of both` : String(target);
    outcome.rows.push(resultRow(asked, ratio, track.compare(us, them, pairs)));
    if (phases) {
      outcome.notes.push(phasesText(track.entry, us.setting, 5));
    }
  }
}

/** Finds both sides' settings for every goal, lets them take turns, and publishes. */
export async function runCourse(name: string, problem: RaceProblem, course: Course): Promise<void> {
  const track = await Track.open(problem, course.ours);
  const outcome: Outcome = { rows: [], notes: [] };
  for (const theirs of course.theirs) {
    race(track, theirs, course, outcome);
  }
  publish(name, `${problem.title} ${track.optimumText}`, outcome.rows, outcome.notes);
}
