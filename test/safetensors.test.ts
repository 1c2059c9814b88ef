// safetensors: what is written reads back; the layout is the published one; any damage is noticed.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { repeatedKey } from "../dist/mocha/json_keys.js";
import { type Tensor, decodeSafetensors, encodeSafetensors } from "../dist/mocha/safetensors.js";

// The same cases in every run.
fc.configureGlobal({ seed: 1 });

const matrix: Tensor = { dtype: "F64", shape: [2, 3], data: Float64Array.of(1, 2, 3, 4, 5, 6) };
const names: Tensor = { dtype: "U8", shape: [3], data: Uint8Array.of(7, 8, 9) };
const metadata = { format: "fedmtl", note: 'quotes ", \\ and Größe' };
const encoded = () =>
  encodeSafetensors(
    new Map([
      ["names", names],
      ["W", matrix],
    ]),
    metadata,
  );

/** Puts a file together from a header and data, as another program could. */
function file(header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = Buffer.from(
    header.padEnd(8 * Math.ceil(Buffer.byteLength(header) / 8) - Buffer.byteLength(header) + header.length),
  );
  const bytes = Buffer.alloc(8 + text.length + data.length);
  bytes.writeBigUInt64LE(BigInt(text.length));
  text.copy(bytes, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

/** Reads the header by the format's definition. */
function header(
  bytes: Uint8Array,
): Record<string, { dtype: string; shape: number[]; data_offsets: number[] }> {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return JSON.parse(Buffer.from(bytes.subarray(8, 8 + length)).toString("utf8"));
}

const tensor: fc.Arbitrary<Tensor> = fc.oneof(
  fc.float64Array({ maxLength: 5 }).map((data) => ({ dtype: "F64" as const, shape: [data.length], data })),
  fc.float32Array({ maxLength: 5 }).map((data) => ({ dtype: "F32" as const, shape: [1, data.length], data })),
  fc
    .bigInt64Array({ maxLength: 5 })
    .map((data) => ({ dtype: "I64" as const, shape: [data.length, 1], data })),
  fc.int32Array({ maxLength: 5 }).map((data) => ({ dtype: "I32" as const, shape: [data.length], data })),
  fc.uint16Array({ maxLength: 5 }).map((data) => ({ dtype: "U16" as const, shape: [data.length], data })),
  fc.int8Array({ maxLength: 5 }).map((data) => ({ dtype: "I8" as const, shape: [data.length], data })),
  fc.uint8Array({ minLength: 1, maxLength: 1 }).map((data) => ({ dtype: "BOOL" as const, shape: [], data })),
);
const key = fc
  .oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("0", "10", "9", "__proto__", "constructor", ""))
  .filter((name) => name !== "__metadata__" && name !== "sha256");

describe("encode and decode", () => {
  it("give back tensors and metadata, at any address in memory", () => {
    const files = fc.tuple(
      fc.array(fc.tuple(key, tensor)),
      fc.array(fc.tuple(key, fc.string({ unit: "grapheme" }))),
    );
    fc.assert(
      fc.property(files, fc.integer({ min: 0, max: 9 }), ([pairs, texts], shift) => {
        const tensors = new Map(pairs);
        const meta = Object.fromEntries(texts);
        const bytes = encodeSafetensors(tensors, meta);
        const moved = new Uint8Array(bytes.length + shift).subarray(shift);
        moved.set(bytes);
        const back = decodeSafetensors(moved);
        expect(new Map([...back.tensors].sort())).toEqual(new Map([...tensors].sort()));
        expect(back.metadata).toEqual(meta);
      }),
    );
  });

  it("does not depend on the order of the metadata and is the same each time", () => {
    expect(encoded()).toEqual(encoded());
    const tensors = new Map([["W", matrix]]);
    const back = decodeSafetensors(encodeSafetensors(tensors, { b: "2", a: "1" }));
    expect(back.metadata).toEqual({ a: "1", b: "2" });
  });
});

describe("the layout", () => {
  it("is that of the format: length, padded JSON, data from offset 0 without gaps", () => {
    const bytes = encoded();
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(bytes[8]).toBe("{".charCodeAt(0));
    const { W, names: bytesOfNames } = header(bytes);
    expect(W).toEqual({ dtype: "F64", shape: [2, 3], data_offsets: [0, 48] });
    expect(bytesOfNames).toEqual({ dtype: "U8", shape: [3], data_offsets: [48, 51] });
    const view = new DataView(bytes.buffer, 8 + length);
    expect(Array.from({ length: 6 }, (_, i) => view.getFloat64(8 * i, true))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(bytes.length).toBe(8 + length + 51);
  });

  it("starts every tensor at a multiple of its element size", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, tensor)), (pairs) => {
        const tensors = new Map(pairs);
        const places = header(encodeSafetensors(tensors, {}));
        for (const [name, { data }] of tensors) {
          const start = Object.getOwnPropertyDescriptor(places, name)?.value.data_offsets[0];
          expect(start % data.BYTES_PER_ELEMENT).toBe(0);
        }
      }),
    );
  });

  it("has metadata that every reader takes: text only, a SHA-256 among it", () => {
    const stored = header(encoded()).__metadata__ as unknown as Record<string, string>;
    expect(stored).toEqual({ ...metadata, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });
});

describe("decode", () => {
  it("never takes a damaged byte for another content; only the white space of the header may differ", () => {
    const bytes = encoded();
    const content = decodeSafetensors(bytes);
    const change = fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(change, ([place, difference]) => {
        const damaged = Uint8Array.from(bytes);
        damaged[place] = (damaged[place] ?? 0) ^ difference;
        try {
          expect(decodeSafetensors(damaged)).toEqual(content);
          expect(bytes[place]).toBe(0x20);
        } catch (error) {
          expect(error).toMatchObject({ code: "BAD_MODEL" });
        }
      }),
      { numRuns: 500 },
    );
  });

  it("notices a cut at any place, and a tail", () => {
    const bytes = encoded();
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSafetensors(bytes.subarray(0, length))).toThrow(
        expect.objectContaining({ code: "BAD_MODEL" }),
      );
    }
    expect(() => decodeSafetensors(Uint8Array.from([...bytes, 0]))).toThrow(/tail/);
  });

  const one = (shape: string, offsets: string, dtype = '"F64"') =>
    `{"w":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}}`;
  it.each([
    [
      "a file of another kind",
      Buffer.from("PK\u0003\u0004 and so on, long enough"),
      /header is said to have/,
    ],
    [
      "a header length that is not a multiple of 8",
      Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d),
      /multiple of 8/,
    ],
    ["no JSON", file("{]"), /not JSON/],
    ["no UTF-8", file('{"a":1}').map((byte) => (byte === 0x61 ? 0xff : byte)), /not UTF-8/],
    ["a list", file("[]"), /not a JSON object/],
    ["metadata that is not text", file('{"__metadata__":{"a":1}}'), /metadata is not/],
    ["a key given twice", file('{"__metadata__":{"a":"1","\\u0061":"2"}}'), /key "a" twice/],
    ["a tensor that is not an object", file('{"w":[]}'), /tensor "w" is not described/],
    [
      "an unknown element type",
      file(one("[0]", "[0,0]", '"F65"')),
      /unknown type of tensor "w" "F65".*"F64"/,
    ],
    ["a type that is not text", file(one("[0]", "[0,0]", "64")), /unknown type of tensor "w" 64/],
    ["a negative extent", file(one("[-1]", "[0,8]"), new Uint8Array(8)), /shape of tensor "w"/],
    ["a broken extent", file(one("[0.5]", "[0,4]"), new Uint8Array(4)), /shape of tensor "w"/],
    ["three offsets", file(one("[1]", "[0,8,16]"), new Uint8Array(8)), /offsets of tensor "w"/],
    ["too few bytes for the shape", file(one("[2]", "[0,8]"), new Uint8Array(8)), /16 bytes, but has 8/],
    ["a shape beyond all numbers", file(one("[9007199254740991,9007199254740991]", "[0,8]")), /"w" is F64/],
    ["offsets that go backwards", file(one("[1]", "[8,0]"), new Uint8Array(8)), /has -8/],
    ["a gap", file(one("[1]", "[8,16]"), new Uint8Array(16)), /starts at byte 8.*expected 0/],
    ["data beyond the end", file(one("[2]", "[0,16]"), new Uint8Array(8)), /take 16 bytes, but 8 follow/],
    ["no sha256", file(one("[1]", "[0,8]"), new Uint8Array(8)), /no sha256/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(message);
    expect(() => decodeSafetensors(bytes)).toThrow(expect.objectContaining({ code: "BAD_MODEL" }));
  });

  it("refuses overlapping tensors", () => {
    const entry = (offsets: string) => `{"dtype":"F64","shape":[1],"data_offsets":${offsets}}`;
    const bytes = file(`{"a":${entry("[0,8]")},"b":${entry("[0,8]")}}`, new Uint8Array(8));
    expect(() => decodeSafetensors(bytes)).toThrow(/tensor "b" starts at byte 0 of the data, expected 8/);
  });

  it("accepts a checksum made by its stated definition", () => {
    const line = JSON.stringify([[["w", "F64", [1], 0]], [["a", "1"]]]);
    const sha256 = createHash("sha256").update(`${line}\n`).update(new Uint8Array(8)).digest("hex");
    const text = `{"__metadata__":{"sha256":"${sha256}","a":"1"},"w":{"data_offsets":[0,8],"shape":[1],"dtype":"F64"}}`;
    expect(decodeSafetensors(file(text, new Uint8Array(8))).tensors.get("w")?.data).toEqual(
      Float64Array.of(0),
    );
  });
});

describe("encode", () => {
  it.each([
    ["a shape that does not fit", "w", { ...matrix, shape: [2, 2] }, /shape \[2,2\] but 6 elements/],
    ["a negative extent", "w", { ...matrix, shape: [-2, -3] }, /shape/],
    ["an array of another type", "w", { ...matrix, dtype: "F32" as const }, /needs a Float32Array/],
    ["an unknown type", "w", { ...matrix, dtype: "F65" as "F64" }, /"F64"/],
    ["a reserved name", "__metadata__", matrix, /"__metadata__" cannot be stored/],
    ["a name that UTF-8 cannot hold", "\ud800", matrix, /cannot be stored/],
  ])("refuses %s", (_, name, value, message) => {
    expect(() => encodeSafetensors(new Map([[name, value]]), {})).toThrow(message);
    expect(() => encodeSafetensors(new Map([[name, value]]), {})).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });

  it("refuses metadata that is not text, or takes the name of the checksum", () => {
    expect(() => encodeSafetensors(new Map(), { a: 1 as unknown as string })).toThrow(/text by name/);
    expect(() => encodeSafetensors(new Map(), { sha256: "0" })).toThrow(/"sha256"/);
    expect(() => encodeSafetensors(new Map(), { a: "\udfff" })).toThrow(/valid Unicode/);
  });
});

describe("repeatedKey", () => {
  it("finds nothing in what JSON.stringify wrote", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(repeatedKey(JSON.stringify(JSON.parse(json)))).toBeUndefined();
      }),
    );
  });

  it.each([
    ['{"a":1,"a":2}', "a"],
    ['{"b":{"a":[{"c":1,"d":"{","c":2}]}}', "c"],
    ['{"a":"a","b":["a","a"],"c":{"a":1}}', undefined],
    ['{"a\\"":1,"a":{"a":","},"a\\"":2}', 'a"'],
    ['[{"a":1},{"a":1}]', undefined],
  ])("in %s finds %s", (json, expected) => {
    expect(repeatedKey(json)).toBe(expected);
  });

  it("behind the names of a million tasks too", () => {
    const names = JSON.stringify(Array.from({ length: 1e6 }, (_, t) => `device-${t}\\`));
    const json = JSON.stringify({ names, b: 1 });
    expect(repeatedKey(json)).toBeUndefined();
    expect(repeatedKey(`${json.slice(0, -1)},"b":2}`)).toBe("b");
  });
});
