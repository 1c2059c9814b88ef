/**
 * Finds keys that occur twice in an object of a JSON text. `JSON.parse` keeps the last of them without a
 * word, so that two readers of one file could see different content.
 */

/** The characters that give a text its structure. */
const structural = /["{}[\],:]/g;

/**
 * The structural characters of a JSON text, and its strings. Strings are not left to the regular expression: a list of a
 * million task names is one string of many megabytes, with which its stack would overflow.
 */
function* tokens(json: string): Generator<string> {
  let end = 0;
  for (;;) {
    structural.lastIndex = end;
    const start = structural.exec(json)?.index;
    if (start === undefined) {
      return;
    }
    end = json[start] === '"' ? endOfString(json, start) : start + 1;
    yield json.slice(start, end);
  }
}

/** The position behind the string that starts at `start`: behind its first quote that no backslash escapes. */
function endOfString(json: string, start: number): number {
  for (let quote = json.indexOf('"', start + 1); quote !== -1; quote = json.indexOf('"', quote + 1)) {
    let backslash = quote - 1;
    while (json[backslash] === "\\") {
      backslash--;
    }
    if ((quote - backslash) % 2 === 1) {
      return quote + 1;
    }
  }
  return json.length;
}

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
  for (const text of tokens(json)) {
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
