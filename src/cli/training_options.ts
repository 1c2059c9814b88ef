/**
 * From the flags of a training to the options of `fit`.
 */
import { readFile } from "node:fs/promises";
import type { Matrix } from "ml-matrix";
import { FedmtlError } from "../errors.js";
import { ioError } from "../files.js";
import { isClassification } from "../mocha/labels.js";
import {
  type Family,
  fixed,
  global,
  independent,
  mean,
  type Relationship,
  traceNorm,
} from "../mocha/relationships.js";
import { native } from "../native.js";
import { mlMatrix } from "../on_demand.js";
import { defaults, type FitOptions } from "../options.js";
import type { TrainingFlags } from "./training_flags.js";

type Given<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** The object without the entries that are undefined: what was not given takes the library's default. */
function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}

const familyOf = (flags: TrainingFlags): Family => flags.relationship ?? traceNorm().family;

/** Flags that mean something only beside others; a sweep over losses or relationships may give them throughout. */
const conditions: readonly {
  readonly flags: readonly (keyof TrainingFlags & string)[];
  readonly needs: string;
  readonly holds: (flags: TrainingFlags) => boolean;
}[] = [
  {
    flags: ["epsilon", "omegaEvery", "omegaSteps", "omegaTolerance"],
    needs: "--relationship trace-norm",
    holds: (flags) => familyOf(flags) === "trace-norm",
  },
  {
    flags: ["smoothing"],
    needs: "--loss smoothed-hinge",
    holds: ({ loss }) => loss === "smoothed-hinge",
  },
  {
    flags: ["lossEpsilon"],
    needs: "--loss epsilon-insensitive",
    holds: ({ loss }) => loss === "epsilon-insensitive",
  },
  {
    flags: ["huberDelta"],
    needs: "--loss huber",
    holds: ({ loss }) => loss === "huber",
  },
  {
    flags: ["interceptScaling"],
    needs: "--intercept penalized",
    holds: ({ intercept }) => intercept === "penalized",
  },
  {
    flags: ["positive"],
    needs: "a loss for classes",
    holds: ({ loss = defaults.loss }) => isClassification(loss),
  },
];

const dashed = (property: string): string =>
  `--${property.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** A sentence for each flag that has no effect beside the others. */
export function flagsWithoutEffect(flags: TrainingFlags): string[] {
  return conditions.flatMap(({ flags: names, needs, holds }) =>
    names
      .filter((name) => flags[name] !== undefined && !holds(flags))
      .map((name) => `${dashed(name)} has no effect without ${needs}`),
  );
}

/** A matrix says what the relationship is, so it must go with it. @throws FedmtlError INVALID_OPTION */
function checkMatrixFlags(flags: TrainingFlags): void {
  const isFixed = familyOf(flags) === "fixed";
  if (!isFixed && (flags.omega !== undefined || flags.sigma !== undefined)) {
    const name = flags.omega === undefined ? "--sigma" : "--omega";
    throw new FedmtlError("INVALID_OPTION", `${name} needs --relationship fixed`);
  }
  if (isFixed && (flags.omega === undefined) === (flags.sigma === undefined)) {
    throw new FedmtlError("INVALID_OPTION", "--relationship fixed needs exactly one of --omega and --sigma");
  }
}

/** Reads a square matrix of numbers, as text with commas or spaces. */
async function readMatrix(path: string): Promise<Matrix> {
  let text: Uint8Array;
  try {
    text = await readFile(path);
  } catch (cause) {
    throw ioError("read", path, cause);
  }
  const { rows, cols, values } = native.parseMatrix(path, text);
  if (rows !== cols) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${path}: found ${rows} rows of ${cols} numbers, expected a square matrix`,
    );
  }
  return mlMatrix().Matrix.from1DArray(rows, cols, values);
}

type Weights = Given<{ lambda1: number | undefined; lambda2: number | undefined }>;

/** How each family is made from the flags. */
const makers: Readonly<
  Record<Family, (weights: Weights, flags: TrainingFlags) => Relationship | Promise<Relationship>>
> = {
  independent,
  mean,
  global,
  "trace-norm": (weights, { epsilon }) => traceNorm({ ...weights, ...given({ epsilon }) }),
  fixed: async (weights, { omega, sigma = "" }) =>
    omega === undefined
      ? fixed({ ...weights, sigma: await readMatrix(sigma) })
      : fixed({ ...weights, omega: await readMatrix(omega) }),
};

/**
 * The options that the flags stand for; those that are not given are left to the library's defaults.
 *
 * @throws FedmtlError INVALID_OPTION for flags that do not go together; BAD_INPUT, IO for the file of --omega or --sigma
 */
export async function trainingOptions(flags: TrainingFlags): Promise<FitOptions> {
  checkMatrixFlags(flags);
  const { lambda1, lambda2, gap, rounds } = flags;
  const relationship = await makers[familyOf(flags)](given({ lambda1, lambda2 }), flags);
  const {
    loss,
    smoothing,
    lossEpsilon,
    huberDelta,
    weighting,
    policy,
    localEpochs,
    omegaEvery,
    omegaSteps,
    omegaTolerance,
  } = flags;
  const shrinking = flags.shrinking === undefined ? undefined : flags.shrinking === "on";
  const { certifyEvery, positive, multiclass, classWeight, intercept, interceptScaling } = flags;
  const { standardize, seed, threads } = flags;
  return {
    relationship,
    stop: given({ gap, rounds }),
    ...given({
      loss,
      smoothing,
      lossEpsilon,
      huberDelta,
      weighting,
      policy,
      localEpochs,
      shrinking,
      omegaEvery,
      omegaSteps,
      omegaTolerance,
    }),
    ...given({ certifyEvery, positive, multiclass, classWeight, intercept, interceptScaling }),
    ...given({ standardize, seed, threads }),
  };
}

/** Which file an error of a training is about: that of the matrix over tasks, which its messages begin with, or the data. */
export function fileAtFault(data: string, { omega, sigma }: TrainingFlags, error: unknown): string {
  const aboutMatrix = error instanceof Error && /^(Omega|Sigma) /.test(error.message);
  return (aboutMatrix ? (omega ?? sigma) : undefined) ?? data;
}

/**
 * Checks that a matrix given for the tasks has a row for each.
 *
 * @throws FedmtlError BAD_INPUT naming the file
 */
export function checkMatrixSize(
  { omega, sigma }: TrainingFlags,
  relationship: Relationship,
  tasks: number,
): void {
  const rows = (relationship.omega ?? relationship.sigma)?.rows ?? tasks;
  if (rows !== tasks) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${omega ?? sigma}: found a matrix of ${rows} × ${rows}, expected ${tasks} × ${tasks}: a row and column a task, ` +
        "in the order of the tasks in the data",
    );
  }
}
