/**
 * A report as one HTML file: nothing is loaded from anywhere, so it can be kept, mailed and opened offline.
 */
import { checkContent } from "./check_content.js";
import type { ReportContent } from "./content.js";

/**
 * Writes a report. What draws it is loaded with the first one: most processes never write any.
 *
 * @param content what it shows; absent parts are left out
 * @returns a whole HTML page, the same text for the same content; at most some megabytes, because plots and tables show a
 *   part of what is too much, which the page then says
 * @throws FedmtlError INVALID_OPTION for parts of another shape
 */
export async function renderReport(content: ReportContent): Promise<string> {
  checkContent(content);
  const { pageOf } = await import("./page.js");
  return pageOf(content);
}
