import { fitted, widthOf } from '../terminal/width.ts'

/** The part of a stream that is used here. */
export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  /** Characters that wait to be taken. */
  readonly writableLength?: number
  write(text: string): unknown
}

/** Lines that pass are gathered for so long, so that a flood of them does not flicker. */
const gatherMilliseconds = 80
/** Of those gathered so many are shown: nobody reads more. */
const mostLines = 100

/**
 * A terminal whose lowest lines stay where they are while others pass above. Each change is one
 * write, and what is not changed is not written, so that nothing flickers.
 */
export class LiveScreen {
  readonly #screen: Screen
  /** The lowest lines as they stand there, and how wide each is without its colours. */
  #drawn: readonly string[] = []
  #passing: string[] = []
  #unshown = 0
  #timer: NodeJS.Timeout | undefined

  constructor(screen: Screen) {
    this.#screen = screen
  }

  /** Some terminals say 0 when they do not know. */
  get columns(): number {
    return this.#screen.columns || 80
  }

  /** Puts these in place of the lowest lines; each is cut to fit. */
  stay(lines: readonly string[]): void {
    // One column less: a full line makes some terminals wrap.
    const fit = lines.map(line => fitted(line, this.columns - 1))
    if (fit.length === this.#drawn.length && fit.every((line, at) => line === this.#drawn[at]))
      return
    this.#draw([], fit)
  }

  /** Lets text pass above, soon. */
  pass(text: string): void {
    const lines = text.split('\n')
    const room = mostLines - this.#passing.length
    this.#passing.push(...lines.slice(0, room))
    this.#unshown += Math.max(0, lines.length - room)
    this.#timer ??= setTimeout(() => this.flush(), gatherMilliseconds)
  }

  /** Shows at once what is to pass. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#passing.length === 0) return
    const more = this.#unshown === 0 ? [] : [`... and ${this.#unshown} more lines`]
    const passing = [...this.#passing, ...more]
    this.#passing = []
    this.#unshown = 0
    this.#draw(passing, this.#drawn)
  }

  #draw(passing: readonly string[], lines: readonly string[]): void {
    const up = this.#rows - 1
    const home = up > 0 ? `\r\u001b[${up}A` : '\r'
    // Over each other where nothing moves; else all below is cleared first, in the same write.
    const isInPlace = passing.length === 0 && lines.length === this.#drawn.length
    const clear = isInPlace && up + 1 === lines.length ? '' : '\u001b[J'
    const above = passing.map(line => `${line}\n`).join('')
    const below = lines.map(line => `${line}\u001b[K`).join('\n')
    this.#drawn = lines
    this.#screen.write(`${home}${clear}${above}${below}`)
  }

  /** Rows that the lowest lines take now: in a terminal that became narrower each may take several. */
  get #rows(): number {
    const { columns } = this
    return this.#drawn.reduce((rows, line) => rows + Math.ceil(widthOf(line) / columns || 1), 0)
  }
}
