/**
 * Progress of a training: a bar that is redrawn in place on a terminal, a plain line every few seconds
 * elsewhere.
 *
 * The gap falls roughly by a constant factor a round, so progress towards its target is measured on a log
 * scale.
 */
import { type TextStream, shorten } from "./terminal.js";

/** What is known after a round. */
export interface ProgressState {
  /** Rounds done. */
  readonly round: number;
  /** Omega steps done. */
  readonly omegaStep: number;
  /** The relative gap, where this round was certified. */
  readonly relativeGap?: number;
}

/** Where and how to report. */
export interface ProgressOptions {
  /** As a rule process.stderr. */
  readonly stream: TextStream;
  /** The relative gap to reach, > 0. */
  readonly targetGap: number;
  /** The most rounds. */
  readonly rounds: number;
  /** What is said of a round, instead of what is said of a training. */
  readonly describe?: (state: ProgressState) => string;
  /** The time in seconds; a test brings its own clock. */
  readonly now?: () => number;
}

/** The reporter of one training. */
export interface Progress {
  /** Reports a round; draws only when enough time has passed. */
  update(state: ProgressState): void;
  /** Removes the bar, so that other output starts on a clean line. */
  finish(): void;
}

const secondsBetweenBars = 0.1;
const secondsBetweenLines = 5;
const barWidth = 24;

/** Starts the clock and returns a reporter; see `Progress`. */
export function createProgress(options: ProgressOptions): Progress {
  const { stream, now = () => performance.now() / 1000 } = options;
  const onTerminal = stream.isTTY === true;
  const pause = onTerminal ? secondsBetweenBars : secondsBetweenLines;
  const start = now();
  let lastDrawn = start;
  let barShown = false;
  let firstGap: number | undefined;
  let gap: number | undefined;

  return {
    update(state) {
      gap = state.relativeGap ?? gap;
      firstGap ??= gap;
      const time = now();
      if (time - lastDrawn < pause) {
        return;
      }
      lastDrawn = time;
      const fraction = fractionDone(state.round, firstGap, gap, options);
      const text = options.describe?.(state) ?? describe(state, gap, time - start, options);
      if (onTerminal) {
        // One column stays free: some terminals wrap as soon as the last one is filled. A terminal that does not
        // know its width says 0.
        const line = shorten(`${bar(fraction)} ${text}`, Math.max((stream.columns || 80) - 1, 1));
        stream.write(`\r${line}\u001b[K`);
        barShown = true;
      } else {
        stream.write(`${text}, ${percent(fraction)}\n`);
      }
    },
    finish() {
      if (barShown) {
        stream.write("\r\u001b[K");
        barShown = false;
      }
    },
  };
}

/**
 * How much of the way is done, in [0, 1]: by the gap on a log scale from the first one to the target, or by
 * rounds, whichever is further, since training ends at the first of the two.
 *
 * @param round rounds done
 * @param firstGap the first relative gap known
 * @param gap the last relative gap known
 */
export function fractionDone(
  round: number,
  firstGap: number | undefined,
  gap: number | undefined,
  { targetGap, rounds }: Pick<ProgressOptions, "targetGap" | "rounds">,
): number {
  const byRounds = rounds > 0 ? round / rounds : 0;
  return Math.min(Math.max(byRounds, gapFraction(firstGap, gap, targetGap), 0), 1);
}

function gapFraction(firstGap: number | undefined, gap: number | undefined, targetGap: number): number {
  if (firstGap === undefined || gap === undefined) {
    return 0;
  }
  if (gap <= targetGap) {
    return 1;
  }
  const [first, now, target] = [Math.log(firstGap), Math.log(gap), Math.log(targetGap)];
  return now < first ? (first - now) / (first - target) : 0;
}

function describe(
  { round, omegaStep }: ProgressState,
  gap: number | undefined,
  seconds: number,
  { targetGap }: ProgressOptions,
): string {
  const gapText = gap === undefined ? "not certified yet" : `gap ${gap.toExponential(1)}`;
  return `round ${round}, Omega step ${omegaStep}, ${gapText} (to ${targetGap.toExponential(1)}), ${duration(seconds)}`;
}

function bar(fraction: number): string {
  const full = Math.floor(fraction * barWidth);
  return `[${"#".repeat(full)}${"-".repeat(barWidth - full)}] ${percent(fraction).padStart(4)}`;
}

/** Rounded down, so that 100 % means done. */
function percent(fraction: number): string {
  return `${Math.floor(fraction * 100)}%`;
}

/**
 * A time span as people read it: `4.2 s`, `3 min 20 s`, `2 h 05 min`.
 */
export function duration(seconds: number): string {
  if (seconds < 60) {
    return `${(Math.floor(seconds * 10) / 10).toFixed(1)} s`;
  }
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0
    ? `${hours} h ${String(minutes).padStart(2, "0")} min`
    : `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
}
