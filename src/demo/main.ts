/**
 * The demonstration behind `npm run demo`: three ways to learn from the same wearables, their errors and certificates, and
 * whether the learned relations find the groups that the data were made from. Same seed, same text, but for the times.
 */
import { type Command, parseArguments } from "../cli/arguments.js";
import { exitCodeOf, report } from "../cli/failures.js";
import { commandHelp } from "../cli/help.js";
import {
  bytesInWords,
  grouped,
  percent,
  relationMap,
  short,
  table as textTable,
  timeInWords,
} from "../cli/output.js";
import { certificateInWords } from "../cli/training_report.js";
import { lambdasTried, type MethodResult, methods, runMethod } from "./methods.js";
import { measureRecovery } from "./recovery.js";
import { makeWearables, type Wearables } from "./wearables.js";

const table = {
  name: "demo",
  summary: "train global, local and multi-task models on synthetic wearables and compare them",
  positionals: [],
  flags: [{ name: "seed", kind: "integer", min: 0, help: "seed of data and training", default: "1" }],
  examples: ["npm run demo -- --seed 2"],
} as const satisfies Command;

async function demonstrate(seed: number): Promise<void> {
  const data = makeWearables(seed);
  say(introduction(data));
  const results: MethodResult[] = [];
  for (const method of methods) {
    const result = await runMethod(method, data, seed);
    say(`  ${method.name} (${method.summary}): done`);
    results.push(result);
  }
  say("", comparison(results), ...verdict(results), "", ...certificates(results), "");
  const [multiTask] = results.slice(-1);
  if (multiTask !== undefined) {
    say(...relations(multiTask, data));
  }
}

function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

function introduction({ all, train, test, groups, groupOf }: Wearables): string {
  return `Federated multi-task learning on wearables (synthetic data).

${groupOf.length} people each wear a sensor: ${grouped(all.rowCount)} rows of ${all.cols} features in all, ${short(all.rowCount / groupOf.length)} a person, and the
aim is to tell one activity from the rest. People move differently, but there are ${groups} groups that move alike;
nobody is told who belongs to which. Rows stay with their person; only models travel.

75 % of each person's rows are for training (${grouped(train.rowCount)}), 25 % for the test (${grouped(test.rowCount)}). Every method chooses its lambda1
from ${lambdasTried.join(", ")} on a quarter of its training rows; the test rows are looked at once, at the end.

Training, hinge loss:`;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function standardDeviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}

function comparison(results: readonly MethodResult[]): string {
  const inPercent = (fraction: number): string => `${(100 * fraction).toFixed(2)} %`;
  return textTable([
    ["method", "test error", "spread over people", "lambda1", "rounds", "up", "down", "time"],
    ...results.map(({ method, errors, lambda1, result: { history }, seconds }) => [
      method.name,
      inPercent(mean(errors)),
      inPercent(standardDeviation(errors)),
      String(lambda1),
      grouped(history.length),
      bytesInWords(history.total("bytesUp")),
      bytesInWords(history.total("bytesDown")),
      timeInWords(seconds),
    ]),
  ]);
}

/** Who won, over all people and person by person. */
function verdict(results: readonly MethodResult[]): string[] {
  const [best, ...others] = [...results].sort((a, b) => mean(a.errors) - mean(b.errors));
  if (best === undefined) {
    return [];
  }
  return [
    `Lowest error: ${best.method.name} (${best.method.summary}).`,
    ...others.map(({ method, errors }) => {
      const differences = errors.map((error, person) => error - (best.errors[person] ?? 0));
      const better = differences.filter((difference) => difference > 0).length;
      const worse = differences.filter((difference) => difference < 0).length;
      return `  Against ${method.name}: better for ${better} people, the same for ${errors.length - better - worse}, worse for ${worse}.`;
    }),
  ];
}

function certificates(results: readonly MethodResult[]): string[] {
  return results.map(({ method, result }) => {
    const { family } = method.relationship({});
    return `${method.name}: ${result.status === "converged" ? "converged" : "not converged"}. ${certificateInWords(result, family)}`;
  });
}

/** The map of the relations, with everyone's true group, and what it recovers. */
function relations({ result: { model } }: MethodResult, { groupOf, groups }: Wearables): string[] {
  const correlation = model.correlation();
  const labels = model.names.map((name, person) => `${name}  ${"ABCDEFGHIJ"[groupOf[person] ?? 0]}`);
  const { nearestInGroup, runs, within, between } = measureRecovery(correlation, groupOf);
  const torn =
    runs === groups ? "every group stands together" : `the ${groups} groups fall into ${runs} pieces`;
  return [
    "What multi-task learning found out about the people: correlations of their models, similar ones side by side.",
    "The letter is the true group, which training did not see.",
    "",
    relationMap(correlation, labels),
    `Correlation within a group ${short(within)} on average, between groups ${short(between)}.`,
    `The closest person is of the same group for ${nearestInGroup} of ${groupOf.length} people (${percent(nearestInGroup / groupOf.length)}); in the order of the map, ${torn}.`,
  ];
}

async function main(given: readonly string[]): Promise<void> {
  const { flags, help } = parseArguments(table, given);
  if (help) {
    process.stdout.write(commandHelp({ name: "npm run", summary: "", commands: [] }, table));
  } else {
    await demonstrate(flags.seed ?? 1);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  report(error, undefined);
  process.exitCode = exitCodeOf(error);
});
