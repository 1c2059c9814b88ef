/**
 * Random numbers that are looked up, not drawn: each is a function of (seed, purpose, device, round), so that no result
 * depends on the order in which devices are asked, on which others there are, or on what was asked before.
 *
 * A 64-bit key of the device's name, the round and a word of seed and purpose go through a 32-bit finaliser whose every input
 * bit changes every output bit with a probability near one half (the form of MurmurHash3's; constants found by search: C.
 * Wellons, hash-prospector, "lowbias32", public domain).
 */

const twoTo26 = 2 ** 26;
const perTwoTo53 = 2 ** -53;
const goldenRatio = 0x9e3779b9;

function mixed(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

/** FNV-1a over UTF-16 units, from two starts. */
function hashText(text: string, start: number): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return mixed(hash);
}

/** What a stream is for; streams of different purposes have nothing in common. */
export type Purpose = "drop" | "burst" | "budget" | "sampling" | "daylight" | "device";

/** The random numbers of a simulation's devices. */
export class KeyedRandom {
  readonly #seedLow: number;
  readonly #seedHigh: number;
  readonly #low: Int32Array;
  readonly #high: Int32Array;

  /** @param seed a whole number from 0 to 2^53 - 1; `names` of the devices, m */
  constructor(seed: number, names: readonly string[]) {
    this.#seedLow = mixed((seed % 2 ** 32) | 0);
    this.#seedHigh = mixed(Math.floor(seed / 2 ** 32) ^ goldenRatio);
    this.#low = Int32Array.from(names, (name) => hashText(name, 0x811c9dc5));
    this.#high = Int32Array.from(names, (name) => hashText(name, 0x1b873593));
  }

  /** A word to look numbers of one purpose and round up with. */
  word(purpose: Purpose, round: number): number {
    const kind = hashText(purpose, this.#seedHigh);
    return mixed(mixed(this.#seedLow ^ kind) + Math.imul(round, goldenRatio)) ^ this.#seedHigh;
  }

  /** Uniform on [0, 1), 53 bits, of device t under a word. */
  uniform(word: number, t: number): number {
    const first = mixed((this.#low[t] as number) ^ word);
    const second = mixed((this.#high[t] as number) + first);
    return ((first >>> 5) * twoTo26 + (second >>> 6)) * perTwoTo53;
  }
}
