/**
 * Warm start: a training that begins where a model is, instead of at zero.
 *
 * A model has W but not alpha, so alpha_i = -loss'(z_i) at the model's scores z: what alpha is at the optimum, and feasible
 * always, so that the certificate holds from the first round. A learned relationship begins with the Omega step's answer to
 * the model's W. Tasks that the model does not have begin at the mean of its models.
 */
import type { TaskSet } from "../data/task_set.js";
import { FedmtlError } from "../errors.js";
import type { ResolvedOptions } from "../options.js";
import { isClassification, type LabelMapping } from "./labels.js";
import { Model } from "./model.js";
import type { PreparedData } from "./prepare.js";

/** A model in the terms of a training's data. */
export interface WarmStart {
  /** n decision values. */
  readonly scores: Float64Array;
  /** m × d weights for the prepared features; absent: a learned relationship begins anew. */
  readonly W?: Float64Array;
  /** trace-norm: the model's floor. */
  readonly epsilon?: number;
}

/**
 * What a training takes from a model.
 *
 * - `all`: the dual variables, and where a learned relationship begins.
 * - `alpha`: the dual variables; a learned relationship takes the way it takes without a model, and so ends where it would
 *   have ended, which a start at the relationship of another lambda1 does not promise (docs/selection.md).
 */
export type WarmStartScope = "all" | "alpha";

/** A model to begin at, and what is taken from it. */
export interface WarmStartSource {
  readonly model: Model;
  /** Of several classes, the one that is trained. */
  readonly label: number | undefined;
  readonly scope: WarmStartScope;
}

/** @throws FedmtlError INVALID_OPTION for a model of other tasks, features, labels, or another kind of loss */
export function warmStartFrom(
  { model: whole, label, scope }: WarmStartSource,
  tasks: TaskSet,
  data: PreparedData,
  labels: LabelMapping | undefined,
  options: ResolvedOptions,
): WarmStart {
  const model = requireModel(whole, label);
  requireFit(model, tasks, labels, options);
  const scores = model.decisions(tasks, { unknownTask: "mean" });
  if (scope === "alpha") {
    return { scores };
  }
  const { epsilon } = model.options;
  return {
    scores,
    W: preparedWeights(model, tasks.names, data),
    ...(typeof epsilon === "number" ? { epsilon } : {}),
  };
}

function refuse(reason: string): never {
  throw new FedmtlError("INVALID_OPTION", `the model of warmStart ${reason}`);
}

/** The model, or what it has for one class. */
function requireModel(model: Model, label: number | undefined): Model {
  if (!(model instanceof Model)) {
    return refuse("is not a Model; give a result's model or one read by Model.load");
  }
  if ((model.classes === undefined) !== (label === undefined)) {
    const [has, needs] = model.classes === undefined ? ["is not", "is"] : ["is", "is not"];
    return refuse(`${has} of several classes, this training ${needs}; give one of the same kind`);
  }
  if (label === undefined || model.classes === undefined) {
    return model;
  }
  return model.classes.includes(label)
    ? model.ofClass(label)
    : refuse(`has no class ${label}; it has ${model.classes.join(", ")}`);
}

function requireFit(
  model: Model,
  tasks: TaskSet,
  labels: LabelMapping | undefined,
  options: ResolvedOptions,
): void {
  if (model.cols !== tasks.cols) {
    refuse(`has ${model.cols} features, the data have ${tasks.cols}; give one trained on the same features`);
  }
  if (isClassification(model.loss) !== isClassification(options.loss)) {
    refuse(`was trained with loss "${model.loss}", which is of another kind than "${options.loss}"`);
  }
  if (model.labels?.positive !== labels?.positive) {
    refuse(`has ${model.labels?.positive} as its positive label, this training has ${labels?.positive}`);
  }
  const names = new Set(model.names);
  if (!tasks.names.some((name) => names.has(name))) {
    refuse("has none of the tasks of the data; give one that was trained on some of them");
  }
}

/** Weights of all tasks for features as the solver sees them: scaled, with the intercept's column. */
function preparedWeights(model: Model, names: readonly string[], data: PreparedData): Float64Array {
  const known = new Set(model.names);
  const mean = meanModel(model);
  const W = new Float64Array(names.length * data.cols);
  names.forEach((name, t) => {
    const weights = known.has(name) ? model.weights(name) : mean.weights;
    let intercept = known.has(name) ? model.intercept(name) : mean.intercept;
    for (let j = 0; j < model.cols; j++) {
      const weight = weights[j] ?? 0;
      W[t * data.cols + j] = weight * (data.scaling?.scale[j] ?? 1);
      intercept += weight * (data.scaling?.mean[j] ?? 0);
    }
    if (data.interceptColumn !== undefined) {
      W[t * data.cols + model.cols] = intercept / data.interceptColumn;
    }
  });
  return W;
}

function meanModel(model: Model): { weights: Float64Array; intercept: number } {
  const weights = new Float64Array(model.cols);
  let intercept = 0;
  for (const name of model.names) {
    model.weights(name).forEach((weight, j) => {
      weights[j] = (weights[j] ?? 0) + weight / model.names.length;
    });
    intercept += model.intercept(name) / model.names.length;
  }
  return { weights, intercept };
}
