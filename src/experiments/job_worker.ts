/** A worker process of an experiment: runs the jobs it is sent, one after another. */
import type { LoadedData } from "./experiment.js";
import { loadData } from "./data_source.js";
import { experimentNamed } from "./registry.js";
import type { FromWorker, ToWorker } from "./job_pool.js";
import { serve } from "../workers/serve.js";

const loaded = new Map<string, Promise<LoadedData>>();

async function handle(
  { experiment: name, source, job }: ToWorker,
  answer: (answer: FromWorker) => void,
): Promise<void> {
  const experiment = experimentNamed(name);
  const recipe = { ...source.recipe, tasks: 1, clusters: 1 };
  const given = experiment.recipesOnly === true ? { ...source, recipe } : source;
  const data = loaded.get(source.name) ?? loadData(given);
  loaded.set(source.name, data);
  const result = await experiment.run(job, { ...(await data), source });
  answer({ kind: "done", result });
}

serve(handle);
