/**
 * The graph over tasks that a learned precision says: an edge where Omega_st is not 0.
 */
import type { NativePrecision } from "../native.js";

/** Two tasks that inform each other directly, given all others. */
export interface LearnedEdge {
  /** In the order of the model's tasks. */
  readonly tasks: readonly [string, string];
  /** - Omega_st / sqrt(Omega_ss Omega_tt), in (-1, 1). */
  readonly partialCorrelation: number;
}

/** The edges, the strongest first; ties in the order of the tasks. */
export function learnedEdges(
  { diagonal, from, to, values }: NativePrecision,
  names: readonly string[],
): LearnedEdge[] {
  const edges = Array.from(values, (value, e): LearnedEdge => {
    const [s, t] = [from[e] ?? 0, to[e] ?? 0];
    const scale = Math.sqrt((diagonal[s] ?? 1) * (diagonal[t] ?? 1));
    return { tasks: [names[s] ?? "", names[t] ?? ""], partialCorrelation: -value / scale };
  });
  return edges.sort((a, b) => Math.abs(b.partialCorrelation) - Math.abs(a.partialCorrelation));
}
