/**
 * One checkpoint as one safetensors file: the state of a training as tensors, and in the metadata the facts that decide
 * whether it may go on here: options, data, kernels.
 */
import { constants } from "node:buffer";
import { FedmtlError } from "../errors.js";
import { readWholeFile, writeFileAtomic } from "../files.js";
import { native } from "../native.js";
import { crypto } from "../on_demand.js";
import type { ResolvedOptions } from "../options.js";
import { version } from "../version.js";
import type { PreparedData } from "./prepare.js";
import { ownNumbers } from "./relationships.js";
import { decodeSafetensors, safetensorsParts, type Tensor } from "./safetensors.js";
import type { WarmStart } from "./warm_start.js";

const format = "fedmtl-checkpoint";
/** Raised when an older version of the package could not read the file. */
const formatVersion = 2;

/** Named arrays of numbers; what each part of a training adds to is its own business. */
export type SavedState = Readonly<Record<string, Float64Array>>;

/** What must be the same for a training to go on with the same bits; the names are those that messages use. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

/** Facts that only say the same or not the same. */
const digests = ["data", "graph", "matrix", "model of the warm start"];

/** Differences that a message lists. */
const differencesListed = 4;

/** The facts of a training, `label`: of this class against the others. Threads, the limit of rounds and checkpoints themselves do not decide its path. */
export function factsOf(
  options: ResolvedOptions,
  data: PreparedData,
  warmStart: WarmStart | undefined,
  label: number | undefined,
): Facts {
  const { relationship, stop, budgets, threads, signal, warmStart: _, checkpoint, ...plain } = options;
  const { family, lambda1, lambda2, edges, omega, sigma } = relationship;
  const matrix = omega ?? sigma;
  const { kernel, blasCore } = native.versions();
  const { taskCount, rowCount, cols } = data.tasks.describe();
  return {
    ...plain,
    ...(label === undefined ? {} : { class: label }),
    ...{ relationship: family, lambda1, lambda2, ...ownNumbers(relationship) },
    ...(matrix === undefined ? {} : { matrix: digest(Float64Array.from(matrix.to1DArray())) }),
    ...(edges === undefined ? {} : { graph: digest(Buffer.from(JSON.stringify(edges))) }),
    ...(warmStart === undefined ? {} : { "model of the warm start": digest(warmStart.scores) }),
    gap: stop.gap,
    budgets: budgets === undefined ? "none" : "given",
    ...{ tasks: taskCount, rows: rowCount, features: cols, data: data.tasks.contentHash() },
    ...{ "version of fedmtl": version, kernel, "BLAS core": blasCore },
  };
}

/** A short digest. */
export function digest(values: Float64Array | Uint8Array): string {
  return crypto().createHash("sha256").update(values).digest("hex").slice(0, 16);
}

/** What differs, in words; undefined if all facts agree. */
function difference(there: Facts, here: Facts): string | undefined {
  const names = [...new Set([...Object.keys(there), ...Object.keys(here)])];
  const found = names
    .filter((name) => there[name] !== here[name])
    .map((name) =>
      digests.includes(name)
        ? `other ${name}`
        : `${name} ${shown(there[name])} instead of ${shown(here[name])}`,
    );
  const more = found.length > differencesListed ? ` and ${found.length - differencesListed} more` : "";
  return found.length === 0 ? undefined : found.slice(0, differencesListed).join(", ") + more;
}

const shown = (value: string | number | boolean | undefined): string =>
  value === undefined ? "by default" : String(value);

/** Writes a checkpoint in one step. @throws FedmtlError IO */
export async function writeCheckpoint(path: string, state: SavedState, facts: Facts): Promise<void> {
  const tensors = Object.entries(state).map(([name, data]): [string, Tensor] => [
    name,
    { dtype: "F64", shape: [data.length], data },
  ]);
  const parts = safetensorsParts(new Map(tensors), {
    format,
    formatVersion: String(formatVersion),
    facts: JSON.stringify(facts),
  });
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > constants.MAX_LENGTH) {
    throw new FedmtlError(
      "IO",
      `cannot write ${JSON.stringify(path)}: the state takes ${length} bytes, Node reads files of at most ` +
        `${constants.MAX_LENGTH}; train without checkpoints`,
    );
  }
  await writeFileAtomic(path, parts);
}

/** What reading a checkpoint found: its state, or why it cannot be used. */
export type Found = { readonly state: SavedState } | { readonly refusal: string };

/** Reads a checkpoint and compares it with the training at hand. @throws FedmtlError IO */
export async function readCheckpoint(path: string, here: Facts): Promise<Found> {
  const bytes = await readWholeFile(path);
  let file: ReturnType<typeof decodeSafetensors>;
  try {
    file = decodeSafetensors(bytes);
  } catch (error) {
    return { refusal: error instanceof Error ? error.message : String(error) };
  }
  const { tensors, metadata } = file;
  if (metadata.format !== format || metadata.formatVersion !== String(formatVersion)) {
    const what =
      metadata.format === format ? `has format version ${metadata.formatVersion}` : "is no checkpoint";
    return { refusal: `this safetensors file ${what}; version ${version} of fedmtl cannot resume from it` };
  }
  const differs = difference(JSON.parse(metadata.facts ?? "{}") as Facts, here);
  if (differs !== undefined) {
    return { refusal: `it belongs to another training: ${differs}` };
  }
  const arrays = [...tensors].map(([name, { data }]) => [name, data]);
  return { state: Object.fromEntries(arrays) as SavedState };
}

/** One array of a state. @throws FedmtlError BAD_MODEL if it is missing */
export function stored(state: SavedState, name: string): Float64Array {
  const values = state[name];
  if (values === undefined) {
    throw new FedmtlError("BAD_MODEL", `the checkpoint has no ${name}; start the training anew`);
  }
  return values;
}

/** One number of a state. @throws FedmtlError BAD_MODEL if it is missing */
export function storedNumber(state: SavedState, name: string): number {
  const [value] = stored(state, name);
  if (value === undefined) {
    throw new FedmtlError("BAD_MODEL", `the checkpoint's ${name} is empty; start the training anew`);
  }
  return value;
}
