/**
 * fedmtl: federated multi-task learning with certified results. Exports only.
 */
export { type Baseline, createBaseline } from "./baselines/create_baseline.js";
export {
  type BaselineName,
  baselineNames,
  type BaselineOptions,
  type TuningOptions,
} from "./baselines/options.js";
export type { TuningTrial } from "./baselines/tuning.js";
export { type DataFormat, readTasks, type ReadOptions } from "./data/read_tasks.js";
export type { CsrRows, DenseRows, RowsLike } from "./data/rows.js";
export {
  type CsrData,
  type DenseData,
  type Precision,
  type SplitOptions,
  type TaskArrays,
  type TaskColumn,
  TaskSet,
  TaskSetBuilder,
} from "./data/task_set.js";
export { FedmtlError, type FedmtlErrorCode } from "./errors.js";
export type { Confusion, Evaluation, MetricName, Scores, TaskScores } from "./metrics/evaluate.js";
export type { AddTaskOptions, NewTaskData } from "./mocha/add_task.js";
export {
  Client,
  type ClientOptions,
  type EvaluationRequest,
  type Objective,
  type Proposal,
  type RoundRequest,
  Server,
  type ServerOptions,
} from "./mocha/endpoints.js";
export type { Edge } from "./mocha/edges.js";
export { fit } from "./mocha/fit.js";
export type { ClassResult, FitResult, FitRun, FitStatus } from "./mocha/fit_run.js";
export type { Certificate, History, HistoryColumn, OmegaRecord, RoundRecord } from "./mocha/history.js";
export type { LabelMapping } from "./mocha/labels.js";
export type { LearnedEdge } from "./mocha/learned_edges.js";
export { type DecisionOptions, Model } from "./mocha/model.js";
export type { AddedTask, RecordedOptions } from "./mocha/model_parts.js";
export type { ModelSpectrum } from "./mocha/spectrum.js";
export {
  clustered,
  type Family,
  fixed,
  global,
  graph,
  type Hyperparameters,
  independent,
  type Lambdas,
  mean,
  type Relationship,
  sparsePrecision,
  traceNorm,
} from "./mocha/relationships.js";
export type {
  Budgets,
  CheckpointOptions,
  ClassWeight,
  FitOptions,
  GramChoice,
  Intercept,
  Loss,
  Policy,
  ResolvedCheckpoint,
  ResolvedOptions,
  StopOptions,
  Weighting,
} from "./options.js";
export type {
  CertificateTrace,
  Comparison,
  CostRow,
  DeviceWork,
  ReportContent,
  ReportTable,
  RunPoint,
  RunTrace,
  TaskCorrelation,
  TaskErrors,
} from "./report/content.js";
export { renderReport } from "./report/render_report.js";
export type { GridPoint } from "./selection/choice.js";
export {
  type CrossValidation,
  type CrossValidationOptions,
  crossValidate,
  type Refit,
} from "./selection/cross_validate.js";
export type { Average } from "./selection/fold_runner.js";
export type { Grid } from "./selection/grid.js";
export { lambdaPath, type LambdaPathOptions, type PathPoint } from "./selection/path.js";
export type { AbsentDevice } from "./systems/absence.js";
export { presence } from "./systems/attendance.js";
export { type Availability, dayNight, type DayNightOptions } from "./systems/availability.js";
export type { DeviceTotals } from "./systems/device_totals.js";
export { type Device, type DeviceName, deviceNames } from "./systems/devices.js";
export { type BurstOptions, bursts, type Faults, independentDrops } from "./systems/faults.js";
export type { Devices, Network } from "./systems/fleet.js";
export type { KeyedRandom, Purpose } from "./systems/keyed_random.js";
export { type Link, type LinkName, linkNames, type NetworkName, networkNames } from "./systems/links.js";
export type { MessageBytes, Method, MethodObjective, RoundPlan, RoundWork } from "./systems/method.js";
export type { MethodFactory } from "./systems/methods.js";
export type { Moment, PartFacts } from "./systems/moment.js";
export type { Choice, Shares } from "./systems/presets.js";
export type { Sampling } from "./systems/sampling.js";
export { simulate, type SimulationResult, SimulationRun } from "./systems/simulate.js";
export type { SimulationStatus } from "./systems/simulation.js";
export type { SimulatedRound, SimulationColumn, SimulationHistory } from "./systems/simulation_history.js";
export {
  type MethodName,
  methodNames,
  type ResolvedSimulation,
  type SimulateOptions,
  type SimulationStop,
} from "./systems/simulation_options.js";
export { readTrace, type TraceOptions } from "./systems/trace.js";
export type { TaskRound } from "./systems/task_round.js";
export { type BudgetName, budgetNames, untilDeadline, type WorkBudget } from "./systems/work_budgets.js";
export { version } from "./version.js";
