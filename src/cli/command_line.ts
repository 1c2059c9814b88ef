/**
 * A command as one would type it again.
 */

/** A word for a POSIX shell: in single quotes where it has to be. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * @param given what followed the program's name, as `process.argv.slice(2)`
 * @returns `fedmtl train 'my data.svm' --loss hinge`
 */
export function commandLine(given: readonly string[]): string {
  return ["fedmtl", ...given].map(quoted).join(" ");
}
