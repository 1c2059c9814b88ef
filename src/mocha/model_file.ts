/**
 * A model as one safetensors file: W, K's factors, intercepts and scaling as tensors; names, options, versions and
 * certificate as JSON in the metadata. Any safetensors reader can open it.
 */
import { FedmtlError } from "../errors.js";
import type { NativeKernel } from "../native.js";
import type { Loss } from "../options.js";
import type { Certificate } from "./history.js";
import type { LabelMapping } from "./labels.js";
import type { ModelParts, RecordedOptions } from "./model.js";
import { decodeSafetensors, safetensorsParts, type Tensor } from "./safetensors.js";

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

/** @returns the bytes of the file, in parts that follow each other: a large model is not copied to be written */
export function modelFileParts(parts: ModelParts): Uint8Array[] {
  const { names, cols, loss, labels, certificate, options, versions, kernel, scaling } = parts;
  const m = names.length;
  const tensors = new Map<string, Tensor>([
    ["W", tensor(parts.W, m, cols)],
    ["intercepts", tensor(parts.intercepts, m)],
  ]);
  if (kernel.matrix === undefined) {
    tensors.set("K.U", tensor(kernel.basis, m, kernel.r.length));
    tensors.set("K.r", tensor(kernel.r, kernel.r.length));
  } else {
    tensors.set("K", tensor(kernel.matrix, m, m));
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
    ...(kernel.matrix === undefined ? { delta: kernel.delta } : {}),
    ...(labels === undefined ? {} : { labels }),
  };
  return safetensorsParts(tensors, {
    format,
    tasks: JSON.stringify(names),
    model: JSON.stringify(description),
  });
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
    kernel: decodeKernel(names.length, delta, tensors.get("K.r")?.data.length ?? 0, numbers),
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
