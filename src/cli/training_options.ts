/**
 * From the flags of a training to the options of `fit`.
 */
import { FedmtlError } from "../errors.js";
import { isClassification } from "../mocha/labels.js";
import {
  clustered,
  type Family,
  families,
  fixed,
  global,
  graph,
  independent,
  isLearned,
  mean,
  type Relationship,
  sparsePrecision,
  traceNorm,
} from "../mocha/relationships.js";
import { defaults, type FitOptions } from "../options.js";
import { checkEdgeTasks, readEdges } from "./edges_file.js";
import { readMatrix } from "./matrix_file.js";
import { type Present, present } from "./present.js";
import type { TrainingFlags } from "./training_flags.js";

const familyOf = (flags: TrainingFlags): Family => flags.relationship ?? traceNorm().family;

const dashed = (property: string): string =>
  `--${property.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

type FlagName = keyof TrainingFlags & string;

/** How a family is made from the flags, and which flags are its own. */
interface FamilyFlags {
  readonly make: (weights: Weights, flags: TrainingFlags) => Relationship | Promise<Relationship>;
  /** Without effect beside another family. */
  readonly numbers?: readonly FlagName[];
  /** Files that say what the relationship is, so that they must go with it: exactly one of them. */
  readonly files?: readonly FlagName[];
}

type Weights = Present<{ lambda1: number | undefined; lambda2: number | undefined }>;

const familyFlags: Readonly<Record<Family, FamilyFlags>> = {
  independent: { make: independent },
  mean: { make: mean },
  "trace-norm": {
    make: (weights, { epsilon }) => traceNorm({ ...weights, ...present({ epsilon }) }),
    numbers: ["epsilon"],
  },
  clustered: {
    make: (weights, { clusters, eta }) => {
      if (clusters === undefined) {
        throw new FedmtlError("INVALID_OPTION", "--relationship clustered needs --clusters");
      }
      return clustered({ ...weights, k: clusters, ...present({ eta }) });
    },
    numbers: ["clusters", "eta"],
  },
  "sparse-precision": {
    make: (weights, { rho }) => sparsePrecision({ ...weights, ...present({ rho }) }),
    numbers: ["rho"],
  },
  graph: {
    make: async (weights, { edges = "" }) => {
      // Weights that are not given are the library's to fill in.
      const withoutEdges = graph({ ...weights, edges: [] });
      const given = await readEdges(edges, withoutEdges);
      if (given.length === 0) {
        throw new FedmtlError("BAD_INPUT", `${edges}: found no edge, expected lines taskA,taskB,weight`);
      }
      return graph({ ...weights, edges: given });
    },
    files: ["edges"],
  },
  fixed: {
    make: async (weights, { omega, sigma = "" }) =>
      omega === undefined
        ? fixed({ ...weights, sigma: await readMatrix(sigma) })
        : fixed({ ...weights, omega: await readMatrix(omega) }),
    files: ["omega", "sigma"],
  },
  global: { make: global },
};

/** Flags that mean something only beside others; a sweep over losses or relationships may give them throughout. */
const conditions: readonly {
  readonly flags: readonly FlagName[];
  readonly needs: string;
  readonly holds: (flags: TrainingFlags) => boolean;
}[] = [
  {
    flags: ["omegaEvery", "omegaSteps", "omegaTolerance"],
    needs: `--relationship ${families.filter((family) => isLearned({ family })).join(" or ")}`,
    holds: (flags) => isLearned({ family: familyOf(flags) }),
  },
  ...families.map((family) => ({
    flags: familyFlags[family].numbers ?? [],
    needs: `--relationship ${family}`,
    holds: (flags: TrainingFlags) => familyOf(flags) === family,
  })),
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

/** A sentence for each flag that has no effect beside the others. */
export function flagsWithoutEffect(flags: TrainingFlags): string[] {
  return conditions.flatMap(({ flags: names, needs, holds }) =>
    names
      .filter((name) => flags[name] !== undefined && !holds(flags))
      .map((name) => `${dashed(name)} has no effect without ${needs}`),
  );
}

/** @throws FedmtlError INVALID_OPTION for a family's file without the family, or the other way round */
function checkFileFlags(flags: TrainingFlags): void {
  const family = familyOf(flags);
  for (const other of families) {
    const stray = familyFlags[other].files?.find((name) => other !== family && flags[name] !== undefined);
    if (stray !== undefined) {
      throw new FedmtlError("INVALID_OPTION", `${dashed(stray)} needs --relationship ${other}`);
    }
  }
  const { files = [] } = familyFlags[family];
  if (files.length > 0 && files.filter((name) => flags[name] !== undefined).length !== 1) {
    const one = files.length === 1 ? "" : "exactly one of ";
    throw new FedmtlError(
      "INVALID_OPTION",
      `--relationship ${family} needs ${one}${files.map(dashed).join(" and ")}`,
    );
  }
}

/**
 * The options that the flags stand for; those that are not given are left to the library's defaults.
 *
 * @throws FedmtlError INVALID_OPTION for flags that do not go together; BAD_INPUT, IO for the file of --omega or --sigma
 */
export async function trainingOptions(flags: TrainingFlags): Promise<FitOptions> {
  checkFileFlags(flags);
  const { lambda1, lambda2, gap, rounds } = flags;
  const relationship = await familyFlags[familyOf(flags)].make(present({ lambda1, lambda2 }), flags);
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
  const { gram } = flags;
  const shrinking = flags.shrinking === undefined ? undefined : flags.shrinking === "on";
  const { certifyEvery, positive, multiclass, classWeight, intercept, interceptScaling } = flags;
  const { standardize, seed, threads } = flags;
  return {
    relationship,
    stop: present({ gap, rounds }),
    ...present({
      loss,
      smoothing,
      lossEpsilon,
      huberDelta,
      weighting,
      policy,
      localEpochs,
      shrinking,
      gram,
      omegaEvery,
      omegaSteps,
      omegaTolerance,
    }),
    ...present({ certifyEvery, positive, multiclass, classWeight, intercept, interceptScaling }),
    ...present({ standardize, seed, threads }),
  };
}

/** Which file an error of a training is about: that of the matrix over tasks, which its messages begin with, or the data. */
export function fileAtFault(data: string, { omega, sigma }: TrainingFlags, error: unknown): string {
  const aboutMatrix = error instanceof Error && /^(Omega|Sigma) /.test(error.message);
  return (aboutMatrix ? (omega ?? sigma) : undefined) ?? data;
}

/**
 * Checks that a matrix or a graph given for the tasks is about these tasks.
 *
 * @throws FedmtlError BAD_INPUT naming the file
 */
export async function checkTasksOfRelationship(
  { edges: edgesFile = "", omega, sigma }: TrainingFlags,
  relationship: Relationship,
  names: readonly string[],
): Promise<void> {
  const tasks = names.length;
  if (relationship.edges !== undefined) {
    await checkEdgeTasks(edgesFile, relationship.edges, names);
  }
  const rows = (relationship.omega ?? relationship.sigma)?.rows ?? tasks;
  if (rows !== tasks) {
    throw new FedmtlError(
      "BAD_INPUT",
      `${omega ?? sigma}: found a matrix of ${rows} × ${rows}, expected ${tasks} × ${tasks}: a row and column a task, ` +
        "in the order of the tasks in the data",
    );
  }
}
