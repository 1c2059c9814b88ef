/**
 * Reading MATLAB 5 to 7.2 files: numbers, text, cells, structs and sparse matrices, compressed or not, of either byte order. From
 * MathWorks' description "MAT-File Format" (Level 5). Files of version 7.3 are HDF5 and are refused with what to do.
 *
 * A file is a header of 128 bytes and elements; an element is a tag (type and length in bytes) with data, padded to 8 bytes, or
 * both in 8 bytes if it is small. Every length is checked against what surrounds it.
 */
import { FedmtlError } from "../../errors.js";
import { zlib } from "../../on_demand.js";

/** Real numbers of any class, column-major as MATLAB has them. */
export interface MatNumbers {
  readonly kind: "numbers";
  readonly dims: readonly number[];
  readonly values: Float64Array;
}

/** Compressed columns. */
export interface MatSparse {
  readonly kind: "sparse";
  readonly dims: readonly number[];
  /** Row of each value. */
  readonly rows: Int32Array;
  /** cols + 1 positions. */
  readonly starts: Int32Array;
  readonly values: Float64Array;
}

/** An array of characters. */
export interface MatText {
  readonly kind: "text";
  readonly dims: readonly number[];
  readonly text: string;
}

/** A cell array. */
export interface MatCells {
  readonly kind: "cells";
  readonly dims: readonly number[];
  readonly cells: readonly MatValue[];
}

/** One record of fields an element. */
export interface MatStruct {
  readonly kind: "struct";
  readonly dims: readonly number[];
  readonly records: readonly ReadonlyMap<string, MatValue>[];
}

/** A class that holds no data: an object, a function handle. */
export interface MatOther {
  readonly kind: "other";
  readonly dims: readonly number[];
}

/** A variable of a MATLAB file, by its class. */
export type MatValue = MatNumbers | MatSparse | MatText | MatCells | MatStruct | MatOther;

const headerBytes = 128;
const compressed = 15;
const matrix = 14;
/** A zip bomb ends here. */
const mostInflatedBytes = 2 ** 32 - 1;
const deepestNesting = 32;
/** More than this is no array of a data set, but a damaged file. */
const mostElements = 2 ** 31;

const classes = {
  cell: 1,
  struct: 2,
  object: 3,
  char: 4,
  sparse: 5,
  firstNumeric: 6,
  lastNumeric: 15,
} as const;
const complexFlag = 0x08;

type Reader = (view: DataView, at: number, little: boolean) => number;

/** The types of numbers: bytes each, and how one is read. */
const numberTypes: Readonly<Record<number, { readonly bytes: number; readonly read: Reader }>> = {
  1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  2: { bytes: 1, read: (view, at) => view.getUint8(at) },
  3: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  4: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  5: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  6: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  7: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  9: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  12: { bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  13: { bytes: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  // Text: UTF-8, UTF-16 and UTF-32 code units.
  16: { bytes: 1, read: (view, at) => view.getUint8(at) },
  17: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  18: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
};

interface Element {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** Elements one after the other in some bytes. */
class ElementReader {
  readonly #path: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;
  #at = 0;

  constructor(path: string, bytes: Uint8Array, little: boolean) {
    this.#path = path;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#little = little;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  next(what: string): Element {
    this.#need(8, what);
    const word = this.#view.getUint32(this.#at, this.#little);
    const smallLength = word >>> 16;
    if (smallLength > 0) {
      if (smallLength > 4) {
        throw this.damaged(`${what} that says it has ${smallLength} bytes in a field of 4`);
      }
      const bytes = this.#bytes.subarray(this.#at + 4, this.#at + 4 + smallLength);
      this.#at += 8;
      return { type: word & 0xffff, bytes };
    }
    const length = this.#view.getUint32(this.#at + 4, this.#little);
    this.#at += 8;
    this.#need(length, what);
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    // Compressed elements are not padded; at the very end padding may be missing.
    this.#at += word === compressed ? length : Math.ceil(length / 8) * 8;
    return { type: word, bytes };
  }

  numbers(what: string): Float64Array {
    const { type, bytes } = this.next(what);
    const numberType = numberTypes[type];
    if (numberType === undefined || bytes.length % numberType.bytes !== 0) {
      throw this.damaged(`${what} of type ${type} and ${bytes.length} bytes`);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Float64Array.from({ length: bytes.length / numberType.bytes }, (_, i) =>
      numberType.read(view, i * numberType.bytes, this.#little),
    );
  }

  text(what: string): string {
    return Buffer.from(this.next(what).bytes).toString("latin1");
  }

  damaged(found: string): FedmtlError {
    return new FedmtlError("BAD_INPUT", `${this.#path}: found ${found}; the MATLAB file is damaged`);
  }

  refused(found: string): FedmtlError {
    return new FedmtlError("BAD_INPUT", `${this.#path}: found ${found}`);
  }

  /** A reader of what lies in an element. */
  within(bytes: Uint8Array): ElementReader {
    return new ElementReader(this.#path, bytes, this.#little);
  }

  #need(length: number, what: string): void {
    const left = this.#bytes.length - this.#at;
    if (left < length) {
      throw this.damaged(`the end after ${Math.max(0, left)} bytes where ${what} needs ${length}`);
    }
  }
}

/** The variables of a file, by name. @throws FedmtlError BAD_INPUT naming the path and what was found */
export function parseMat(path: string, bytes: Uint8Array): Map<string, MatValue> {
  const little = byteOrder(path, bytes);
  const reader = new ElementReader(path, bytes.subarray(headerBytes), little);
  const variables = new Map<string, MatValue>();
  while (!reader.atEnd) {
    let element = reader.next("a variable");
    if (element.type === compressed) {
      element = reader.within(inflate(reader, element.bytes)).next("a compressed variable");
    }
    if (element.type === matrix && element.bytes.length > 0) {
      const { name, value } = parseMatrix(reader.within(element.bytes), 0);
      variables.set(name, value);
    }
  }
  return variables;
}

/** Whether numbers are little-endian. */
function byteOrder(path: string, bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, headerBytes)).toString("latin1");
  if (start.startsWith("MATLAB 7.3") || start.startsWith("\x89HDF")) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${path}: found MATLAB 7.3 (HDF5), expected MATLAB 5 to 7.2; save it with save(…, "-v7")`,
    );
  }
  const order = start.slice(126);
  if (bytes.length < headerBytes || (order !== "IM" && order !== "MI")) {
    throw new FedmtlError("BAD_INPUT", `${path}: found no MATLAB header, expected a file of MATLAB 5 to 7.2`);
  }
  return order === "IM";
}

function inflate(reader: ElementReader, bytes: Uint8Array): Uint8Array {
  try {
    return zlib().inflateSync(bytes, { maxOutputLength: mostInflatedBytes });
  } catch {
    throw reader.damaged("compressed data that do not unpack");
  }
}

function parseMatrix(reader: ElementReader, depth: number): { name: string; value: MatValue } {
  if (depth > deepestNesting) {
    throw reader.damaged(`cells more than ${deepestNesting} deep`);
  }
  const [flags = 0] = reader.numbers("the flags of an array");
  const dims = [...reader.numbers("the size of an array")];
  const count = dims.reduce((product, size) => product * size, 1);
  if (dims.length < 2 || dims.some((size) => !(size >= 0)) || !(count <= mostElements)) {
    throw reader.damaged(`an array of size ${dims.join(" × ")}`);
  }
  const name = reader.text("the name of an array");
  return { name, value: parseValue(reader, flags, dims, { count, depth }) };
}

function parseValue(
  reader: ElementReader,
  flags: number,
  dims: readonly number[],
  { count, depth }: { readonly count: number; readonly depth: number },
): MatValue {
  const arrayClass = flags & 0xff;
  const nested = (): MatValue => parseElement(reader, depth + 1);
  if (arrayClass === classes.cell) {
    return { kind: "cells", dims, cells: repeated(reader, count, nested) };
  }
  if (arrayClass === classes.struct) {
    return { kind: "struct", dims, records: parseRecords(reader, count, nested) };
  }
  if (arrayClass === classes.char) {
    return { kind: "text", dims, text: String.fromCharCode(...reader.numbers("text").subarray(0, 1000)) };
  }
  const isNumeric = arrayClass >= classes.firstNumeric && arrayClass <= classes.lastNumeric;
  if (!isNumeric && arrayClass !== classes.sparse) {
    return { kind: "other", dims };
  }
  if (((flags >>> 8) & complexFlag) !== 0) {
    throw reader.refused("complex numbers, expected real ones");
  }
  return isNumeric ? parseNumbers(reader, dims, count) : parseSparse(reader, dims);
}

/** An array within a cell or struct; an element without content is an empty one. */
function parseElement(reader: ElementReader, depth: number): MatValue {
  const { type, bytes } = reader.next("an array within another");
  if (type !== matrix) {
    throw reader.damaged(`an element of type ${type} where an array belongs`);
  }
  if (bytes.length === 0) {
    return { kind: "numbers", dims: [0, 0], values: new Float64Array() };
  }
  return parseMatrix(reader.within(bytes), depth).value;
}

function repeated(reader: ElementReader, count: number, next: () => MatValue): MatValue[] {
  const values: MatValue[] = [];
  for (let i = 0; i < count; i++) {
    if (reader.atEnd) {
      throw reader.damaged(`${i} of the ${count} elements of an array`);
    }
    values.push(next());
  }
  return values;
}

function parseRecords(reader: ElementReader, count: number, next: () => MatValue): Map<string, MatValue>[] {
  const [width = 0] = reader.numbers("the length of the names of fields");
  const text = reader.text("the names of fields");
  if (!(width > 0) || text.length % width !== 0) {
    throw reader.damaged(`names of fields of ${width} bytes in ${text.length}`);
  }
  const names = Array.from({ length: text.length / width }, (_, i) => {
    return text.slice(i * width, (i + 1) * width).replace(/\0.*$/s, "");
  });
  const values = repeated(reader, count * names.length, next);
  return Array.from({ length: names.length === 0 ? 0 : count }, (_, i) => {
    return new Map(names.map((name, j) => [name, values[i * names.length + j] as MatValue]));
  });
}

function parseNumbers(reader: ElementReader, dims: readonly number[], count: number): MatNumbers {
  const values = reader.numbers("the numbers of an array");
  if (values.length !== count) {
    throw reader.damaged(`${values.length} numbers in an array of size ${dims.join(" × ")}`);
  }
  return { kind: "numbers", dims, values };
}

function parseSparse(reader: ElementReader, dims: readonly number[]): MatSparse {
  const [height = 0, width = 0] = dims;
  const rows = Int32Array.from(reader.numbers("the rows of a sparse matrix"));
  const starts = Int32Array.from(reader.numbers("the columns of a sparse matrix"));
  const values = reader.numbers("the numbers of a sparse matrix");
  const stored = starts[width] ?? -1;
  const rising = starts.every((start, j) => start >= (j === 0 ? 0 : (starts[j - 1] as number)));
  const inside = rows.subarray(0, Math.max(0, stored)).every((row) => row >= 0 && row < height);
  if (
    starts.length !== width + 1 ||
    starts[0] !== 0 ||
    !rising ||
    !inside ||
    stored > rows.length ||
    stored > values.length
  ) {
    throw reader.damaged(`a sparse matrix of size ${dims.join(" × ")} whose positions do not fit it`);
  }
  return { kind: "sparse", dims, rows: rows.subarray(0, stored), starts, values: values.subarray(0, stored) };
}
