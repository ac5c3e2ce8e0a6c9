import type { FailureKind } from './retry.ts'

/** What a worker tells while it works, one by one. Tasks that complete are only counted. */
export type WorkEvent =
  | { readonly event: 'started'; readonly queue: string; readonly worker: string }
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
  | { readonly event: 'task-log'; readonly task: string; readonly message: string }
  | { readonly event: 'task-progress'; readonly task: string; readonly fraction: number }
  | { readonly event: 'output'; readonly text: string }
  | { readonly event: 'store-trouble'; readonly reason: string }
  | { readonly event: 'store-recovered'; readonly seconds: number }
  | { readonly event: 'stopping'; readonly reason: string }
