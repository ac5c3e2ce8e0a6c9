import { systemClock } from '../queue/clock.ts'
import type { Clock } from '../queue/driver.ts'
import { type Asking, askPerson } from '../terminal/ask.ts'
import { Output } from '../terminal/output.ts'

/** What a command has of the world around it. */
export interface Shell {
  readonly out: Output
  /** For people only: questions, progress, complaints. */
  readonly err: Output
  readonly clock: Clock
  /** Aborted by Ctrl-C and SIGTERM; its reason is an `Interruption`. */
  readonly signal: AbortSignal
  /** Leaves Ctrl-C and SIGTERM to the system from now on. */
  readonly letGo: () => void
  /** Asks whoever sits there; absent where nobody can answer. */
  readonly ask?: Asking
}

/** Why a command was ended from outside. */
export class Interruption extends Error {
  readonly by: 'interrupted' | 'terminated'

  constructor(by: 'interrupted' | 'terminated') {
    super(by)
    this.by = by
  }
}

/** The world as this process finds it. A second Ctrl-C ends the process at once. */
export function openShell(): Shell {
  const out = new Output(process.stdout)
  const err = new Output(process.stderr, 'spare')
  const ending = new AbortController()
  const end = (by: 'interrupted' | 'terminated') => ending.abort(new Interruption(by))
  const interrupt = () => end('interrupted')
  const terminate = () => end('terminated')
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', terminate)
  const { signal } = ending
  const someoneIsThere = process.stdin.isTTY === true && err.isTerminal
  return {
    out,
    err,
    clock: systemClock,
    signal,
    letGo() {
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', terminate)
    },
    ...(someoneIsThere && {
      ask: question => askPerson(question, signal, interrupt),
    }),
  }
}
