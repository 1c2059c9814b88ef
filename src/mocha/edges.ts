/**
 * The edges of a graph over tasks: what is wrong with them, and their form for the addon.
 */
import { nearestName, shown } from "../errors.js";

/** An undirected edge: two tasks by name, and its weight, from 0. */
export type Edge = readonly [taskA: string, taskB: string, weight: number];

/** How messages name an edge of a list in code. */
export const edgePlace = (index: number): string => `edges[${index}]`;

/** What is wrong with an edge, to go on behind its place: `edges[3] has the weight -1; ...`. */
export interface EdgeProblem {
  readonly index: number;
  readonly problem: string;
}

const quoted = (name: string): string => JSON.stringify(name);

/**
 * The first edge that is no edge, joins a task to itself, has no weight from 0, or joins two tasks that an edge before it
 * has joined.
 *
 * @param place how a message names an edge by its index
 */
export function findEdgeProblem(
  edges: readonly Edge[],
  place: (index: number) => string,
): EdgeProblem | undefined {
  const seen = new Map<string, Map<string, number>>();
  for (const [index, edge] of edges.entries()) {
    const problem = problemOf(edge) ?? repetition(edge, index, seen, place);
    if (problem !== undefined) {
      return { index, problem };
    }
  }
  return undefined;
}

function problemOf(edge: Edge): string | undefined {
  const [a, b, weight] = Array.isArray(edge) ? edge : [];
  if (typeof a !== "string" || typeof b !== "string" || edge.length !== 3) {
    return "is no edge; give [task, task, weight]";
  }
  if (a === b) {
    return `joins the task ${quoted(a)} to itself; give edges between two tasks`;
  }
  if (typeof weight !== "number" || !(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
    return `has the weight ${shown(weight)}; give a number from 0`;
  }
  return undefined;
}

function repetition(
  [a, b]: Edge,
  index: number,
  seen: Map<string, Map<string, number>>,
  place: (index: number) => string,
): string | undefined {
  const [first, second] = a < b ? [a, b] : [b, a];
  const others = seen.get(first) ?? new Map<string, number>();
  seen.set(first, others);
  const before = others.get(second);
  others.set(second, index);
  return before === undefined
    ? undefined
    : `joins ${quoted(a)} and ${quoted(b)} as ${place(before)} does; give each pair of tasks once`;
}

/**
 * The most that lambda1 times a weight may be, in units of lambda2: about 1e16 times lambda2 the ridge is lost in rounding, and
 * lambda1 Omega + lambda2 I is singular.
 */
const mostStrength = 1e15;

/** The edge of the largest weight, if it is too large beside lambda2. */
export function findHeavyEdge(
  edges: readonly Edge[],
  { lambda1, lambda2 }: { readonly lambda1: number; readonly lambda2: number },
): EdgeProblem | undefined {
  const index = edges.reduce((most, [, , weight], e) => (weight > (edges[most]?.[2] ?? 0) ? e : most), 0);
  const [a = "", b = "", weight = 0] = edges[index] ?? [];
  if (!(lambda1 * weight > mostStrength * lambda2)) {
    return undefined;
  }
  const problem =
    `joins ${quoted(a)} and ${quoted(b)} with the weight ${weight}, which is too large beside lambda2 ${lambda2}; ` +
    `lambda1 times a weight may be ${mostStrength.toExponential()} times lambda2 at most`;
  return { index, problem };
}

const wordsOfOwner = {
  data: { without: "which the data do not have", given: "give tasks of the data" },
  model: { without: "which the model does not have", given: "give tasks of the model" },
  both: { without: "which neither the model nor the data have", given: "give tasks of the two" },
} as const;

/** What has the tasks that an edge may join. */
export type TaskOwner = keyof typeof wordsOfOwner;

/**
 * The first edge with a task that is not among the names.
 *
 * @param owner what has these tasks
 */
export function findUnknownTask(
  edges: readonly Edge[],
  names: readonly string[],
  owner: TaskOwner = "data",
): EdgeProblem | undefined {
  const known = new Set(names);
  const { without, given } = wordsOfOwner[owner];
  for (const [index, [a, b]] of edges.entries()) {
    const stranger = [a, b].find((name) => !known.has(name));
    if (stranger !== undefined) {
      const nearest = nearestName(stranger, names);
      const hint = nearest === undefined ? given : `did you mean ${quoted(nearest)}?`;
      return { index, problem: `names the task ${quoted(stranger)}, ${without}; ${hint}` };
    }
  }
  return undefined;
}

/** Edges by the positions of their tasks among the names, all of which are known. */
export function edgeArrays(
  edges: readonly Edge[],
  names: readonly string[],
): { readonly from: Int32Array; readonly to: Int32Array; readonly weights: Float64Array } {
  const positions = new Map(names.map((name, t) => [name, t]));
  return {
    from: Int32Array.from(edges, ([a]) => positions.get(a) ?? -1),
    to: Int32Array.from(edges, ([, b]) => positions.get(b) ?? -1),
    weights: Float64Array.from(edges, ([, , weight]) => weight),
  };
}
