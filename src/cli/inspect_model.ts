/**
 * What is in a model.
 */
import type { Matrix } from "ml-matrix";
import type { Model } from "../mocha/model.js";
import type { Family } from "../mocha/relationships.js";
import { mostTasksDrawn, relationMap, short } from "./output.js";
import { certificateInWords, counted, labelsInWords } from "./training_report.js";

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

/** The object of `inspect MODEL --json`. */
export function describeModel(model: Model): object {
  return {
    kind: "model",
    tasks: model.names.length,
    features: model.cols,
    loss: model.loss,
    labels: model.labels ?? null,
    certificate: model.certificate,
    correlation: correlationSummary(model),
    options: model.options,
    versions: model.versions,
  };
}

/** The same for people, with a map of the correlations of a few tasks. */
export function modelText(model: Model): string {
  const { names, options, versions, labels } = model;
  const summary = correlationSummary(model);
  const { least = 0, mean = 0, most = 0 } = summary ?? {};
  const given = Object.entries(options).map(
    ([name, value]) => `${name} ${typeof value === "number" ? short(value) : value}`,
  );
  const drawn = summary !== null && names.length <= mostTasksDrawn;
  return [
    `Model of ${counted(names.length, "task")} with ${counted(model.cols, "feature")}`,
    `  loss      ${model.loss}${labels === undefined ? "" : `; ${labelsInWords(labels)}`}`,
    `  options   ${given.join(", ")}`,
    `  made by   fedmtl ${versions.fedmtl}, kernels ${versions.kernel}, BLAS ${versions.blasCore}`,
    ...(summary === null
      ? []
      : [
          `  relations ${short(mean)} on average, from ${short(least)} to ${short(most)}, as correlations of two tasks`,
        ]),
    certificateInWords(model, options.relationship as Family),
    ...(drawn ? ["", relationMap(model.correlation(), names)] : [""]),
  ].join("\n");
}
