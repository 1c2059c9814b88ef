// Average linkage by the textbook, to compare with.
import { Matrix } from "ml-matrix";
import { RandomStream } from "../../dist/data/random.js";

/** A symmetric matrix with a unit diagonal and random entries, as good as never equal. */
export function randomSimilarity(m: number, seed: number): Matrix {
  const random = new RandomStream(seed, "similarity");
  const matrix = Matrix.eye(m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < i; j++) {
      const value = 2 * random.uniform() - 1;
      matrix.set(i, j, value);
      matrix.set(j, i, value);
    }
  }
  return matrix;
}

/**
 * The clusters before the first join and after each: the two most similar are joined, again and again; with the cluster
 * that was made.
 */
export function textbookJoins(
  similarity: Matrix,
): { readonly clusters: number[][]; readonly joined: number[] }[] {
  let clusters = Array.from({ length: similarity.rows }, (_, task) => [task]);
  const all: { clusters: number[][]; joined: number[] }[] = [{ clusters, joined: [] }];
  const mean = (a: number[], b: number[]) =>
    a.flatMap((i) => b.map((j) => similarity.get(i, j))).reduce((sum, value) => sum + value, 0) /
    (a.length * b.length);
  while (clusters.length > 1) {
    const pairs = clusters.flatMap((a, i) => clusters.slice(0, i).map((b) => ({ a, b, value: mean(a, b) })));
    const best = pairs.reduce((most, pair) => (pair.value > most.value ? pair : most));
    const joined = [...best.a, ...best.b];
    clusters = [...clusters.filter((cluster) => cluster !== best.a && cluster !== best.b), joined];
    all.push({ clusters, joined });
  }
  return all;
}
