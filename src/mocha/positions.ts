/**
 * Positions of names, for a million of them too: no list of pairs is made on the way.
 */
export function positionsOf(names: readonly string[]): ReadonlyMap<string, number> {
  const positions = new Map<string, number>();
  for (let t = 0; t < names.length; t++) {
    positions.set(names[t] as string, t);
  }
  return positions;
}
