/**
 * What a report is made from, checked before anything is drawn: plain data of a user's own may have any shape.
 */
import { FedmtlError, shown } from "../errors.js";
import { rejectUnknownNames, requireOptions } from "../options.js";
import type { ReportContent } from "./content.js";

type Part = keyof ReportContent;

const texts = ["title", "command", "costTime"] as const satisfies readonly Part[];
const sentences = ["summary", "notes"] as const satisfies readonly Part[];
/** Lists of objects, and the lists that each of those needs. */
const lists = {
  facts: [],
  comparisons: ["runs"],
  certificates: ["points"],
  devices: [],
  costs: [],
  tables: ["columns", "rows"],
} as const satisfies Partial<Record<Part, readonly string[]>>;
/** Objects, and the lists that each needs. */
const objects = {
  options: [],
  taskErrors: ["tasks", "models"],
  correlation: ["tasks", "values"],
} as const satisfies Partial<Record<Part, readonly string[]>>;

const parts = [...texts, ...sentences, ...Object.keys(lists), ...Object.keys(objects)];

function isList(given: unknown): given is ArrayLike<unknown> {
  return Array.isArray(given) || (ArrayBuffer.isView(given) && "length" in given);
}

/** @throws FedmtlError INVALID_OPTION */
function requireList(what: string, given: unknown): void {
  if (!isList(given)) {
    throw new FedmtlError("INVALID_OPTION", `${what} of a report is ${shown(given)}; give an array`);
  }
}

/** An object with the lists that it needs. @throws FedmtlError INVALID_OPTION */
function requireParts(what: string, given: unknown, needed: readonly string[]): void {
  requireOptions(`${what} of a report is`, given, `{ ${needed.map((name) => `${name}: [...]`).join(", ")} }`);
  for (const name of needed) {
    requireList(`${name} of ${what}`, (given as Record<string, unknown>)[name]);
  }
}

/**
 * Checks the shape of a report's content.
 *
 * @throws FedmtlError INVALID_OPTION naming the part, what was given and what is needed
 */
export function checkContent(content: ReportContent): void {
  requireOptions("the content of a report is", content, '{ title: "My training" }');
  rejectUnknownNames("part of a report", content, parts);
  for (const name of texts) {
    const given: unknown = content[name];
    if (typeof given !== "string" && (name === "title" || given !== undefined)) {
      throw new FedmtlError("INVALID_OPTION", `${name} of a report is ${shown(given)}; give a text`);
    }
  }
  for (const name of sentences) {
    requireList(name, content[name] ?? []);
  }
  for (const [name, needed] of Object.entries(lists)) {
    const given: unknown = content[name as keyof typeof lists] ?? [];
    requireList(name, given);
    for (const [i, entry] of (given as unknown[]).entries()) {
      requireParts(`${name}[${i}]`, entry, needed);
    }
  }
  for (const [i, { runs }] of (content.comparisons ?? []).entries()) {
    for (const [j, run] of runs.entries()) {
      requireParts(`comparisons[${i}].runs[${j}]`, run, ["points"]);
    }
  }
  for (const [name, needed] of Object.entries(objects)) {
    const given: unknown = content[name as keyof typeof objects];
    if (given !== undefined) {
      requireParts(name, given, needed);
    }
  }
}
