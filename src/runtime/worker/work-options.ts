import { resolve } from 'node:path'
import type { Clock } from '../queue/driver.ts'
import type { Queue } from '../queue/queue.ts'
import type { Until } from './ending.ts'
import type { WorkEvent } from './events.ts'
import type { RunnerOrders } from './messages.ts'
import type { WorkEnd, WorkReport } from './report.ts'
import type { WorkerSettings } from './settings.ts'
import type { SpotSimulation } from './spot-simulation.ts'

/** What a worker works on, and how. */
export interface WorkOptions {
  readonly queue: Queue
  /** The file of the user's task. */
  readonly task: string
  readonly settings: WorkerSettings
  /** Default: until told to stop. */
  readonly until?: Until
  /** Ends after so many runs. */
  readonly maxTasks?: number
  readonly maxSeconds?: number
  /** What the user wrote for the task on the command line. */
  readonly args?: readonly string[]
  /** Names this worker; default: host and process. */
  readonly worker?: string
  /** Default: the machine's name. */
  readonly host?: string
  /** Aborted: no new leases, running tasks get their grace, the rest is released at once. */
  readonly signal?: AbortSignal
  /** Aborted: the grace is over. */
  readonly now?: AbortSignal
  readonly onEvent?: (event: WorkEvent) => void
  /** Hears of each run that left without a failure; these are too many to be events. */
  readonly onLeft?: (run: LeftRun) => void
  /** Takes this machine away after a while, to try out what happens then. */
  readonly simulateSpot?: SpotSimulation
  readonly clock?: Clock
  /** A number in [0, 1), for the jitter of back-offs. */
  readonly random?: () => number
}

/**
 * A run that needs no more attention: its result is in the queue, the task went back uncharged, or
 * its lease was lost.
 */
export interface LeftRun {
  readonly task: string
  readonly attempt: number
  /** How long it took; absent when it was handed back or lost. */
  readonly seconds?: number
}

/** How a worker ended, and what it did. */
export interface WorkSummary extends WorkReport {
  readonly end: WorkEnd
  /** Set for `failures`: what the last of them was. */
  readonly reason?: string
  readonly seconds: number
  readonly slowestSeconds: number
}

/** An aborted task may take this long to end by itself, or as long as it may run if that is less. */
const killSeconds = 5
/** No record may be larger, whatever the store could bear: all of them pass through one process. */
const mostRecordBytes = 16 * 2 ** 20

/** What each runner of a worker is told. */
export function ordersOf(
  { settings, task, args = [], queue }: WorkOptions,
  worker: string,
  host: string,
): RunnerOrders {
  const { taskTimeoutSeconds: timeoutSeconds, asyncPerRunner: atOnce } = settings
  const { wire, limits } = queue.driver
  return {
    ...{ task: resolve(task), wire, worker, host, args, atOnce, timeoutSeconds },
    killSeconds: Math.min(killSeconds, timeoutSeconds),
    recordBytes: Math.min(mostRecordBytes, limits.bodyBytes),
  }
}
