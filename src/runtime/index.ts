export { type ExitCode, exitCodes } from './config/exit-codes.ts'
export { systemClock } from './queue/clock.ts'
export type { Codec, Task, TaskBody } from './queue/codec.ts'
export type * from './queue/driver.ts'
export { isTaskqError, TaskqError, type TaskqErrorCode } from './queue/errors.ts'
export type { HeldBurial, HeldSettlement } from './queue/fallbacks.ts'
export type { InsertSummary } from './queue/inserting.ts'
export { type JsonObject, type JsonValue, readJson, writeJson } from './queue/json.ts'
export { openDriver, openQueue, type QueueOptions } from './queue/open.ts'
export {
  createQueue,
  finish,
  type Queue,
} from './queue/queue.ts'
export {
  type Completeness,
  describeCompleteness,
  type Listed,
  type QueueIs,
} from './results/census.ts'
export { checkResults } from './results/check.ts'
export { type DeadTask, type Result, readDead, readResults, recordOf } from './results/read.ts'
export type { Reason } from './results/reasons.ts'
export type { DeadRecord, DoneRecord } from './results/record.ts'
export * from './task.ts'
export type { Until } from './worker/ending.ts'
export type { WorkEvent } from './worker/events.ts'
export type { FailureNote } from './worker/messages.ts'
export type { WorkEnd, WorkReport } from './worker/report.ts'
export type { FailureKind } from './worker/retry.ts'
export { type RunOptions, runTable } from './worker/run-table.ts'
export {
  environmentSource,
  readSettings,
  type SettingSource,
  type WorkerSettings,
  workerSettings,
} from './worker/settings.ts'
export type { SpotSimulation } from './worker/spot-simulation.ts'
export { work } from './worker/supervisor.ts'
export { type Trial, type TrialListeners, type TrialOptions, tryTask } from './worker/try.ts'
export type { LeftRun, WorkOptions, WorkSummary } from './worker/work-options.ts'
