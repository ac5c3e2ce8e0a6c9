import type { EndInSight } from './ending.ts'
import type { Holder } from './holder-watch.ts'
import type { FailureKind } from './retry.ts'
import type { SpotNotice } from './spot-source.ts'

/** What a worker tells while it works, one by one. Tasks that complete are only counted. */
export type WorkEvent =
  | { readonly event: 'started'; readonly queue: string; readonly worker: string }
  | {
      readonly event: 'still-loading'
      readonly file: string
      readonly seconds: number
      readonly runners: number
    }
  | {
      readonly event: 'task-failed'
      readonly task: string
      readonly attempt: number
      readonly kind: FailureKind | 'retry' | 'give-up'
      readonly reason: string
      /** Absent when the task is dead. */
      readonly againAfterSeconds?: number
      readonly output?: string
    }
  | { readonly event: 'lease-lost'; readonly task: string }
  | {
      readonly event: 'task-slow'
      readonly task: string
      readonly seconds: number
      readonly medianSeconds: number
    }
  | {
      readonly event: 'task-log'
      readonly task: string
      readonly attempt: number
      readonly message: string
    }
  | { readonly event: 'task-progress'; readonly task: string; readonly fraction: number }
  | {
      readonly event: 'output'
      readonly text: string
      /** Absent where it cannot be told which task wrote it. */
      readonly task?: string
      readonly attempt?: number
    }
  | {
      /** Leases of this store are shorter than the settings ask for. */
      readonly event: 'lease-shortened'
      readonly askedSeconds: number
      readonly seconds: number
    }
  | { readonly event: 'store-trouble'; readonly reason: string }
  | { readonly event: 'store-recovered'; readonly seconds: number }
  | {
      readonly event: 'code-differs'
      /** The hash of the code that tasks were inserted with, and of the code that is here. */
      readonly tasks: string
      readonly here: string
      readonly action: 'run' | 'handed-back'
    }
  | ({ readonly event: 'spot-notice' } & SpotNotice)
  | ({ readonly event: 'end-in-sight' } & EndInSight)
  | {
      /** Nothing is left to begin. */
      readonly event: 'waits-for-others'
      readonly tasks: number
      readonly holders: readonly Holder[]
    }
  | { readonly event: 'stopping'; readonly reason: string }
  | { readonly event: 'left-held'; readonly tasks: number }
