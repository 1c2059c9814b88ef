/**
 * The errors of several models on the rows of the same tasks.
 */
import type { TaskSet } from "../data/task_set.js";
import { FedmtlError } from "../errors.js";
import type { Scores } from "../metrics/evaluate.js";
import { isClassification } from "../mocha/labels.js";
import type { Model } from "../mocha/model.js";
import type { TaskErrors } from "../report/content.js";

/**
 * @param models the first is the one that is compared with the others; all of them know all tasks
 * @param tasks labelled rows
 * @param where what the rows are called
 * @returns error rates of classes, else root mean squared errors
 * @throws FedmtlError INVALID_ARGUMENT for models of classes beside others; UNKNOWN_TASK, and what `Model.evaluate` throws
 */
export function taskErrorsOf(
  models: readonly { readonly name: string; readonly model: Model }[],
  tasks: TaskSet,
  where: string,
): TaskErrors {
  const evaluations = models.map(({ name, model }) => ({ name, scores: model.evaluate(tasks).tasks }));
  const kinds = new Set(models.map(({ model }) => isClassification(model.loss)));
  if (kinds.size > 1) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      "some models are for classes and some for real numbers; compare models of one kind",
    );
  }
  const classes = kinds.has(true);
  const of = (scores: Scores): number | null => (classes ? scores.error : scores.rmse) ?? null;
  const [first] = evaluations;
  return {
    measure: `${classes ? "error rate" : "RMSE"} on ${where}`,
    tasks: first?.scores.map(({ task }) => task) ?? [],
    rows: first?.scores.map(({ samples }) => samples) ?? [],
    models: evaluations.map(({ name, scores }) => ({ name, values: scores.map(of) })),
  };
}
