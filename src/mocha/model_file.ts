/**
 * A model as one safetensors file: W, K's factors, intercepts and scaling as tensors; names, options, versions and
 * certificate as JSON in the metadata. Any safetensors reader can open it.
 */
import { readFile } from "node:fs/promises";
import { FedmtlError } from "../errors.js";
import { ioError } from "../files.js";
import type { NativeGraphKernel, NativeKernel } from "../native.js";
import type { Loss } from "../options.js";
import type { Certificate } from "./history.js";
import type { LabelMapping } from "./labels.js";
import type { ModelParts, RecordedOptions } from "./model.js";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "./safetensors.js";

const format = "fedmtl-model";
/** Raised when an older version of the package could not read the file. */
const formatVersion = 1;

interface Description {
  readonly formatVersion: number;
  readonly cols: number;
  readonly loss: Loss;
  readonly delta?: number;
  readonly labels?: LabelMapping;
  readonly certificate: Certificate;
  readonly options: RecordedOptions;
  readonly versions: ModelParts["versions"];
}

const tensor = (data: Float64Array, ...shape: number[]): Tensor => ({ dtype: "F64", shape, data });

/** @returns the bytes of the file */
export function encodeModel(parts: ModelParts): Uint8Array {
  const { names, cols, loss, labels, certificate, options, versions, kernel, scaling } = parts;
  const m = names.length;
  const tensors = new Map<string, Tensor>([
    ["W", tensor(parts.W, m, cols)],
    ["intercepts", tensor(parts.intercepts, m)],
  ]);
  for (const [name, one] of kernelTensors(kernel, m)) {
    tensors.set(name, one);
  }
  if (scaling !== undefined) {
    tensors.set("scaling.mean", tensor(scaling.mean, scaling.mean.length));
    tensors.set("scaling.scale", tensor(scaling.scale, scaling.scale.length));
  }
  const description: Description = {
    formatVersion,
    cols,
    loss,
    certificate,
    options,
    versions,
    ...("delta" in kernel ? { delta: kernel.delta } : {}),
    ...(labels === undefined ? {} : { labels }),
  };
  return encodeSafetensors(tensors, {
    format,
    tasks: JSON.stringify(names),
    model: JSON.stringify(description),
  });
}

/** K's factors, K itself, or the edges of the graph that it follows from with lambda1 and lambda2. */
function kernelTensors(kernel: NativeKernel, m: number): [string, Tensor][] {
  if ("matrix" in kernel) {
    return [["K", tensor(kernel.matrix, m, m)]];
  }
  if ("from" in kernel) {
    const { from, to, weights } = kernel;
    return [
      ["graph.from", { dtype: "I32", shape: [from.length], data: from }],
      ["graph.to", { dtype: "I32", shape: [to.length], data: to }],
      ["graph.weights", tensor(weights, weights.length)],
    ];
  }
  return [
    ["K.U", tensor(kernel.basis, m, kernel.r.length)],
    ["K.r", tensor(kernel.r, kernel.r.length)],
  ];
}

/** Reads the bytes of a model file. @throws FedmtlError IO */
export async function readModelFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw ioError("read", path, cause);
  }
}

/**
 * @param path for messages
 * @throws FedmtlError BAD_MODEL: damaged, of another kind, or written by a newer version
 */
export function decodeModel(bytes: Uint8Array, path: string): ModelParts {
  const fail = (reason: string): never => {
    throw new FedmtlError("BAD_MODEL", `${path}: ${reason}`);
  };
  const { tensors, metadata } = decodeOrFail(bytes, fail);
  if (metadata.format !== format) {
    fail("this safetensors file is not a fedmtl model; give a file written by train --out or Model.save");
  }
  const description = parsed<Description>(metadata.model ?? "{}", fail);
  if (description.formatVersion !== formatVersion) {
    fail(
      `the model has format version ${description.formatVersion}, this version of fedmtl reads ${formatVersion}; ` +
        `it was written by fedmtl ${description.versions?.fedmtl}`,
    );
  }
  const names = parsed<string[]>(metadata.tasks ?? "[]", fail);
  if (!Array.isArray(names) || names.some((name) => typeof name !== "string")) {
    fail("its metadata hold no list of task names; the file is damaged");
  }
  const numbers = (name: string, length: number): Float64Array => {
    const found = tensors.get(name);
    if (!(found?.data instanceof Float64Array) || found.data.length !== length) {
      return fail(`tensor ${name} is missing or has another size; the file is damaged`);
    }
    return found.data;
  };
  const { cols, loss, labels, certificate, options, versions, delta } = description;
  const scaled = tensors.has("scaling.mean");
  return {
    ...{ names, cols, loss, certificate, options, versions },
    W: numbers("W", names.length * cols),
    intercepts: numbers("intercepts", names.length),
    kernel: tensors.has("graph.weights")
      ? decodeGraph(names.length, tensors, options, fail)
      : decodeKernel(names.length, delta, tensors.get("K.r")?.data.length ?? 0, numbers),
    ...(scaled
      ? { scaling: { mean: numbers("scaling.mean", cols), scale: numbers("scaling.scale", cols) } }
      : {}),
    ...(labels === undefined ? {} : { labels }),
  };
}

function parsed<T extends object>(json: string, fail: (reason: string) => never): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return fail("its metadata are not JSON; the file is damaged");
  }
  return typeof value === "object" && value !== null
    ? (value as T)
    : fail("its metadata hold no description of a model");
}

function decodeOrFail(
  bytes: Uint8Array,
  fail: (reason: string) => never,
): ReturnType<typeof decodeSafetensors> {
  try {
    return decodeSafetensors(bytes);
  } catch (error) {
    return error instanceof FedmtlError ? fail(error.message) : fail(String(error));
  }
}

function decodeGraph(
  tasks: number,
  tensors: ReadonlyMap<string, Tensor>,
  { lambda1, lambda2 }: RecordedOptions,
  fail: (reason: string) => never,
): NativeGraphKernel {
  const [from, to, weights] = ["from", "to", "weights"].map((name) => tensors.get(`graph.${name}`)?.data);
  const isTask = (position: number): boolean => position >= 0 && position < tasks;
  if (
    !(from instanceof Int32Array && to instanceof Int32Array && weights instanceof Float64Array) ||
    from.length !== weights.length ||
    to.length !== weights.length ||
    !from.every(isTask) ||
    !to.every(isTask) ||
    typeof lambda1 !== "number" ||
    typeof lambda2 !== "number"
  ) {
    return fail("its graph is not one over its tasks; the file is damaged");
  }
  return { from, to, weights, lambda1, lambda2 };
}

function decodeKernel(
  tasks: number,
  delta: number | undefined,
  rank: number,
  numbers: (name: string, length: number) => Float64Array,
): NativeKernel {
  if (delta === undefined) {
    return { matrix: numbers("K", tasks * tasks) };
  }
  return { basis: numbers("K.U", tasks * rank), r: numbers("K.r", rank), delta };
}
