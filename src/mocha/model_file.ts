/**
 * A model as one safetensors file: W, K's factors, intercepts and scaling as tensors; names, options, versions and
 * certificate as JSON in the metadata. Any safetensors reader can open it.
 */
import { FedmtlError } from "../errors.js";
import type { NativeGraphKernel, NativeKernel, NativePrecision } from "../native.js";
import type { Loss } from "../options.js";
import type { Certificate } from "./history.js";
import type { ClassWeights, LabelMapping } from "./labels.js";
import type { Addition, ModelHead, ModelParts, RecordedOptions } from "./model_parts.js";
import { decodeSafetensors, safetensorsParts, type Tensor } from "./safetensors.js";

const format = "fedmtl-model";
/**
 * Of a file with one head, and of one with a head a class. Raised when an older version of the package could not read the
 * file.
 */
const formatVersions = { one: 1, classes: 2 } as const;

interface Description {
  readonly formatVersion: number;
  readonly cols: number;
  readonly loss: Loss;
  readonly labels?: LabelMapping;
  readonly options: RecordedOptions;
  readonly versions: ModelParts["versions"];
  /** Of a file with one head; epsilon stands in the options. */
  readonly delta?: number;
  readonly certificate?: Certificate;
  readonly classWeights?: ClassWeights;
  /** Tasks that were added after the training. */
  readonly added?: readonly Addition[];
  /** Of a file with a head a class. */
  readonly classes?: readonly number[];
  readonly heads?: readonly HeadDescription[];
}

/** What of a head is not a tensor. */
interface HeadDescription {
  readonly certificate: Certificate;
  readonly delta?: number;
  readonly epsilon?: number;
  readonly classWeights?: ClassWeights;
}

const tensor = (data: Float64Array, ...shape: number[]): Tensor => ({ dtype: "F64", shape, data });

/** Before the names of the tensors of a head: nothing, or the class. */
const prefixOf = (label: number | undefined): string => (label === undefined ? "" : `class.${label}.`);

function headTensors({ W, intercepts, kernel }: ModelHead, m: number, cols: number): [string, Tensor][] {
  return [["W", tensor(W, m, cols)], ["intercepts", tensor(intercepts, m)], ...kernelTensors(kernel, m)];
}

/** What of a head is not a tensor, without epsilon. */
function describeHead({ certificate, kernel, classWeights }: ModelHead): HeadDescription {
  return {
    certificate,
    ...("delta" in kernel ? { delta: kernel.delta } : {}),
    ...(classWeights === undefined ? {} : { classWeights }),
  };
}

/** @returns the bytes of the file, in parts that follow each other: a large model is not copied to be written */
export function modelFileParts(parts: ModelParts): Uint8Array[] {
  const { names, cols, loss, labels, classes, heads, options, versions, scaling, added } = parts;
  const tensors = new Map<string, Tensor>(
    heads.flatMap((head, c) =>
      headTensors(head, names.length, cols).map(
        ([name, one]) => [prefixOf(classes?.[c]) + name, one] as const,
      ),
    ),
  );
  if (scaling !== undefined) {
    tensors.set("scaling.mean", tensor(scaling.mean, scaling.mean.length));
    tensors.set("scaling.scale", tensor(scaling.scale, scaling.scale.length));
  }
  const epsilonOf = ({ epsilon }: ModelHead) => (epsilon === undefined ? {} : { epsilon });
  const [only] = heads;
  const aboutHeads =
    classes === undefined && only !== undefined
      ? { ...describeHead(only), options: { ...options, ...epsilonOf(only) } }
      : {
          options,
          ...(classes === undefined ? {} : { classes }),
          heads: heads.map((head) => ({ ...describeHead(head), ...epsilonOf(head) })),
        };
  const description: Description = {
    formatVersion: classes === undefined ? formatVersions.one : formatVersions.classes,
    ...{ cols, loss, versions },
    ...(labels === undefined ? {} : { labels }),
    ...(added === undefined ? {} : { added }),
    ...aboutHeads,
  };
  return safetensorsParts(tensors, {
    format,
    tasks: JSON.stringify(names),
    model: JSON.stringify(description),
  });
}

/** K's factors, K itself (with a learned Omega), or the edges of the graph that it follows from with lambda1 and lambda2. */
function kernelTensors(kernel: NativeKernel, m: number): [string, Tensor][] {
  if ("matrix" in kernel) {
    return [["K", tensor(kernel.matrix, m, m)], ...precisionTensors(kernel.precision)];
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

function precisionTensors(precision: NativePrecision | undefined): [string, Tensor][] {
  if (precision === undefined) {
    return [];
  }
  const { diagonal, from, to, values } = precision;
  return [
    ["Omega.diagonal", tensor(diagonal, diagonal.length)],
    ["Omega.from", { dtype: "I32", shape: [from.length], data: from }],
    ["Omega.to", { dtype: "I32", shape: [to.length], data: to }],
    ["Omega.values", tensor(values, values.length)],
  ];
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
  if (!Object.values(formatVersions).some((known) => known === description.formatVersion)) {
    fail(
      `the model has format version ${description.formatVersion}, this version of fedmtl reads up to ` +
        `${formatVersions.classes}; it was written by fedmtl ${description.versions?.fedmtl}`,
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
  const { cols, loss, labels, classes, versions, added } = description;
  const { epsilon: _, ...options } = description.options ?? {};
  const scaled = tensors.has("scaling.mean");
  return {
    ...{ names, cols, loss, options, versions },
    heads: describedHeads(description, fail).map((head, c) => {
      const prefix = prefixOf(classes?.[c]);
      const { certificate, delta, epsilon, classWeights } = head;
      return {
        W: numbers(`${prefix}W`, names.length * cols),
        intercepts: numbers(`${prefix}intercepts`, names.length),
        kernel: tensors.has(`${prefix}graph.weights`)
          ? decodeGraph(names.length, (name) => tensors.get(`${prefix}graph.${name}`), options, fail)
          : decodeKernel(names.length, delta, prefix, tensors, numbers, fail),
        certificate,
        ...(epsilon === undefined ? {} : { epsilon }),
        ...(classWeights === undefined ? {} : { classWeights }),
      };
    }),
    ...(scaled
      ? { scaling: { mean: numbers("scaling.mean", cols), scale: numbers("scaling.scale", cols) } }
      : {}),
    ...(labels === undefined ? {} : { labels }),
    ...(classes === undefined ? {} : { classes }),
    ...(added === undefined ? {} : { added }),
  };
}

function describedHeads(
  { formatVersion, certificate, delta, classWeights, options, classes, heads }: Description,
  fail: (reason: string) => never,
): readonly HeadDescription[] {
  if (formatVersion === formatVersions.classes) {
    return Array.isArray(classes) &&
      Array.isArray(heads) &&
      classes.length === heads.length &&
      heads.length > 0
      ? heads
      : fail("its metadata do not describe each of its classes; the file is damaged");
  }
  const epsilon = options?.epsilon;
  return certificate === undefined
    ? fail("its metadata hold no certificate; the file is damaged")
    : [
        {
          certificate,
          ...(delta === undefined ? {} : { delta }),
          ...(classWeights === undefined ? {} : { classWeights }),
          ...(typeof epsilon === "number" ? { epsilon } : {}),
        },
      ];
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
  part: (name: string) => Tensor | undefined,
  { lambda1, lambda2 }: RecordedOptions,
  fail: (reason: string) => never,
): NativeGraphKernel {
  const [from, to, weights] = ["from", "to", "weights"].map((name) => part(name)?.data);
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

function decodePrecision(
  tasks: number,
  part: (name: string) => Tensor | undefined,
  fail: (reason: string) => never,
): NativePrecision {
  const [diagonal, from, to, values] = ["diagonal", "from", "to", "values"].map((name) => part(name)?.data);
  if (
    !(diagonal instanceof Float64Array && values instanceof Float64Array) ||
    !(from instanceof Int32Array && to instanceof Int32Array) ||
    diagonal.length !== tasks ||
    from.length !== values.length ||
    to.length !== values.length ||
    !from.every((s, e) => s >= 0 && s < (to[e] ?? 0)) ||
    !to.every((t) => t < tasks)
  ) {
    return fail("its precision is not one over its tasks; the file is damaged");
  }
  return { diagonal, from, to, values };
}

function decodeKernel(
  tasks: number,
  delta: number | undefined,
  prefix: string,
  tensors: ReadonlyMap<string, Tensor>,
  numbers: (name: string, length: number) => Float64Array,
  fail: (reason: string) => never,
): NativeKernel {
  if (delta !== undefined) {
    const rank = tensors.get(`${prefix}K.r`)?.data.length ?? 0;
    return { basis: numbers(`${prefix}K.U`, tasks * rank), r: numbers(`${prefix}K.r`, rank), delta };
  }
  const matrix = numbers(`${prefix}K`, tasks * tasks);
  return tensors.has(`${prefix}Omega.diagonal`)
    ? { matrix, precision: decodePrecision(tasks, (name) => tensors.get(`${prefix}Omega.${name}`), fail) }
    : { matrix };
}
