import { hashCode } from '../code/hash.ts'
import { isTaskqError } from '../queue/errors.ts'
import type { WorkEvent } from './events.ts'

/** What is done with tasks that were inserted with other code than this worker has. */
export const codeChecks = ['warn', 'strict', 'off'] as const
export type CodeCheckMode = (typeof codeChecks)[number]

/** Compares the code that tasks were inserted with to the code that is here, and says so once. */
export class CodeCheck {
  readonly #mode: CodeCheckMode
  readonly #tell: (event: WorkEvent) => void
  readonly #own: Promise<string | undefined>
  readonly #told = new Set<string>()

  /** `task` is the file of the task; it is read at once, and nothing waits for that but `accepted`. */
  constructor(mode: CodeCheckMode, task: string, tell: (event: WorkEvent) => void) {
    this.#mode = mode
    this.#tell = tell
    this.#own =
      mode === 'off' ? Promise.resolve(undefined) : hashCode(task).then(({ hash }) => hash)
    // Whoever asks for it gets the reason.
    this.#own.catch(() => {})
  }

  /** What tasks must carry to be run; `undefined` where all are. Rejects when the code has no hash. */
  async accepted(): Promise<string | undefined> {
    return this.#mode === 'strict' ? await this.#own : undefined
  }

  /** A runner has met tasks of this code. */
  async meet(code: string): Promise<void> {
    if (this.#mode === 'off' || this.#told.has(code)) return
    this.#told.add(code)
    const here = await this.#own.catch((error: unknown) => {
      // The task runs, so its code is here; only its name is not known.
      if (isTaskqError(error)) return 'unknown'
      throw error
    })
    if (here === undefined || here === code) return
    const action = this.#mode === 'strict' ? 'handed-back' : 'run'
    this.#tell({ event: 'code-differs', tasks: code, here, action })
  }
}
