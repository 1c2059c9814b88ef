// docs/options.md is what scripts/docs.cjs makes of the code, and covers every option and flag.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { systemsFlags } from "../dist/cli/simulation_flags.js";
import { trainingFlags } from "../dist/cli/training_flags.js";
import { resolveOptions } from "../dist/options.js";

const root = resolve(__dirname, "..");
const page = readFileSync(join(root, "docs", "options.md"), "utf8");

it("is what the code says now (node scripts/docs.cjs writes it)", () => {
  const made = execFileSync(process.execPath, [join(root, "scripts", "docs.cjs"), "--print"], {
    encoding: "utf8",
  });
  expect(page).toBe(made);
});

it("has every flag, and every option with its default", () => {
  for (const { name } of [...trainingFlags, ...systemsFlags]) {
    expect(page).toContain(`\`--${name}\``);
  }
  // Not plain values: an object, the number of processors, and defaults that follow another option.
  const { stop, relationship, threads, omegaTolerance, shrinking, ...options } = resolveOptions();
  for (const name of Object.keys({ relationship, threads, omegaTolerance, shrinking })) {
    expect(page).toContain(`| \`${name}`);
  }
  for (const [name, value] of Object.entries({ ...options, ...stop })) {
    const row = page
      .split("\n")
      .find((line) => line.startsWith(`| \`${name}\``) || line.includes(`{ ${name} }`));
    expect(row, name).toContain(` | ${value} | `);
  }
});
