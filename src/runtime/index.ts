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
