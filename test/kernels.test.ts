// FEDMTL_KERNEL chooses the level of the kernels; every level that this machine has equals the reference implementation.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const program = join(__dirname, "support", "kernel_level.ts");

/** Runs the trainings in a process of their own. */
function trainAt(level: string | undefined): { status: number | null; output: string; errors: string } {
  const { FEDMTL_KERNEL: _, ...rest } = process.env;
  const env = level === undefined ? rest : { ...rest, FEDMTL_KERNEL: level };
  const done = spawnSync(process.execPath, ["--import", "tsx", program], { env, encoding: "utf8" });
  return { status: done.status, output: done.stdout, errors: done.stderr };
}

/** The levels that the error about an unknown one names, from the slowest to the fastest. */
function availableLevels(): string[] {
  const [, list = ""] = /it may be (.*), which this machine has/.exec(trainAt("no-such-level").errors) ?? [];
  return [...list.matchAll(/"(\w+)"/g)].map(([, name = ""]) => name);
}

describe("FEDMTL_KERNEL", () => {
  const levels = availableLevels();

  it("is refused where it names an unknown level, naming the levels there are", () => {
    const { status, errors } = trainAt("no-such-level");
    expect(status).not.toBe(0);
    expect(errors).toContain('FEDMTL_KERNEL is "no-such-level"');
    expect(errors).toContain("INVALID_OPTION");
    expect(levels[0]).toBe("portable");
  });

  it.each(levels)("%s is the level of trainings, which equal the reference to 1e-10", (level) => {
    const { status, output, errors } = trainAt(level);
    expect(status, errors).toBe(0);
    const { kernel, error } = JSON.parse(output) as { kernel: string; error: number };
    expect(kernel).toBe(level);
    expect(error).toBeLessThanOrEqual(1e-10);
  });

  it.each([undefined, "auto"])("%s means the fastest of them", (level) => {
    expect(JSON.parse(trainAt(level).output)).toMatchObject({ kernel: levels.at(-1) });
  });
});
