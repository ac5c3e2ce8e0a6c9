import type { TaskState } from './driver.ts'

/** The states in the order in which tasks are listed: what moves first. */
export const listedStates = [
  'leased',
  'ready',
  'delayed',
  'dead',
  'done',
] as const satisfies readonly TaskState[]
