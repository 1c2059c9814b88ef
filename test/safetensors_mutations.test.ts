// Mutated model files, seeded: whatever happened to the bytes, decoding gives the same content or a BAD_MODEL of
// one sentence, never another error, a crash or silently other numbers.
import { mkdtempSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FedmtlError, fit, traceNorm } from "fedmtl";
import { RandomStream, streamKey } from "fedmtl/reference";
import { describe, expect, it } from "vitest";
import { decodeSafetensors } from "../dist/mocha/safetensors.js";
import { makeTasks } from "./support/life_problem.cjs";

const folder = mkdtempSync(join(tmpdir(), "fedmtl-mutations-"));
const path = join(folder, "model.safetensors");

/** A small model as a file's bytes, with every kind of tensor that a model can have. */
async function modelBytes(): Promise<Uint8Array> {
  const tasks = makeTasks({ tasks: 4, rows: 6, cols: 3 });
  const options = { standardize: true, intercept: "penalized", stop: { rounds: 5 } } as const;
  const { model } = await fit(tasks, { ...options, relationship: traceNorm({ lambda1: 0.1 }) }).result;
  await model.save(path);
  return Uint8Array.from(await readFile(path));
}

/** One change of the bytes: flip a bit, overwrite, cut, insert, repeat or swap a piece. */
function mutateBytes(bytes: Uint8Array, stream: RandomStream): Uint8Array {
  const at = stream.below(bytes.length);
  const end = at + stream.below(Math.min(64, bytes.length - at) + 1);
  const [head, piece, tail] = [bytes.slice(0, at), bytes.slice(at, end), bytes.slice(end)];
  const join3 = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
  switch (stream.below(6)) {
    case 0: {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] as number) ^ (1 << stream.below(8));
      return flipped;
    }
    case 1:
      return join3(
        head,
        piece.map(() => stream.below(256)),
        tail,
      );
    case 2:
      return head;
    case 3:
      return join3(head, tail);
    case 4:
      return join3(head, piece, piece, tail);
    default:
      return join3(head, piece.slice().reverse(), tail);
  }
}

function isSame(a: ReturnType<typeof decodeSafetensors>, b: ReturnType<typeof decodeSafetensors>): boolean {
  const plain = ({ tensors, metadata }: typeof a) =>
    JSON.stringify([
      [...tensors].map(([name, { dtype, shape, data }]) => [
        name,
        dtype,
        shape,
        Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex"),
      ]),
      Object.entries(metadata).sort(),
    ]);
  return plain(a) === plain(b);
}

describe("model files", () => {
  it("with any bytes changed give the same content or BAD_MODEL", async () => {
    const bytes = await modelBytes();
    const original = decodeSafetensors(bytes);
    const stream = new RandomStream(streamKey(1, "bytes", 0));
    for (let i = 0; i < 3000; i++) {
      let mutated = bytes;
      for (let changes = 1 + stream.below(3); changes > 0; changes--) {
        mutated = mutated.length === 0 ? mutated : mutateBytes(mutated, stream);
      }
      try {
        expect(isSame(decodeSafetensors(mutated), original)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(FedmtlError);
        expect((error as FedmtlError).code).toBe("BAD_MODEL");
      }
    }
  });
});
