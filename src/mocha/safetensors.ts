/**
 * The safetensors file format (https://huggingface.co/docs/safetensors): named tensors and text metadata in
 * one file that any safetensors reader opens.
 *
 *     8 bytes   length N of the header, unsigned, little-endian
 *     N bytes   JSON: {"__metadata__": {name: text}, name: {"dtype", "shape", "data_offsets": [start, end]}, ...},
 *               padded with spaces to a multiple of 8
 *     the rest  the tensors' bytes, little-endian, without gaps; offsets count from here
 *
 * The metadata gets one entry of ours, `sha256`: the SHA-256 of names, types, shapes, metadata and data, so
 * that damage anywhere is noticed.
 */
import { endianness } from "node:os";
import { FedmtlError, invalidChoice } from "../errors.js";
import { crypto } from "../on_demand.js";
import { repeatedKey } from "./json_keys.js";

/**
 * The element types read and written, and the array that holds each. `BOOL` is one byte an element, 0 or 1.
 */
const arrayTypes = {
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** The name of an element type. */
export type TensorType = keyof typeof arrayTypes;

/** The typed array that holds the elements of a tensor. */
export type TensorData =
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/** A tensor: its product of `shape` elements in row-major order. */
export interface Tensor {
  /** The element type; `data` must be the array that goes with it. */
  readonly dtype: TensorType;
  /** The extents, whole numbers >= 0; no extents for a single number. */
  readonly shape: readonly number[];
  /** The elements. */
  readonly data: TensorData;
}

/** The content of a safetensors file. */
export interface TensorFile {
  /** The tensors by name, in the order of their bytes. */
  readonly tensors: Map<string, Tensor>;
  /** The metadata, without `sha256`. */
  readonly metadata: Record<string, string>;
}

interface HeaderEntry {
  readonly name: string;
  readonly dtype: TensorType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

const metadataKey = "__metadata__";
const checksumKey = "sha256";

/** The limit of the reference implementation; a longer header is refused by every reader. */
const longestHeader = 100_000_000;

/**
 * Encodes tensors and metadata as a safetensors file.
 *
 * Tensors with larger elements come first, else in the order of the map, so that each starts at a multiple of
 * its element size.
 *
 * @param tensors the tensors by name
 * @param metadata text by name; `sha256` is added and must not be given
 * @returns the bytes of the file
 * @throws FedmtlError INVALID_ARGUMENT where a tensor's type, shape and data disagree, a name is reserved or
 *   not valid Unicode, or the header would be longer than the format allows
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const parts = safetensorsParts(tensors, metadata);
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    file.set(part, start);
    start += part.length;
  }
  return file;
}

/**
 * The file of `encodeSafetensors` in parts that follow each other, for what is too large to be copied: the header, then the
 * bytes of the tensors themselves.
 *
 * @throws as `encodeSafetensors`
 */
export function safetensorsParts(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array[] {
  requireLittleEndian();
  checkMetadata(metadata);
  const ordered = [...tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const entries = layOut(ordered);
  const data = ordered.map(([, tensor]) => bytesOf(tensor.data));
  const header = encodeHeader(entries, { ...metadata, [checksumKey]: checksum(entries, metadata, data) });

  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  return [length, header, ...data];
}

/**
 * Decodes a safetensors file and checks it in full.
 *
 * @param bytes the file; tensors that lie at a multiple of their element size share its memory, so leave it
 *   unchanged
 * @returns the tensors and the metadata
 * @throws FedmtlError BAD_MODEL in one sentence: what is wrong with the header, the offsets, a tensor or the
 *   checksum
 */
export function decodeSafetensors(bytes: Uint8Array): TensorFile {
  requireLittleEndian();
  const headerEnd = 8 + headerLength(bytes);
  const { entries, metadata } = readHeader(bytes.subarray(8, headerEnd));
  const data = bytes.subarray(headerEnd);
  checkOffsets(entries, data.length);

  const { [checksumKey]: expected, ...others } = metadata;
  if (expected === undefined) {
    throw badModel("its metadata has no sha256, so it was not written by fedmtl or was cut");
  }
  if (checksum(entries, others, [data]) !== expected) {
    throw badModel("its sha256 does not match its content, so the file is damaged; fetch or write it again");
  }
  const tensors = new Map(
    entries.map(({ name, dtype, shape, start, end }) => [
      name,
      { dtype, shape, data: typedView(data.subarray(start, end), dtype) },
    ]),
  );
  return { tensors, metadata: others };
}

/** Gives each tensor its place, one after the other. */
function layOut(ordered: readonly (readonly [string, Tensor])[]): HeaderEntry[] {
  let start = 0;
  return ordered.map(([name, tensor]) => {
    checkTensor(name, tensor);
    const entry = {
      name,
      dtype: tensor.dtype,
      shape: tensor.shape,
      start,
      end: start + tensor.data.byteLength,
    };
    start = entry.end;
    return entry;
  });
}

function encodeHeader(
  entries: readonly HeaderEntry[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const pairs = entries.map(({ name, dtype, shape, start, end }) => {
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [start, end] })}`;
  });
  // Put together as text: an object would move names that look like numbers to the front.
  const json = `{${[`"${metadataKey}":${JSON.stringify(metadata)}`, ...pairs].join(",")}}`;
  const text = new TextEncoder().encode(json);
  const header = new Uint8Array(8 * Math.ceil(text.length / 8)).fill(0x20);
  if (header.length > longestHeader) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `names and metadata take ${header.length} bytes, the format allows ${longestHeader}; store long lists as tensors`,
    );
  }
  header.set(text);
  return header;
}

function headerLength(bytes: Uint8Array): number {
  if (bytes.length < 8) {
    throw badModel(`it has ${bytes.length} bytes, too few for the length of a header`);
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > longestHeader || Number(length) > bytes.length - 8) {
    throw badModel(
      `its header is said to have ${length} bytes, but ${bytes.length - 8} follow; it is cut or of another kind`,
    );
  }
  if (length % 8n !== 0n) {
    throw badModel(`its header has ${length} bytes, not a multiple of 8`);
  }
  return Number(length);
}

function readHeader(bytes: Uint8Array): { entries: HeaderEntry[]; metadata: Record<string, string> } {
  const text = decodeText(bytes);
  const header = parseJson(text);
  if (!isObject(header)) {
    throw badModel("its header is not a JSON object");
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined) {
    throw badModel(`its header has the key ${JSON.stringify(repeated)} twice`);
  }
  const { [metadataKey]: metadata = {}, ...described } = header;
  if (!isTextRecord(metadata)) {
    throw badModel("its metadata is not an object of text values");
  }
  const entries = Object.entries(described).map(([name, description]) => readEntry(name, description));
  return { entries: entries.sort((a, b) => a.start - b.start || a.end - b.end), metadata };
}

function readEntry(name: string, description: unknown): HeaderEntry {
  const tensor = `tensor ${JSON.stringify(name)}`;
  if (!isObject(description)) {
    throw badModel(`${tensor} is not described by an object`);
  }
  const { dtype, shape, data_offsets: offsets } = description;
  if (!isTensorType(dtype)) {
    const choice = invalidChoice(`type of ${tensor}`, dtype, Object.keys(arrayTypes), "BAD_MODEL");
    throw badModel(choice.message);
  }
  if (!isExtents(shape)) {
    throw badModel(`the shape of ${tensor} is not a list of whole numbers`);
  }
  if (!isExtents(offsets) || offsets.length !== 2) {
    throw badModel(`the data offsets of ${tensor} are not two whole numbers`);
  }
  const [start = 0, end = 0] = offsets;
  const expected = elementCount(shape) * arrayTypes[dtype].BYTES_PER_ELEMENT;
  if (end - start !== expected) {
    throw badModel(`${tensor} is ${dtype} of shape [${shape}], ${expected} bytes, but has ${end - start}`);
  }
  return { name, dtype, shape, start, end };
}

/** The tensors must cover the data without gap or overlap, to its last byte. */
function checkOffsets(entries: readonly HeaderEntry[], dataLength: number): void {
  let covered = 0;
  for (const { name, start, end } of entries) {
    if (start !== covered) {
      throw badModel(
        `tensor ${JSON.stringify(name)} starts at byte ${start} of the data, expected ${covered}`,
      );
    }
    covered = end;
  }
  if (covered !== dataLength) {
    throw badModel(
      `its tensors take ${covered} bytes, but ${dataLength} follow the header; it is cut or has a tail`,
    );
  }
}

/**
 * SHA-256 (hex) of one JSON line, then the data. The line holds the tensors as [name, type, shape, start] and
 * the metadata as [name, text], each sorted by name: the order of JSON keys is not a content.
 */
function checksum(
  entries: readonly HeaderEntry[],
  metadata: Readonly<Record<string, string>>,
  data: readonly Uint8Array[],
): string {
  const byName = <T>([a]: readonly [string, T], [b]: readonly [string, T]) => (a < b ? -1 : 1);
  const places = entries.map(({ name, dtype, shape, start }) => [name, { dtype, shape, start }] as const);
  const tensors = places.sort(byName).map(([name, { dtype, shape, start }]) => [name, dtype, shape, start]);
  const texts = Object.entries(metadata).sort(byName);
  const hash = crypto()
    .createHash("sha256")
    .update(`${JSON.stringify([tensors, texts])}\n`);
  for (const part of data) {
    hash.update(part);
  }
  return hash.digest("hex");
}

function checkTensor(name: string, { dtype, shape, data }: Tensor): void {
  const tensor = `tensor ${JSON.stringify(name)}`;
  if (!isTensorType(dtype)) {
    throw invalidChoice(`type of ${tensor}`, dtype, Object.keys(arrayTypes), "INVALID_ARGUMENT");
  }
  if (name === metadataKey || hasLoneSurrogate(name)) {
    throw new FedmtlError("INVALID_ARGUMENT", `${tensor} cannot be stored under that name`);
  }
  if (!(data instanceof arrayTypes[dtype])) {
    throw new FedmtlError("INVALID_ARGUMENT", `${tensor} of type ${dtype} needs a ${arrayTypes[dtype].name}`);
  }
  if (!isExtents(shape) || elementCount(shape) !== data.length) {
    throw new FedmtlError("INVALID_ARGUMENT", `${tensor} has shape [${shape}] but ${data.length} elements`);
  }
}

function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  if (!isTextRecord(metadata) || Object.hasOwn(metadata, checksumKey)) {
    throw new FedmtlError(
      "INVALID_ARGUMENT",
      `metadata must be text by name, and not under "${checksumKey}"`,
    );
  }
  const odd = Object.entries(metadata).find(
    ([name, text]) => hasLoneSurrogate(name) || hasLoneSurrogate(text),
  );
  if (odd !== undefined) {
    throw new FedmtlError("INVALID_ARGUMENT", `metadata ${JSON.stringify(odd[0])} is not valid Unicode`);
  }
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw badModel("its header is not UTF-8 text", cause);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badModel("its header is not JSON", cause);
  }
}

/** The elements in place where their address allows it, else in a copy. */
function typedView(bytes: Uint8Array, dtype: TensorType): TensorData {
  const size = arrayTypes[dtype].BYTES_PER_ELEMENT;
  const ArrayType: new (buffer: ArrayBufferLike, start: number, length: number) => TensorData =
    arrayTypes[dtype];
  const source = bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes);
  return new ArrayType(source.buffer, source.byteOffset, source.byteLength / size);
}

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, extent) => count * extent, 1);
}

function isTensorType(value: unknown): value is TensorType {
  return typeof value === "string" && Object.hasOwn(arrayTypes, value);
}

function isExtents(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTextRecord(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((text) => typeof text === "string");
}

/** Half of a surrogate pair: UTF-8 cannot hold it, and two names could become one. */
function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

function badModel(reason: string, cause?: unknown): FedmtlError {
  return new FedmtlError("BAD_MODEL", `not a usable safetensors file: ${reason}`, { cause });
}

/** Typed arrays use the byte order of the machine, the format is little-endian. */
function requireLittleEndian(): void {
  if (endianness() !== "LE") {
    throw new FedmtlError("INTERNAL", "models can be read and written on little-endian machines only");
  }
}
