import type { Writable } from 'node:stream'

/** How far something is: one line that changes in a terminal, a line every few seconds elsewhere. */
export class Progress {
  readonly #out: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly #betweenMilliseconds: number
  #toldAt = performance.now()
  #isOpen = false

  constructor(out: Writable & { readonly isTTY?: boolean; readonly columns?: number }) {
    this.#out = out
    this.#betweenMilliseconds = out.isTTY === true ? 200 : 5000
  }

  /** Shows the line, unless one was shown just now. */
  tell(line: string): void {
    const now = performance.now()
    if (now - this.#toldAt < this.#betweenMilliseconds) return
    this.#toldAt = now
    if (this.#out.isTTY !== true) {
      this.#out.write(`${line}\n`)
      return
    }
    this.#out.write(`\r\x1b[K${line.slice(0, (this.#out.columns ?? 80) - 1)}`)
    this.#isOpen = true
  }

  /** Makes room for what is printed next. */
  clear(): void {
    if (this.#isOpen) this.#out.write('\r\x1b[K')
    this.#isOpen = false
  }
}
