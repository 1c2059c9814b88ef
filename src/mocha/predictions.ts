/**
 * From decision values to labels and probabilities, for two classes, several, or numbers.
 */
import { type LabelMapping, toLabel } from "./labels.js";
import { logistic } from "./logistic.js";

/** The place of the largest of the C values of a row; of equals the first. */
export function largestOf(values: Float64Array): number {
  return values.reduce((best, value, c) => (value > (values[best] ?? 0) ? c : best), 0);
}

/** The C values of row i of n × C values, row-major. */
export function rowOf(values: Float64Array, i: number, classes: number): Float64Array {
  return values.subarray(i * classes, (i + 1) * classes);
}

/** Several classes side by side: n × C, row-major, from the n values of each. */
export function interleave(columns: readonly Float64Array[]): Float64Array {
  const classes = columns.length;
  const [only] = columns;
  if (only !== undefined && classes === 1) {
    return only;
  }
  const result = new Float64Array(classes * (columns[0]?.length ?? 0));
  columns.forEach((column, c) => {
    column.forEach((value, i) => {
      result[i * classes + c] = value;
    });
  });
  return result;
}

/** How decision values of a model are read. */
export interface Reading {
  readonly labels?: LabelMapping | undefined;
  readonly classes?: readonly number[] | undefined;
}

/** Labels of rows: of the larger side, of the largest class, or the values themselves. */
export function labelsFrom(decisions: Float64Array, { labels, classes }: Reading): Float64Array {
  if (classes !== undefined) {
    const rows = decisions.length / classes.length;
    return Float64Array.from(
      { length: rows },
      (_, i) => classes[largestOf(rowOf(decisions, i, classes.length))] ?? Number.NaN,
    );
  }
  return labels === undefined ? decisions : decisions.map((z) => toLabel(z, labels));
}

/**
 * Probabilities under the logistic loss: of the class +1, or of each of several classes: the logistic function of every
 * class's decision, scaled to a sum of 1 in each row.
 */
export function probabilitiesFrom(decisions: Float64Array, { classes }: Reading): Float64Array {
  const probabilities = decisions.map(logistic);
  if (classes === undefined) {
    return probabilities;
  }
  for (let i = 0; i < probabilities.length / classes.length; i++) {
    const row = rowOf(probabilities, i, classes.length);
    const sum = row.reduce((total, value) => total + value, 0);
    // All at 0 in floating point: no class is likelier than another.
    row.forEach((value, c) => {
      row[c] = sum > 0 ? value / sum : 1 / classes.length;
    });
  }
  return probabilities;
}
