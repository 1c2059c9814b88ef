// Random streams: the definition in 64-bit arithmetic, and the laws of what is drawn from them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RandomStream, hashName } from "../dist/data/random.js";

// The same cases in every run.
fc.configureGlobal({ seed: 1 });

const wrap = (value: bigint) => BigInt.asUintN(64, value);
const gamma = 0x9e3779b97f4a7c15n;

function mix64(start: bigint): bigint {
  let x = wrap(start);
  x = wrap((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n);
  x = wrap((x ^ (x >> 27n)) * 0x94d049bb133111ebn);
  return x ^ (x >> 31n);
}

/** The words of a stream by its definition. */
function words(seed: bigint, name: string, round: bigint, count: number): bigint[] {
  const key = mix64(mix64(mix64(seed + gamma) ^ hashName(name)) + gamma * round);
  return Array.from({ length: count }, (_, i) => mix64(key + gamma * BigInt(i + 1)));
}

const keys = fc.tuple(fc.bigInt(0n, 2n ** 64n - 1n), fc.string({ unit: "grapheme" }), fc.nat());

describe("RandomStream", () => {
  it("rests on SplitMix64 and FNV-1a, by their published first values", () => {
    // SplitMix64 of seed 0, and FNV-1a of "" and "a".
    expect(mix64(gamma)).toBe(0xe220a8397b1dcdafn);
    expect(hashName("")).toBe(0xcbf29ce484222325n);
    expect(hashName("a")).toBe(0xaf63dc4c8601ec8cn);
  });

  it("hashes UTF-8 bytes", () => {
    expect(hashName("é")).not.toBe(hashName("e\u0301"));
    expect(hashName("\u00e9")).toBe(
      [0xc3n, 0xa9n].reduce((h, byte) => wrap((h ^ byte) * 0x100000001b3n), hashName("")),
    );
  });

  it("gives the upper 53 bits of the words as uniform numbers", () => {
    fc.assert(
      fc.property(keys, ([seed, name, round]) => {
        const stream = new RandomStream(seed, name, round);
        const expected = words(seed, name, BigInt(round), 5).map((word) => Number(word >> 11n) * 2 ** -53);
        expect(expected.map(() => stream.uniform())).toEqual(expected);
      }),
    );
  });

  it("gives the upper half of (upper half of the word) x n as a number below n", () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 2 ** 32 - 1 }), ([seed, name, round], n) => {
        const stream = new RandomStream(seed, name, round);
        const expected = words(seed, name, BigInt(round), 5).map((word) =>
          Number(((word >> 32n) * BigInt(n)) >> 32n),
        );
        expect(expected.map(() => stream.below(n))).toEqual(expected);
      }),
    );
  });

  it("takes a seed as a number or a bigint", () => {
    expect(new RandomStream(12345, "t", 3).uniform()).toBe(new RandomStream(12345n, "t", 3).uniform());
  });

  it("shuffles to a permutation, and a short pass agrees with the start of a full one", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 60 }), fc.nat({ max: 60 }), (seed, n, places) => {
        const count = Math.min(places, n);
        const numbers = () => Uint32Array.from({ length: n }, (_, i) => i);
        const [short, full] = [numbers(), numbers()];
        new RandomStream(seed, "t").shuffle(short, count);
        new RandomStream(seed, "t").shuffle(full);
        expect([...short].sort((a, b) => a - b)).toEqual([...numbers()]);
        expect(short.subarray(0, count)).toEqual(full.subarray(0, count));
      }),
    );
  });

  it("draws normal numbers: first four moments within five standard errors", () => {
    const stream = new RandomStream(7, "moments");
    const n = 200_000;
    const draws = Float64Array.from({ length: n }, () => stream.gaussian());
    const moment = (power: number) => draws.reduce((sum, z) => sum + z ** power, 0) / n;
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 53, -1n, 2n ** 64n])("refuses %s as a seed", (seed) => {
    expect(() => new RandomStream(seed, "t")).toThrow(/whole number/);
  });
});
