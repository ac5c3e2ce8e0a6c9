/** Wakes the one who sleeps: something has happened, or time is up. */
export class Bell {
  #rung = Promise.withResolvers<void>()

  ring(): void {
    this.#rung.resolve()
    this.#rung = Promise.withResolvers()
  }

  /** Resolves at the next ring, at the latest after so many milliseconds. */
  async sleep(milliseconds: number): Promise<void> {
    const { promise } = this.#rung
    const timer = setTimeout(() => this.ring(), Math.max(0, milliseconds))
    await promise
    clearTimeout(timer)
  }
}
