// The reference implementation of MOCHA: the oracle of the tests, in plain TypeScript on ml-matrix.

export { clusteredConjugate, clusteredRelation, waterFill } from "./clustered.js";
export {
  type Objective,
  type Proposal,
  ReferenceClient,
  type ReferenceTask,
  type ReferenceWeighting,
  type RoundRequest,
} from "./client.js";
export {
  type ReferenceCertificate,
  type ReferenceOmegaRecord,
  type ReferenceOptions,
  type ReferenceRecord,
  type ReferenceResult,
  type ReferenceSolution,
  type ReferenceState,
  referenceFit,
} from "./fit.js";
export { graphRelation, laplacian } from "./graph.js";
export {
  lowRankPlusIdentity,
  mapSpectrum,
  rightSingularPairs,
  type SigmaPrimeRule,
  sigmaPrime,
  spectrum,
} from "./kernel.js";
export {
  type ReferenceLoss,
  type ReferenceLossName,
  type ReferenceLossShape,
  referenceLoss,
} from "./losses.js";
export {
  initialRelation,
  isLearned,
  omegaStep,
  penalty,
  type ReferenceRelationship,
  regulariserAt,
  type TaskRelation,
} from "./relationships.js";
export { hashName, mix64, RandomStream, streamKey, visits } from "./rng.js";
export { graphicalLasso, sparsePrecisionRelation } from "./sparse_precision.js";
export { type OmegaSteps, omegaStepsOf } from "./omega_steps.js";
export { type ReferencePolicy, ReferenceServer, type RoundEnd } from "./server.js";
export { defaultEpsilon, TraceNormSteps } from "./trace_norm.js";
