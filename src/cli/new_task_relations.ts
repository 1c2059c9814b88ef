/**
 * How new tasks of a given relationship relate to the others: the files of `fedmtl add --edges`, `--omega` and `--sigma`.
 */
import { FedmtlError } from "../errors.js";
import type { GivenRelations } from "../mocha/given_relations.js";
import type { Model } from "../mocha/model.js";
import { checkEdgeTasks, readEdges } from "./edges_file.js";
import { readMatrix } from "./matrix_file.js";

/** The flags, each a file. */
export interface RelationFlags {
  readonly edges?: string | undefined;
  readonly omega?: string | undefined;
  readonly sigma?: string | undefined;
}

/** The relations of the i-th new task, from 0, to the tasks of the model and to the new tasks before it. */
export type RelationsOf = (i: number) => GivenRelations;

/**
 * Reads the file that is given, if one is. Edges are lines `taskA,taskB,weight`; those among tasks of the model are its own
 * already and are left out. A matrix has a row and column a task: those of the model in its order, then the new ones in the
 * order of the data; of the model's tasks among themselves it is not looked at.
 *
 * @param model that gets the new tasks
 * @param fresh names of the new ones
 * @throws FedmtlError INVALID_OPTION for more than one file; BAD_INPUT naming file and line; IO
 */
export async function readRelations(
  flags: RelationFlags,
  model: Model,
  fresh: readonly string[],
): Promise<RelationsOf> {
  const { edges, omega, sigma } = flags;
  const known = model.names;
  if ([edges, omega, sigma].filter((path) => path !== undefined).length > 1) {
    throw new FedmtlError("INVALID_OPTION", "--edges, --omega and --sigma say the same; give one of them");
  }
  if (edges !== undefined) {
    return edgesOf(edges, model, fresh);
  }
  const path = omega ?? sigma;
  if (path === undefined) {
    return () => ({});
  }
  const matrix = await readMatrix(path);
  const size = known.length + fresh.length;
  if (matrix.rows !== size) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${path}: found a matrix of ${matrix.rows} × ${matrix.rows}, expected ${size} × ${size}: a row and column a task, ` +
        "those of the model and then the new ones of the data",
    );
  }
  const name = omega === undefined ? "sigma" : "omega";
  return (i) => ({ [name]: matrix.getRow(known.length + i).slice(0, known.length + i + 1) });
}

async function edgesOf(
  path: string,
  { names: known, options: { lambda1, lambda2 } }: Model,
  fresh: readonly string[],
): Promise<RelationsOf> {
  const all = await readEdges(path, { lambda1: Number(lambda1), lambda2: Number(lambda2) });
  const names = [...known, ...fresh];
  await checkEdgeTasks(path, all, names, "both");
  const positions = new Map(names.map((name, position) => [name, position]));
  const positionOf = (name: string): number => positions.get(name) ?? -1;
  const lists = fresh.map((): [string, number][] => []);
  for (const [a, b, weight] of all) {
    const [earlier, later] = positionOf(a) < positionOf(b) ? [a, b] : [b, a];
    lists[positionOf(later) - known.length]?.push([earlier, weight]);
  }
  return (i) => ({ edges: lists[i] ?? [] });
}
