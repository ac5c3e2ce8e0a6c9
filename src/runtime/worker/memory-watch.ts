/** How large a process may get. */
export interface MemoryBounds {
  /** Bytes above which a process is killed; `undefined`: no limit. */
  readonly memoryLimit: number | undefined
  /** Bytes above which it is replaced when it has nothing to do. */
  readonly recycleAbove: number | undefined
}

const everyMilliseconds = 250

/** Looks now and then how large a process has become. */
export class MemoryWatch {
  readonly limit: number | undefined
  /** It has been too large once: to be replaced. */
  isWorn = false
  readonly #recycleAbove: number | undefined
  #lookedAt = 0

  constructor({ memoryLimit, recycleAbove }: MemoryBounds) {
    this.limit = memoryLimit
    this.#recycleAbove = recycleAbove
  }

  /** Whether it is above its limit, as far as it is time to look. */
  isAbove(now: number, bytesOf: () => number | undefined): boolean {
    const { limit } = this
    if (limit === undefined && this.#recycleAbove === undefined) return false
    if (now - this.#lookedAt < everyMilliseconds) return false
    this.#lookedAt = now
    const bytes = bytesOf() ?? 0
    if (this.#recycleAbove !== undefined && bytes > this.#recycleAbove) this.isWorn = true
    return limit !== undefined && bytes > limit
  }
}
