/**
 * The file of `--edges`: lines `taskA,taskB,weight`.
 */
import { readFile } from "node:fs/promises";
import { FedmtlError } from "../errors.js";
import { ioError } from "../files.js";
import {
  type Edge,
  type EdgeProblem,
  type TaskOwner,
  findEdgeProblem,
  findHeavyEdge,
  findUnknownTask,
} from "../mocha/edges.js";
import { native } from "../native.js";

interface EdgesFile {
  readonly edges: readonly Edge[];
  /** Line of each edge, from 1. */
  readonly lines: Float64Array;
}

async function parse(path: string): Promise<EdgesFile> {
  let text: Uint8Array;
  try {
    text = await readFile(path);
  } catch (cause) {
    throw ioError("read", path, cause);
  }
  const { from, to, weights, lines } = native.parseEdges(path, text);
  return { edges: from.map((task, e) => [task, to[e] ?? "", weights[e] ?? 0]), lines };
}

function refuse(path: string, { lines }: EdgesFile, found: EdgeProblem | undefined): void {
  if (found !== undefined) {
    throw new FedmtlError("BAD_INPUT", `${path}, line ${lines[found.index]}: the edge ${found.problem}`);
  }
}

/**
 * The edges of a file; none where it is empty or a header alone.
 *
 * @param lambdas those of the relationship, beside which a weight can be too large
 * @throws FedmtlError IO; BAD_INPUT naming file and line
 */
export async function readEdges(
  path: string,
  lambdas: { readonly lambda1: number; readonly lambda2: number },
): Promise<readonly Edge[]> {
  const file = await parse(path);
  const found = findEdgeProblem(file.edges, (index) => `line ${file.lines[index]}`);
  refuse(path, file, found ?? findHeavyEdge(file.edges, lambdas));
  return file.edges;
}

/**
 * Checks that all tasks of the file's edges are among the names.
 *
 * @param owner what has these tasks
 * @throws FedmtlError BAD_INPUT naming file and line
 */
export async function checkEdgeTasks(
  path: string,
  edges: readonly Edge[],
  names: readonly string[],
  owner: TaskOwner = "data",
): Promise<void> {
  const found = findUnknownTask(edges, names, owner);
  // Lines are only needed where there is something to say.
  refuse(path, found === undefined ? { edges, lines: new Float64Array() } : await parse(path), found);
}
