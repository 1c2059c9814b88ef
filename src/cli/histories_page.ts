/**
 * The report of `fedmtl report`: what histories say, and a model beside them, as the content of a page.
 */
import type { Model } from "../mocha/model.js";
import type { CertificateTrace, DeviceWork, ReportContent, TaskErrors } from "../report/content.js";
import type { HistoryRun } from "./history_file.js";
import { counted } from "./training_report.js";
import { correlationOfModel } from "./training_page.js";

/** Runs whose certificates are drawn. */
const mostCertificates = 6;

/** What a report is made from. */
export interface Histories {
  readonly files: readonly string[];
  readonly runs: readonly HistoryRun[];
  readonly command: string;
  readonly title?: string;
  readonly optimum?: number;
  readonly model?: Model;
  readonly taskErrors?: TaskErrors;
}

/** The first run of each method. */
function firstOfEach(runs: readonly HistoryRun[]): HistoryRun[] {
  return runs.filter((run, i) => runs.findIndex(({ method }) => method === run.method) === i);
}

/** What the devices did in the first run of each method; they have the names of the model's tasks, else numbers. */
function devicesOf(runs: readonly HistoryRun[], model: Model | undefined): DeviceWork[] {
  const detailed = firstOfEach(runs.filter(({ tasks }) => tasks.taskCount > 0));
  return detailed.flatMap(({ method, tasks }) => {
    const names = model?.names.length === tasks.taskCount ? model.names : undefined;
    return tasks.devices(method, (t) => names?.[t] ?? `task ${t + 1}`);
  });
}

/** Runs with a dual value, the first of each method. */
function certificatesOf(runs: readonly HistoryRun[]): CertificateTrace[] {
  const proved = runs.filter(({ points }) => points.some(({ dual }) => dual !== undefined));
  return firstOfEach(proved).map(({ method, seed, points }) => ({
    title: seed === undefined ? method : `${method}, seed ${seed}`,
    points,
  }));
}

/** The content of the report. */
export function historiesPage({
  files,
  runs,
  command,
  title,
  optimum,
  model,
  taskErrors,
}: Histories): ReportContent {
  const estimated = runs.filter((run) => run.estimated).length;
  const time = estimated === 0 ? "measured" : "estimated";
  const certificates = certificatesOf(runs);
  const devices = devicesOf(runs, model);
  const correlation = model === undefined ? undefined : correlationOfModel(model);
  const methods = [...new Set(runs.map(({ method }) => method))];
  return {
    title: title ?? `Report on ${methods.slice(0, 4).join(", ")}${methods.length > 4 ? " and others" : ""}`,
    command,
    summary: [
      `${counted(runs.length, "run")} of ${counted(methods.length, "method")} from ${counted(files.length, "file")}.`,
    ],
    comparisons: [{ title: "All runs", runs, time, ...(optimum === undefined ? {} : { optimum }) }],
    certificates: certificates.slice(0, mostCertificates),
    ...(taskErrors === undefined ? {} : { taskErrors }),
    ...(correlation === undefined ? {} : { correlation }),
    devices,
    costs: runs.map(({ cost }) => cost),
    costTime: time,
    facts: [
      ...files.map((file, i) => ({ name: files.length === 1 ? "history" : `history ${i + 1}`, value: file })),
      ...(model === undefined ? [] : factsOf(model)),
    ],
    ...(model === undefined ? {} : { options: model.options }),
    notes: [
      ...(runs.length > 1
        ? ["The comparison takes it that all runs lower the same objective on the same data."]
        : []),
      ...(estimated > 0 && estimated < runs.length
        ? [
            "Some times here are estimated by a systems model and others were measured: they cannot be compared.",
          ]
        : []),
      ...(devices.length > 0 && runs.length > methods.length
        ? ["What the devices did is that of the first run of each method."]
        : []),
      ...(certificates.length > mostCertificates
        ? [`Certificates are drawn for the first ${mostCertificates} of ${certificates.length} methods.`]
        : []),
    ],
  };
}

function factsOf(model: Model): { name: string; value: string | number }[] {
  const { primal, dual, relativeGap } = model.certificate;
  return [
    { name: "tasks of the model", value: model.names.length },
    { name: "features", value: model.cols },
    { name: "primal", value: primal },
    { name: "dual", value: dual },
    { name: "relative gap", value: relativeGap },
    ...Object.entries(model.versions).map(([name, value]) => ({
      name: `version: ${name}`,
      value: String(value),
    })),
  ];
}
