/**
 * The page of a report: head, navigation, the parts that its content has, and how it was made.
 */
import { crypto } from "../on_demand.js";
import { version } from "../version.js";
import { certificateSection } from "./certificate.js";
import type { ReportContent } from "./content.js";
import { convergenceSection } from "./convergence.js";
import { correlationSection } from "./correlation.js";
import { deviceSection, methodsOfDevices } from "./devices.js";
import { Drawing } from "./drawing.js";
import { html, Markup } from "./markup.js";
import { seriesNumbers } from "./palette.js";
import { script } from "./script.js";
import { style } from "./style.js";
import { costTable, reportTable } from "./tables.js";
import { taskErrorSection } from "./task_errors.js";

/** A part of the page that the navigation leads to. */
interface Part {
  readonly id: string;
  readonly name: string;
  readonly body: Markup;
}

/** The whole page. */
export async function pageOf(content: ReportContent): Promise<string> {
  const drawing = await Drawing.create();
  const parts = partsOf(drawing, content);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${content.title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<button type="button" id="theme" hidden aria-label="Change between light and dark">Dark</button>
<h1>${content.title}</h1>
${(content.summary ?? []).map((sentence) => html`<p>${sentence}</p>\n`)}<nav aria-label="Parts of this report"><ul>
${parts.map(({ id, name }) => html`<li><a href="#${id}">${name}</a></li>\n`)}</ul></nav>
</header>
<main id="content" tabindex="-1">
${parts.map(({ body }) => body)}</main>
<footer><p>Written by fedmtl ${version}. This file is complete: it loads nothing and sends nothing.</p></footer>
<script>${new Markup(script)}</script>
</body>
</html>
`.text;
}

/** Nothing from outside, and of what is inside only this style sheet and this script. */
function policy(): string {
  const digest = (text: string): string => crypto().createHash("sha256").update(text).digest("base64");
  return `default-src 'none'; style-src 'sha256-${digest(style)}'; script-src 'sha256-${digest(script)}'; base-uri 'none'; form-action 'none'`;
}

function partsOf(drawing: Drawing, content: ReportContent): Part[] {
  const { comparisons = [], certificates = [], tables = [], costs = [], devices = [], notes = [] } = content;
  const { taskErrors, correlation } = content;
  const seriesOf = seriesNumbers([
    ...comparisons.flatMap(({ runs }) => runs.map(({ method }) => method)),
    ...methodsOfDevices(devices),
  ]);
  const grouped = (id: string, name: string, bodies: readonly Markup[]): Part[] =>
    bodies.length === 0
      ? []
      : [{ id, name, body: html`<section id="${id}"><h2>${name}</h2>\n${bodies}</section>\n` }];
  return [
    ...grouped("results", "Results", tables.map(reportTable)),
    ...grouped(
      "convergence",
      "Convergence",
      comparisons.map((one) => convergenceSection(drawing, one, seriesOf)),
    ),
    ...(taskErrors === undefined
      ? []
      : [{ id: "tasks", name: "Error by task", body: taskErrorSection(drawing, taskErrors) }]),
    ...(correlation === undefined
      ? []
      : [{ id: "relations", name: "How the tasks relate", body: correlationSection(drawing, correlation) }]),
    ...(devices.length === 0
      ? []
      : [{ id: "devices", name: "What the devices did", body: deviceSection(drawing, devices, seriesOf) }]),
    ...grouped(
      "certificate",
      "Certificate",
      certificates.map((one) => certificateSection(drawing, one)),
    ),
    ...grouped("cost", "Cost", costs.length === 0 ? [] : [costTable(costs, content.costTime ?? "estimated")]),
    ...grouped("how", "How this was made", madeBy(content)),
    ...grouped(
      "notes",
      "Notes",
      notes.map((note) => html`<p>${note}</p>\n`),
    ),
  ];
}

/** Characters of the value of an option; a matrix has more. */
const longestValue = 400;

function valueInWords(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return text.length <= longestValue ? text : `${text.slice(0, longestValue)}… (${text.length} characters)`;
}

/** The command, the data and the options. */
function madeBy({ command, facts = [], options = {} }: ReportContent): Markup[] {
  const list = (title: string, entries: readonly (readonly [string, string | number])[]): Markup[] =>
    entries.length === 0
      ? []
      : [
          html`<h3>${title}</h3><dl>${entries.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>\n`,
        ];
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return [
    ...(command === undefined ? [] : [html`<h3>Command</h3><pre><code>${command}</code></pre>\n`]),
    ...list(
      "Data and versions",
      facts.map(({ name, value }) => [name, value]),
    ),
    ...list(
      "Options in force",
      given.map(([name, value]) => [name, valueInWords(value)]),
    ),
  ];
}
