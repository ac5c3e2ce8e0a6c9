import type { LeftRun } from '../worker/work-options.ts'
import type { Look } from './look.ts'
import type { Told } from './told.ts'

/** One way to see a worker. None of its parts may throw or wait: the work goes on beside it. */
export interface Watcher {
  /** Hears of what happens. */
  readonly hear?: (told: Told) => void
  /** Hears of each run that left without a failure. */
  readonly left?: (run: LeftRun) => void
  /** Takes a look at how the worker stands, so often. */
  readonly look?: { readonly everySeconds: number; readonly take: (look: Look) => void }
  /** Something of its own to do, so often, whether or not the queue answers. */
  readonly tick?: { readonly everySeconds: number; readonly act: () => void }
  /** Lets go, once what was heard is written. */
  readonly close?: () => Promise<void>
}
