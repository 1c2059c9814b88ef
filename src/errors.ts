/**
 * The one error type of the package, and the one form of an "unknown name" message.
 *
 * Errors are FedmtlErrors; arrays that the addon refuses are TypeErrors (of another type) and RangeErrors (wrong length or
 * content) with `code` INVALID_ARGUMENT. On each of them `code` is for programs, and the message is one sentence for people
 * that says what was given and what is allowed or what to do.
 */

/**
 * What went wrong, for programs:
 *
 * - `INVALID_OPTION`: an option or flag has an unknown name or a value that is not allowed.
 * - `INVALID_ARGUMENT`: an argument of a function has the wrong shape, type or range.
 * - `BAD_INPUT`: a data file or data array cannot be used as given.
 * - `UNKNOWN_TASK`: a task name that the data or the model does not have.
 * - `DISPOSED`: the object was used after `dispose()`.
 * - `BUSY`: the object is in use by a run that has not ended.
 * - `IO`: the file system refused.
 * - `BAD_MODEL`: a model or checkpoint file is damaged, incomplete or of another kind.
 * - `ABORTED`: the work was cancelled.
 * - `OUT_OF_MEMORY`: an allocation failed.
 * - `NUMERICAL`: the arithmetic broke down.
 * - `INTERNAL`: a fault of the package itself.
 */
export type FedmtlErrorCode =
  | "INVALID_OPTION"
  | "INVALID_ARGUMENT"
  | "BAD_INPUT"
  | "UNKNOWN_TASK"
  | "DISPOSED"
  | "BUSY"
  | "IO"
  | "BAD_MODEL"
  | "ABORTED"
  | "OUT_OF_MEMORY"
  | "NUMERICAL"
  | "INTERNAL";

/** An error of the package; branch on `code`, show `message`. */
export class FedmtlError extends Error {
  /** What went wrong, for programs. */
  readonly code: FedmtlErrorCode;

  /**
   * @param code what went wrong, for programs
   * @param message one sentence: what was given, what is allowed or what to do
   * @param options `cause`: the error that led to this one
   */
  constructor(code: FedmtlErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FedmtlError";
    this.code = code;
  }
}

/** Names listed in full in a message; a longer list is cut, so that a message stays a sentence. */
const namesListed = 24;
/** Among more names than these none is looked for that may have been meant: it would take seconds. */
const namesCompared = 10_000;

/**
 * Damerau-Levenshtein distance in its restricted form (optimal string alignment): the least number of
 * insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`, no part edited twice.
 */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const differs = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(
        (previous[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + differs,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforePrevious[j - 2] ?? 0) + 1);
      }
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/**
 * Case and separators do not count when names are compared: `traceNorm`, `trace_norm` and `trace-norm` agree.
 */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_\s]/g, "");
}

/**
 * The allowed name that `given` was most likely meant to be.
 *
 * @param given the name as typed
 * @param allowed the valid names
 * @returns the nearest one, the first of equals; undefined where none is near: more than a third of the
 *   longer name would have to change (one edit is always near, if at least one character stays), and `given`
 *   is not the beginning (3 characters or more) of exactly one name
 */
export function nearestName(given: string, allowed: Iterable<string>): string | undefined {
  const wanted = plain(given);
  if (wanted === "") {
    return undefined;
  }
  let nearest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  const completions: string[] = [];
  for (const name of allowed) {
    const candidate = plain(name);
    const longer = Math.max(wanted.length, candidate.length);
    if (wanted.length >= 3 && candidate.startsWith(wanted)) {
      completions.push(name);
    }
    const limit = longer < 2 ? 0 : Math.max(1, Math.floor(longer / 3));
    if (Math.abs(wanted.length - candidate.length) > limit) {
      continue;
    }
    const distance = editDistance(wanted, candidate);
    if (distance <= limit && distance < least) {
      least = distance;
      nearest = name;
    }
  }
  return nearest ?? (completions.length === 1 ? completions[0] : undefined);
}

/**
 * The error for a name that is not one of the allowed ones, in the one form used everywhere:
 * `unknown loss "hnge"; allowed: hinge, logistic; did you mean "hinge"?`
 *
 * @param what what the name stands for, in words: `loss`, `option --loss`, `task`
 * @param given the value as given; anything that is not a string is shown as JSON or by its type
 * @param allowed the valid names, in the order to list them (24 at most are listed)
 * @param code the code of the error, by default `INVALID_OPTION`
 */
export function invalidChoice(
  what: string,
  given: unknown,
  allowed: readonly string[],
  code: FedmtlErrorCode = "INVALID_OPTION",
): FedmtlError {
  const listed = allowed.slice(0, namesListed).join(", ");
  const more = allowed.length > namesListed ? ` and ${allowed.length - namesListed} more` : "";
  const choices = allowed.length === 0 ? "none is allowed here" : `allowed: ${listed}${more}`;
  const compared = typeof given === "string" && allowed.length <= namesCompared;
  const nearest = compared ? nearestName(given, allowed) : undefined;
  const hint = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
  return new FedmtlError(code, `unknown ${what} ${shown(given)}; ${choices}${hint}`);
}

/**
 * A given value as it appears in a message: strings quoted and cut at 60 characters, objects by their type.
 */
export function shown(given: unknown): string {
  if (typeof given === "string") {
    return JSON.stringify(given.length > 60 ? `${given.slice(0, 57)}...` : given);
  }
  if (typeof given === "object" && given !== null) {
    return Array.isArray(given) ? "(an array)" : "(an object)";
  }
  if (typeof given === "bigint") {
    return `${given}n`;
  }
  return typeof given === "function" ? "(a function)" : String(given);
}
