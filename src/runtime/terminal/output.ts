import type { Writable } from 'node:stream'
import { styleText } from 'node:util'
import { TaskqError } from '../queue/errors.ts'

/** How text may look; without a terminal, or with NO_COLOR set, it is plain. */
export type Look = 'bold' | 'dim' | 'red' | 'green'

/** A stream to print to, which may be a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** One of the two streams for people and programs; `spare`: what cannot be written is let go. */
export class Output {
  readonly #stream: OutputStream
  readonly #use: 'needed' | 'spare'
  #open = true

  constructor(stream: OutputStream, use: 'needed' | 'spare' = 'needed') {
    this.#stream = stream
    this.#use = use
    // Every write hears of its own failure; without a listener Node would end the process as well.
    stream.on('error', () => {})
  }

  /** Whether a person looks at it. */
  get isTerminal(): boolean {
    return this.#stream.isTTY === true
  }

  /** Whether what was written can be drawn over. */
  get isLive(): boolean {
    return this.isTerminal && process.env['TERM'] !== 'dumb'
  }

  /** Characters in a line; some terminals say 0 when they do not know. */
  get columns(): number {
    return this.#stream.columns || 80
  }

  /** Whether anybody still reads. */
  get isOpen(): boolean {
    return this.#open
  }

  /** Resolves once written, so that nothing piles up; answers whether anybody still reads. */
  async write(text: string): Promise<boolean> {
    if (!this.#open) return false
    const failure = await new Promise<NodeJS.ErrnoException | null | undefined>(resolve => {
      this.#stream.write(text, resolve)
    })
    if (failure === null || failure === undefined) return true
    this.#open = false
    // The reader has seen enough (`taskq list | head`): that is no fault.
    if (failure.code === 'EPIPE' || this.#use === 'spare') return false
    throw new TaskqError('unavailable', `The output cannot be written: ${failure.message}`, {
      cause: failure,
    })
  }

  line(text = ''): Promise<boolean> {
    return this.write(`${text}\n`)
  }

  style(look: Look, text: string): string {
    return styleText(look, text, { stream: this.#stream })
  }
}
