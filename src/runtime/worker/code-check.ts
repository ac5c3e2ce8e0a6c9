import { acceptedAs } from '../code/accepted.ts'
import { hashCode } from '../code/hash.ts'
import type { NoteBook } from '../queue/driver.ts'
import { isTaskqError } from '../queue/errors.ts'
import type { WorkEvent } from './events.ts'

/** What is done with tasks that were inserted with other code than this worker has. */
export const codeChecks = ['warn', 'strict', 'off'] as const
export type CodeCheckMode = (typeof codeChecks)[number]

/** What is compared, and who is told. */
export interface CodeCheckOptions {
  readonly mode: CodeCheckMode
  /** The file of the task. */
  readonly task: string
  /** Where `taskq accept-code` records what counts as the code here; absent where a queue has none. */
  readonly notes: NoteBook | undefined
  readonly tell: (event: WorkEvent) => void
}

/** How often a worker looks for codes that count as its own. */
const lookMilliseconds = 10_000

/** Compares the code that tasks were inserted with to the code that is here, and says so once. */
export class CodeCheck {
  readonly #options: CodeCheckOptions
  #own: Promise<string | undefined> | undefined
  readonly #told = new Set<string>()
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(options: CodeCheckOptions) {
    this.#options = options
  }

  /** Reads the code that is here, once; nothing waits for that but who asks, and gets the reason. */
  read(): Promise<string | undefined> {
    const { mode, task } = this.#options
    this.#own ??=
      mode === 'off' ? Promise.resolve(undefined) : hashCode(task).then(({ hash }) => hash)
    this.#own.catch(() => {})
    return this.#own
  }

  /** What tasks must carry to be run; `undefined` where all are. Rejects when the code has no hash. */
  async accepted(): Promise<string | undefined> {
    return this.#options.mode === 'strict' ? await this.read() : undefined
  }

  /**
   * The codes that tasks may carry as well, where that matters. Asked more often than every 10 s it
   * answers none; `now` is monotonic, in milliseconds.
   */
  async alsoAccepted(now: number): Promise<readonly string[]> {
    const { mode } = this.#options
    if (mode !== 'strict' || now - this.#lookedAt < lookMilliseconds) return []
    this.#lookedAt = now
    return await this.#countingAsOwn()
  }

  /** A runner has met tasks of this code. */
  async meet(code: string): Promise<void> {
    const { mode, tell } = this.#options
    if (mode === 'off' || this.#told.has(code)) return
    this.#told.add(code)
    const here = await this.read().catch((error: unknown) => {
      // The task runs, so its code is here; only its name is not known.
      if (isTaskqError(error)) return 'unknown'
      throw error
    })
    if (here === undefined || here === code) return
    if ((await this.#countingAsOwn()).includes(code)) return
    const action = mode === 'strict' ? 'handed-back' : 'run'
    tell({ event: 'code-differs', tasks: code, here, action })
  }

  async #countingAsOwn(): Promise<readonly string[]> {
    const { notes } = this.#options
    const here = await this.read().catch(() => undefined)
    return notes === undefined || here === undefined ? [] : acceptedAs(here, await notes.read())
  }
}
