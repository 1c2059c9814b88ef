/**
 * Objects whose members may be absent, but not undefined.
 */

/** The object without its undefined members. */
export function present<T extends object>(object: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof T]: Exclude<T[Name], undefined> };
}
