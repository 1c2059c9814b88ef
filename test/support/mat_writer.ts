// Writes MATLAB 5 files of either byte order, as MathWorks' "MAT-File Format" describes them, for the tests of the reader.
import { deflateSync } from "node:zlib";

/** Numbers, column-major. */
export interface Numbers {
  readonly dims: readonly number[];
  readonly values: readonly number[];
  /** The type they are stored in, by default float64. */
  readonly as?: "float64" | "float32" | "int8" | "uint16";
  readonly complex?: boolean;
}
/** Compressed columns. */
export interface Sparse {
  readonly dims: readonly [number, number];
  readonly rows: readonly number[];
  readonly starts: readonly number[];
  readonly stored: readonly number[];
}
export type Value =
  | Numbers
  | Sparse
  | { readonly text: string }
  | { readonly cells: readonly Value[]; readonly dims?: readonly number[] }
  | { readonly fields: Readonly<Record<string, Value>> };

const storage = {
  int8: { type: 1, bytes: 1, write: (b: DataView, i: number, x: number) => b.setInt8(i, x) },
  uint16: {
    type: 4,
    bytes: 2,
    write: (b: DataView, i: number, x: number, le: boolean) => b.setUint16(i, x, le),
  },
  int32: {
    type: 5,
    bytes: 4,
    write: (b: DataView, i: number, x: number, le: boolean) => b.setInt32(i, x, le),
  },
  uint32: {
    type: 6,
    bytes: 4,
    write: (b: DataView, i: number, x: number, le: boolean) => b.setUint32(i, x, le),
  },
  float32: {
    type: 7,
    bytes: 4,
    write: (b: DataView, i: number, x: number, le: boolean) => b.setFloat32(i, x, le),
  },
  float64: {
    type: 9,
    bytes: 8,
    write: (b: DataView, i: number, x: number, le: boolean) => b.setFloat64(i, x, le),
  },
} as const;

class Writer {
  constructor(private readonly little: boolean) {}

  words(...values: readonly number[]): Buffer {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, i) => {
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(4 * i, value, this.little);
    });
    return bytes;
  }

  /** Data of up to 4 bytes go into the tag, as MATLAB does. */
  element(type: number, data: Buffer): Buffer {
    if (data.length > 0 && data.length <= 4) {
      return Buffer.concat([this.words(data.length * 65536 + type), data, Buffer.alloc(4 - data.length)]);
    }
    return Buffer.concat([this.words(type, data.length), data, Buffer.alloc((8 - (data.length % 8)) % 8)]);
  }

  numbers(as: keyof typeof storage, values: readonly number[]): Buffer {
    const { type, bytes, write } = storage[as];
    const data = Buffer.alloc(bytes * values.length);
    const view = new DataView(data.buffer, data.byteOffset);
    values.forEach((value, i) => {
      write(view, i * bytes, value, this.little);
    });
    return this.element(type, data);
  }

  array(name: string, flags: number, dims: readonly number[], parts: readonly Buffer[]): Buffer {
    const head = [
      this.numbers("uint32", [flags, 0]),
      this.numbers("int32", dims),
      this.element(1, Buffer.from(name, "latin1")),
    ];
    return this.element(14, Buffer.concat([...head, ...parts]));
  }

  value(name: string, value: Value): Buffer {
    if ("text" in value) {
      const codes = [...value.text].map((letter) => letter.charCodeAt(0));
      return this.array(name, 4, [1, codes.length], [this.numbers("uint16", codes)]);
    }
    if ("cells" in value) {
      const { cells, dims = [1, cells.length] } = value;
      return this.array(
        name,
        1,
        dims,
        cells.map((cell) => this.value("", cell)),
      );
    }
    if ("fields" in value) {
      const names = Buffer.concat(
        Object.keys(value.fields).map((field) => Buffer.from(field.padEnd(32, "\0"), "latin1")),
      );
      const fields = Object.values(value.fields).map((field) => this.value("", field));
      return this.array(name, 2, [1, 1], [this.numbers("int32", [32]), this.element(1, names), ...fields]);
    }
    if ("stored" in value) {
      const { dims, rows, starts, stored } = value;
      const parts = [
        this.numbers("int32", rows),
        this.numbers("int32", starts),
        this.numbers("float64", stored),
      ];
      return this.array(name, 5, dims, parts);
    }
    const parts = [this.numbers(value.as ?? "float64", value.values)];
    const flags = 6 + (value.complex === true ? 0x800 : 0);
    return this.array(name, flags, value.dims, value.complex === true ? [...parts, ...parts] : parts);
  }
}

/** A file with these variables. */
export function matFile(
  variables: Readonly<Record<string, Value>>,
  { little = true, compress = false }: { readonly little?: boolean; readonly compress?: boolean } = {},
): Buffer {
  const writer = new Writer(little);
  const head = Buffer.alloc(128, " ");
  head.write("MATLAB 5.0 MAT-file, written by a test", "latin1");
  new DataView(head.buffer, head.byteOffset).setUint16(124, 0x0100, little);
  head.write(little ? "IM" : "MI", 126, "latin1");
  const elements = Object.entries(variables).map(([name, value]) => {
    const element = writer.value(name, value);
    if (!compress) {
      return element;
    }
    const packed = deflateSync(element);
    return Buffer.concat([writer.words(15, packed.length), packed]);
  });
  return Buffer.concat([head, ...elements]);
}
