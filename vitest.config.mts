// Tests run against the built package in dist, loaded by Node itself as a user's program loads it.
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    // Vitest would leave a processor free, of two the half.
    maxWorkers: availableParallelism(),
    // Generous: a limit is there to end what hangs, not to measure.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    server: { deps: { external: [/\/dist\//, /\.node$/] } },
  },
});
