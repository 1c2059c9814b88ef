/**
 * Finds keys that occur twice in an object of a JSON text. `JSON.parse` keeps the last of them without a
 * word, so that two readers of one file could see different content.
 */

/** A string, or one of the characters that give a text its structure. */
const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * The first key that its object has twice, objects within objects included.
 *
 * @param json a text that `JSON.parse` accepts
 * @returns the key, or undefined where all keys are unique
 */
export function repeatedKey(json: string): string | undefined {
  // One entry an open bracket: the keys seen so far, or undefined for a list.
  const open: (Set<string> | undefined)[] = [];
  let previous = "";
  for (const [text] of json.matchAll(token)) {
    if (text === "{") {
      open.push(new Set());
    } else if (text === "[") {
      open.push(undefined);
    } else if (text === "}" || text === "]") {
      open.pop();
    } else if (text.startsWith('"') && (previous === "{" || previous === ",")) {
      const keys = open.at(-1);
      const key = String(JSON.parse(text));
      if (keys?.has(key)) {
        return key;
      }
      keys?.add(key);
    }
    previous = text;
  }
  return undefined;
}
