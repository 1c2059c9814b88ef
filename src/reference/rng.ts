// Counter-based random streams: the SplitMix64 finaliser over a counter.
//
// A stream is keyed by (seed, task name, round), so the order in which a task visits its rows does not depend
// on which other tasks take part. Reference: Steele, Lea & Flood, "Fast splittable pseudorandom number
// generators", OOPSLA 2014. 64-bit arithmetic is done in BigInt: slow, but plainly right.

const goldenGamma = 0x9e3779b97f4a7c15n;
const fnvOffset = 0xcbf29ce484222325n;
const fnvPrime = 0x100000001b3n;

function wrap64(x: bigint): bigint {
  return BigInt.asUintN(64, x);
}

/** The SplitMix64 finaliser, a bijection on 64-bit words. */
export function mix64(word: bigint): bigint {
  let x = wrap64(word);
  x = wrap64((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n);
  x = wrap64((x ^ (x >> 27n)) * 0x94d049bb133111ebn);
  return x ^ (x >> 31n);
}

/** FNV-1a, 64 bits, over the UTF-8 bytes of a task's name. */
export function hashName(name: string): bigint {
  let hash = fnvOffset;
  for (const byte of new TextEncoder().encode(name)) {
    hash = wrap64((hash ^ BigInt(byte)) * fnvPrime);
  }
  return hash;
}

/** The key of the stream of one task in one round. */
export function streamKey(seed: number | bigint, name: string, round: number): bigint {
  const seeded = mix64(BigInt(seed) + goldenGamma);
  return mix64(mix64(seeded ^ hashName(name)) + goldenGamma * BigInt(round));
}

/** word(i) = mix64(key + G (i + 1)), i = 0, 1, 2, … */
export class RandomStream {
  private state: bigint;

  constructor(key: bigint) {
    this.state = wrap64(key);
  }

  word(): bigint {
    this.state = wrap64(this.state + goldenGamma);
    return mix64(this.state);
  }

  /** Uniform on 0 … n-1, 0 < n < 2^32, by multiply and shift; the bias is below n / 2^32. */
  below(n: number): number {
    return Number(((this.word() >> 32n) * BigInt(n)) >> 32n);
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    return Number(this.word() >> 11n) * 2 ** -53;
  }
}

/**
 * The rows a local solver visits in one round: a fresh permutation of 0 … n-1 for each epoch, the last one
 * cut short where `steps` is no multiple of n. Later epochs shuffle the order the earlier ones left.
 */
export function* visits(stream: RandomStream, n: number, steps: number): Generator<number> {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let left = steps; left > 0; left -= n) {
    const count = Math.min(n, left);
    for (let i = 0; i < count; i++) {
      const j = i + stream.below(n - i);
      const chosen = order[j] as number;
      order[j] = order[i] as number;
      order[i] = chosen;
      yield chosen;
    }
  }
}
