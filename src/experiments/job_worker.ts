/**
 * A worker process of an experiment: runs the jobs it is sent, one after another. It ends with the channel to the process
 * that started it.
 */
import type { LoadedData } from "./experiment.js";
import { loadData } from "./data_source.js";
import { experimentNamed } from "./registry.js";
import type { FromWorker, ToWorker } from "./job_pool.js";

const loaded = new Map<string, Promise<LoadedData>>();

async function handle({ experiment: name, source, job }: ToWorker): Promise<FromWorker> {
  const experiment = experimentNamed(name);
  const recipe = { ...source.recipe, tasks: 1, clusters: 1 };
  const given = experiment.recipesOnly === true ? { ...source, recipe } : source;
  const data = loaded.get(source.name) ?? loadData(given);
  loaded.set(source.name, data);
  const result = await experiment.run(job, { ...(await data), source });
  return { kind: "done", result };
}

function failure(error: unknown): FromWorker {
  const known = error instanceof Error && "code" in error && typeof error.code === "string";
  return {
    kind: "failed",
    code: known ? (error.code as Extract<FromWorker, { kind: "failed" }>["code"]) : "INTERNAL",
    message: error instanceof Error ? error.message : String(error),
  };
}

process.on("message", (message: ToWorker) => {
  handle(message)
    .catch(failure)
    .then((answer) => process.send?.(answer));
});
process.on("disconnect", () => process.exit());
// Ctrl-C reaches every process of a terminal; the one that started this one decides what becomes of it.
process.on("SIGINT", () => undefined);
