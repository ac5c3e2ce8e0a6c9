import type { Clock } from '../queue/driver.ts'

/** What a command needs of each of the two streams it writes to. */
export interface InsertOutput {
  /** Whether what was written can be drawn over. */
  readonly isLive: boolean
  /** Characters in a line. */
  readonly columns: number
  readonly write: (text: string) => Promise<unknown>
  readonly line: (text?: string) => Promise<unknown>
}

/** What a command has of the world around it. */
export interface InsertIo {
  readonly out: InsertOutput
  /** For people only: questions, progress, complaints. */
  readonly err: InsertOutput
  readonly clock: Clock
  /** Aborted by Ctrl-C and SIGTERM; a reason with `by: 'terminated'` means the latter. */
  readonly signal: AbortSignal
  /** Asks whoever sits there; absent where nobody can answer. */
  readonly ask?: (question: string) => Promise<string | undefined>
}
