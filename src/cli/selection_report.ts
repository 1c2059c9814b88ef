/**
 * What a cross-validation or a path found: as one JSON object, and as text for people.
 */
import type { TaskSet } from "../data/task_set.js";
import { type Hyperparameters, hyperparameters } from "../mocha/relationships.js";
import type { GridPoint } from "../selection/choice.js";
import type { CrossValidation } from "../selection/cross_validate.js";
import type { PathPoint } from "../selection/path.js";
import { version } from "../version.js";
import { shownMetric } from "./metric_text.js";
import { short, table, timeInWords } from "./output.js";
import { certificateInWords, counted } from "./training_report.js";

/** A cross-validation that has ended. */
export interface FinishedSelection {
  readonly tasks: TaskSet;
  readonly found: CrossValidation;
  readonly parallel: number;
  /** Wall time, without reading and writing files. */
  readonly seconds: number;
}

const pointJson = ({ values, relationship: _, ...rest }: GridPoint): object => ({ ...values, ...rest });

/** The object of `cv --json`. */
export function selectionJson({ tasks, found, parallel, seconds }: FinishedSelection): object {
  const { metric, average, direction, folds, points, best, oneStandardError, refit, options } = found;
  const { loss, relationship, weighting, seed } = options;
  return {
    ...{ tasks: tasks.taskCount, samples: tasks.rowCount, features: tasks.cols },
    ...{ loss, relationship: relationship.family, weighting },
    ...{ metric, average, direction, folds },
    points: points.map(pointJson),
    best: pointJson(best),
    oneStandardError: pointJson(oneStandardError),
    refit:
      refit === undefined ? null : { ...refit.model.options, status: refit.status, ...refit.certificate },
    ...{ seconds, parallel, seed, version },
  };
}

const headings = (values: Hyperparameters): string[] => Object.keys(values);
const cells = (values: Hyperparameters): string[] => Object.values(values).map(short);

/** The text of `cv`: a line a point of the grid, and the choices. */
export function selectionText({ tasks, found, seconds }: FinishedSelection): string {
  const { metric, average, direction, folds, points, best, oneStandardError, refit, options } = found;
  const { show, title } = shownMetric(metric);
  const over = average === "macro" ? "mean over tasks" : "all rows together";
  const note = (point: GridPoint): string =>
    [...(point === best ? ["best"] : []), ...(point === oneStandardError ? ["one s.e."] : [])].join(", ");
  const spread = ({ standardError }: GridPoint): string =>
    Number.isNaN(standardError) ? "-" : show(standardError);
  const { loss, relationship, weighting } = options;
  return [
    `Cross-validated ${counted(tasks.taskCount, "task")}, ${counted(tasks.rowCount, "row")} of ` +
      `${counted(tasks.cols, "feature")}, in ${folds} folds within each task, ${timeInWords(seconds)}.`,
    `Loss ${loss}, relationship ${relationship.family}, weighting ${weighting}.`,
    `Metric: ${title}, ${over}; ${direction} is better.`,
    "",
    table([
      [...headings(best.values), title, "s.e.", "rounds", "converged", ""],
      ...points.map((point) => [
        ...cells(point.values),
        Number.isNaN(point.mean) ? "-" : show(point.mean),
        spread(point),
        `${point.rounds}`,
        `${point.converged}/${folds}`,
        note(point),
      ]),
    ]),
    `Best: ${inWords(best)}, ${title} ${show(best.mean)} (s.e. ${spread(best)}).`,
    `Most regularised within one standard error: ${inWords(oneStandardError)}, ${title} ${show(oneStandardError.mean)}.`,
    ...edgesInWords(found),
    ...(refit === undefined
      ? []
      : [
          `Refitted with ${Object.entries(refitValues(found))
            .map(([name, value]) => `${name} ${short(value)}`)
            .join(", ")}: ` + `${refit.status} after ${counted(refit.history.length, "round")}.`,
          certificateInWords(refit, relationship.family),
        ]),
    "",
  ].join("\n");
}

/** A sentence for each hyperparameter whose best value is the first or last one tried: a better one may lie beyond. */
function edgesInWords({ best, points }: CrossValidation): string[] {
  return hyperparameters.flatMap((name) => {
    const chosen = best.values[name];
    const tried = points.flatMap(({ values }) => values[name] ?? []);
    const [least, most] = [Math.min(...tried), Math.max(...tried)];
    if (chosen === undefined || least === most || (chosen !== least && chosen !== most)) {
      return [];
    }
    const [which, further] = chosen === most ? ["largest", "larger"] : ["smallest", "smaller"];
    return [`The best ${name} is the ${which} one tried: ${further} ones may be better.`];
  });
}

/** The hyperparameters of the grid as the refit has them. */
function refitValues({ best, refit }: CrossValidation): Record<string, number> {
  const names = Object.keys(best.values);
  return Object.fromEntries(names.map((name) => [name, Number(refit?.model.options[name])]));
}

function inWords({ values }: GridPoint): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${short(value)}`)
    .join(", ");
}

const certified = ({ values, status, history, omegaSteps, certificate }: PathPoint) => ({
  ...values,
  status,
  rounds: history.length,
  omegaSteps,
  ...certificate,
});

/** The object of `cv --path --json`. */
export function pathJson(tasks: TaskSet, points: readonly PathPoint[], seconds: number): object {
  return {
    ...{ tasks: tasks.taskCount, samples: tasks.rowCount, features: tasks.cols },
    points: points.map(certified),
    ...{ seconds, version },
  };
}

/** The text of `cv --path`: a line a training with its certificate. */
export function pathText(tasks: TaskSet, points: readonly PathPoint[], seconds: number): string {
  const [first] = points;
  const rows = points.map(certified);
  const optional = (value: number | undefined): string => (value === undefined ? "-" : value.toPrecision(6));
  return [
    `Trained ${counted(tasks.taskCount, "task")}, ${counted(tasks.rowCount, "row")} of ` +
      `${counted(tasks.cols, "feature")}, at ${counted(points.length, "point")}, ${timeInWords(seconds)}.`,
    "",
    table([
      [
        ...headings(first?.values ?? {}),
        "status",
        "rounds",
        "Omega steps",
        "primal",
        "dual",
        "gap",
        "joint objective",
      ],
      ...rows.map((row, i) => [
        ...cells(points[i]?.values ?? {}),
        row.status,
        `${row.rounds}`,
        `${row.omegaSteps}`,
        row.primal.toPrecision(6),
        row.dual.toPrecision(6),
        row.relativeGap.toExponential(1),
        optional(row.jointObjective),
      ]),
    ]),
  ].join("\n");
}
