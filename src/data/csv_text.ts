/**
 * Text as a cell of CSV (RFC 4180).
 */

/** The cell; quoted where it holds the delimiter, quotes, line ends, or spaces at its ends. */
export function csvText(text: string, delimiter = ","): string {
  const needsQuotes = /["\r\n]|^ | $/.test(text) || text.includes(delimiter);
  return needsQuotes ? `"${text.replaceAll('"', '""')}"` : text;
}
