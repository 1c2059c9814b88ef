/**
 * The data of experiments: files of the user, of which the published ones are known by name, and generated sets.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type GenerateOptions, generate, type ProfileName, profileNames } from "../data/generate.js";
import { type ReadOptions, readTasks } from "../data/read_tasks.js";
import { TaskSet } from "../data/task_set.js";
import { ioError } from "../files.js";
import { metricFor, metricsOf } from "../metrics/directions.js";
import type { MetricName } from "../metrics/evaluate.js";
import { isClassification } from "../mocha/labels.js";
import type { Loss } from "../options.js";
import type { LoadedData } from "./experiment.js";

/** What is asked of the data. */
export interface DataSettings {
  readonly loss: Loss;
  /** The label that stands for +1 against all others. */
  readonly positive?: number;
  /** What cross-validation chooses by, by default the error of the loss. */
  readonly metric?: MetricName;
  /** Of held-out errors: another loss than that of races. */
  readonly heldOutLoss?: Loss;
  /** Of races to an optimum: the weight of the relationship. */
  readonly lambda1: number;
  /** Whether the features are of one scale as they are; races standardise others. Held-out errors always do. */
  readonly scaled: boolean;
}

/** Data by name, plain enough to be sent to another process and to be compared. */
export interface DataSource extends DataSettings {
  /** Without folder and endings. */
  readonly name: string;
  readonly file?: string;
  readonly columns?: Pick<ReadOptions, "taskColumn" | "labelColumn" | "weightColumn">;
  readonly recipe?: GenerateOptions;
  /** SHA-256 of the file's bytes. */
  readonly digest?: string;
}

/** Settings of the data sets that the literature uses, by the name of their file. */
const published: Readonly<Record<string, DataSettings>> = {
  har66: { loss: "hinge", positive: 4, lambda1: 1e-4, scaled: true },
  har: { loss: "hinge", positive: 4, lambda1: 1e-4, scaled: true },
  // 6 % of the rows are positive: the error of a model that never says so is 6 %, and the hinge loss ranks rows badly.
  landmine: { loss: "hinge", heldOutLoss: "logistic", metric: "auc", lambda1: 1e-3, scaled: true },
  school: { loss: "squared", lambda1: 1e-2, scaled: false },
  computers: { loss: "squared", lambda1: 1e-2, scaled: false },
  parkinsons_motor: { loss: "squared", lambda1: 1e-2, scaled: false },
};

const ofGenerated: DataSettings = { loss: "hinge", lambda1: 1e-3, scaled: true };
const ofOthers: DataSettings = { loss: "hinge", lambda1: 1e-3, scaled: false };

/** What the command line may say of data. */
export interface GivenSettings {
  readonly loss?: Loss;
  readonly positive?: number;
  readonly metric?: MetricName;
  readonly lambda1?: number;
  readonly columns?: DataSource["columns"];
}

/**
 * What is known of the data with what is given in its place; settings that are known but that the loss given does not have are
 * left out.
 *
 * @throws FedmtlError INVALID_OPTION for a metric that is given and that the loss does not have
 */
function settled(known: DataSettings, given: Omit<GivenSettings, "columns">): DataSettings {
  const { positive, metric, heldOutLoss, ...rest } = { ...known, ...given };
  if (given.metric !== undefined) {
    metricFor(rest.loss, given.metric);
  }
  return {
    ...rest,
    ...(positive === undefined || !isClassification(rest.loss) ? {} : { positive }),
    ...(heldOutLoss === undefined || given.loss !== undefined ? {} : { heldOutLoss }),
    ...(metric === undefined || !metricsOf(rest.loss).includes(metric) ? {} : { metric }),
  };
}

/** A generated set. */
export function generatedSource(name: string, recipe: GenerateOptions): DataSource {
  const loss = recipe.kind === "regression" ? { loss: "squared" as const } : {};
  return { name, recipe, ...ofGenerated, ...loss };
}

/** `a/b/har66.svm.gz` is har66. */
function nameOf(file: string): string {
  return basename(file).replace(/\.(gz|svm|svmlight|libsvm|txt|csv|tsv|mat|json)\b/gi, "") || basename(file);
}

async function digestOf(file: string): Promise<string | undefined> {
  try {
    if (!(await stat(file)).isFile()) {
      return undefined;
    }
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(file)) {
      hash.update(chunk as Uint8Array);
    }
    return hash.digest("hex");
  } catch (cause) {
    throw ioError("read", file, cause);
  }
}

/**
 * The source that a word of the command line means: the name of a generated profile, or a file.
 *
 * @throws FedmtlError IO
 */
export async function sourceOf(word: string, given: GivenSettings = {}): Promise<DataSource> {
  const { columns, ...settings } = given;
  if ((profileNames as readonly string[]).includes(word)) {
    const profile = word as ProfileName;
    return { ...generatedSource(word, { profile }), ...settled(ofGenerated, settings) };
  }
  const name = nameOf(word);
  const digest = await digestOf(word);
  return {
    ...{ name, file: word },
    ...(digest === undefined ? {} : { digest }),
    ...(columns === undefined ? {} : { columns }),
    ...settled(published[name] ?? ofOthers, settings),
  };
}

/** A set of generated data. */
export function generatedTasks(recipe: GenerateOptions): TaskSet {
  const { features, cols, labels, taskOfRow, ids } = generate(recipe);
  return TaskSet.fromDense({ features, cols, labels, tasks: Array.from(taskOfRow, (t) => ids[t] as string) });
}

/** @throws FedmtlError what readTasks says */
export async function loadData(source: DataSource): Promise<LoadedData> {
  const { file, columns = {}, recipe = {} } = source;
  const tasks = file === undefined ? generatedTasks(recipe) : await readTasks(file, columns);
  const made = new Map<string, Promise<unknown>>();
  return {
    source,
    tasks,
    shared<T>(key: string, make: () => Promise<T>): Promise<T> {
      const known = made.get(key) ?? make();
      made.set(key, known);
      return known as Promise<T>;
    },
  };
}
