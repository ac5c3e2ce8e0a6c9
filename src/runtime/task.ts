/** What a user's task.ts needs, and nothing else: every runner loads it. */
export {
  type Context,
  type GiveUp,
  giveUp,
  type Retry,
  retry,
  type TaskFunction,
  type WorkerFacts,
} from './worker/contract.ts'
export type { MessageFunction, Messages } from './worker/message-table.ts'
export { fromTaskDataStyle, type TaskDataFunction } from './worker/task-data-style.ts'
