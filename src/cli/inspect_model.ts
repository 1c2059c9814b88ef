/**
 * What is in a model.
 */
import type { Matrix } from "ml-matrix";
import type { LearnedEdge } from "../mocha/learned_edges.js";
import type { Model } from "../mocha/model.js";
import type { Family } from "../mocha/relationships.js";
import { mostTasksDrawn, relationMap, short } from "./output.js";
import { printable } from "./terminal.js";
import { certificateInWords, classesInWords, counted, labelsInWords } from "./training_report.js";

/** Tasks up to which all correlations are looked at: their number is the square. */
const mostTasksSummarised = 2000;

/** Least, mean and largest correlation between two different tasks; null for one task, or too many. */
interface CorrelationSummary {
  readonly least: number;
  readonly mean: number;
  readonly most: number;
}

function summarise(correlation: Matrix): CorrelationSummary {
  let [least, sum, most] = [Number.POSITIVE_INFINITY, 0, Number.NEGATIVE_INFINITY];
  const m = correlation.rows;
  for (let s = 0; s < m; s++) {
    for (let t = 0; t < s; t++) {
      const value = correlation.get(s, t);
      least = Math.min(least, value);
      most = Math.max(most, value);
      sum += value;
    }
  }
  return { least, mean: sum / ((m * (m - 1)) / 2), most };
}

function correlationSummary(model: Model): CorrelationSummary | null {
  const m = model.names.length;
  return m < 2 || m > mostTasksSummarised ? null : summarise(model.correlation());
}

/** What a model is, as one object. */
export interface ModelDescription {
  readonly correlation: CorrelationSummary | null;
  /** Names; null where the tasks are too many. */
  readonly clusters: readonly (readonly string[])[] | null;
  /** The edges that a training with relationship sparse-precision has learned; null for others and several classes. */
  readonly edges: {
    readonly count: number;
    /** The strongest, at most 100. */
    readonly strongest: readonly LearnedEdge[];
  } | null;
  readonly spectrum: {
    /** Leading values. */
    readonly singularValues: readonly number[];
    readonly relation: readonly number[];
    /** How many singular values hold 90 % of their sum. */
    readonly holding90Percent: number;
  };
}

/** Values of a spectrum that are told. */
const spectrumTold = 100;
const edgesTold = 100;

function describeEdges(model: Model): ModelDescription["edges"] {
  if (model.options.relationship !== "sparse-precision" || model.classes !== undefined) {
    return null;
  }
  const edges = model.edges();
  return { count: edges.length, strongest: edges.slice(0, edgesTold) };
}

/** The object of `inspect MODEL --json`; `clusters`: how many, by default those of {@link Model.clusters}. */
export async function describeModel(model: Model, clusters?: number): Promise<ModelDescription> {
  const { singularValues, relation } = await model.spectrum();
  const tooMany = model.names.length > mostTasksSummarised;
  const leading = (values: Float64Array): number[] => Array.from(values.subarray(0, spectrumTold));
  const about = {
    kind: "model",
    tasks: model.names.length,
    features: model.cols,
    loss: model.loss,
    labels: model.labels ?? null,
    classes: model.classes ?? null,
    certificate: model.certificate,
    added: model.added,
    correlation: correlationSummary(model),
    clusters: tooMany && clusters === undefined ? null : model.clusters(clusters),
    edges: describeEdges(model),
    spectrum: {
      singularValues: leading(singularValues),
      relation: leading(relation),
      holding90Percent: holdingMost(singularValues),
    },
    options: model.options,
    versions: model.versions,
  };
  return about;
}

/** How many leading values it takes for 90 % of the sum. */
function holdingMost(values: Float64Array): number {
  const total = values.reduce((sum, value) => sum + value, 0);
  let sum = 0;
  const last = values.findIndex((value) => {
    sum += value;
    return sum >= 0.9 * total;
  });
  return last + 1;
}

/** `2.1, 1.4, 0.2, ...; the first 2 of 12 hold 90 % of their sum`. */
function spectrumInWords(
  { singularValues, holding90Percent }: ModelDescription["spectrum"],
  count: number,
): string {
  const shown = 8;
  const listed = singularValues.slice(0, shown).map(short).join(", ");
  const more = singularValues.length > shown ? ", ..." : "";
  return `${listed}${more}; the first ${holding90Percent} of ${count} hold 90 % of their sum`;
}

/** A line a cluster, its names cut where they are many. */
function clusterLines(clusters: readonly (readonly string[])[], given: boolean): string[] {
  const most = 12;
  const how = given ? "" : ", where the distances make their largest step";
  const lines = clusters.slice(0, 2 * most).map((names, i) => {
    const more = names.length > most ? ` and ${names.length - most} more` : "";
    return `  ${i + 1}: ${names.slice(0, most).map(printable).join(" ")}${more}`;
  });
  const others = clusters.length > 2 * most ? [`  and ${clusters.length - 2 * most} more`] : [];
  return [`Clusters of tasks by their correlations: ${clusters.length}${how}`, ...lines, ...others];
}

/** `12 edges of 66 pairs; the strongest by partial correlation:`, and a line each for a few. */
function edgeLines({ count, strongest }: NonNullable<ModelDescription["edges"]>, tasks: number): string[] {
  const most = 10;
  const pairs = counted((tasks * (tasks - 1)) / 2, "pair");
  const lines = strongest.slice(0, most).map(({ tasks: [s, t], partialCorrelation }) => {
    return `  ${short(partialCorrelation)}  ${printable(s)} - ${printable(t)}`;
  });
  const more = count > most ? [`  and ${count - most} more`] : [];
  const how = count === 0 ? "" : "; by partial correlation, the strongest first";
  return ["", `Edges learned: ${count} of ${pairs} of tasks${how}`, ...lines, ...more];
}

/** The same for people (`clustersGiven`: how many was asked for), with a map of the correlations of a few tasks. */
export function modelText(model: Model, found: ModelDescription, clustersGiven: boolean): string {
  const { names, options, versions, labels, classes } = model;
  const { spectrum, clusters, correlation: summary } = found;
  const values = Math.min(model.cols * (classes?.length ?? 1), names.length);
  const targets = labels === undefined ? [] : [labelsInWords(labels)];
  const loss = [
    model.loss,
    ...targets,
    ...(classes === undefined ? [] : [`classes ${classesInWords(classes)}`]),
  ];
  const { least = 0, mean = 0, most = 0 } = summary ?? {};
  const given = Object.entries(options).map(
    ([name, value]) => `${name} ${typeof value === "number" ? short(value) : value}`,
  );
  const drawn = summary !== null && names.length <= mostTasksDrawn;
  return [
    `Model of ${counted(names.length, "task")} with ${counted(model.cols, "feature")}`,
    `  loss      ${loss.join("; ")}`,
    `  options   ${given.join(", ")}`,
    `  made by   fedmtl ${versions.fedmtl}, kernels ${versions.kernel}, BLAS ${versions.blasCore}`,
    ...(summary === null
      ? []
      : [
          `  relations ${short(mean)} on average, from ${short(least)} to ${short(most)}, as correlations of two tasks`,
        ]),
    `  spectrum  of W ${spectrumInWords(spectrum, values)}`,
    ...(model.added.length === 0
      ? []
      : [`  added     ${counted(model.added.length, "task")} after the training`]),
    certificateInWords(model, options.relationship as Family),
    ...(found.edges === null ? [] : edgeLines(found.edges, names.length)),
    ...(names.length < 2 || clusters === null
      ? []
      : ["", ...clusterLines(clusters, clustersGiven || options.relationship === "clustered")]),
    ...(drawn ? ["", relationMap(model.correlation(), names)] : [""]),
  ].join("\n");
}
