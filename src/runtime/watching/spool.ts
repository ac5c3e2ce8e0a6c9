/** What a spool writes to, and whom it tells. */
export interface SpoolOptions<Item> {
  /** Writes items in their order; what it rejects with is why they are lost. */
  readonly write: (items: readonly Item[]) => Promise<void>
  readonly bytesOf: (item: Item) => number
  /** Hears what was lost since it last heard, at most once a minute and at the end. */
  readonly onLost: (count: number, why: string) => void
  /** How much may wait. Default 16 MiB. */
  readonly mostBytes?: number
}

/** Items are gathered for so long, and waited for at the end at most so long. */
const gatherMilliseconds = 200
const closeMilliseconds = 5000
const tellMilliseconds = 60_000

/**
 * Items on their way to something slower than what makes them. `add` never waits and never throws:
 * what there is no room for, or what could not be written, is lost and counted.
 */
export class Spool<Item> {
  readonly #options: SpoolOptions<Item>
  readonly #mostBytes: number
  #items: Item[] = []
  #bytes = 0
  #lost = 0
  #why = ''
  #toldAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  /** All that was ever lost. */
  lostInAll = 0

  constructor(options: SpoolOptions<Item>) {
    this.#options = options
    this.#mostBytes = options.mostBytes ?? 16 * 2 ** 20
  }

  add(item: Item): void {
    const bytes = this.#options.bytesOf(item)
    if (this.#bytes + bytes > this.#mostBytes) {
      this.#lose(1, 'they came faster than they could be written')
      return
    }
    this.#items.push(item)
    this.#bytes += bytes
    this.#timer ??= setTimeout(() => this.#begin(), gatherMilliseconds)
  }

  /** Resolves once all is written, or given up after five seconds. */
  async close(): Promise<void> {
    const late = Promise.withResolvers<'late'>()
    const timer = setTimeout(() => late.resolve('late'), closeMilliseconds)
    clearTimeout(this.#timer)
    while (this.#writing !== undefined || this.#items.length > 0) {
      this.#begin()
      if ((await Promise.race([this.#writing, late.promise])) !== 'late') continue
      this.#lose(this.#items.length, 'they could not be written in time')
      break
    }
    clearTimeout(timer)
    clearTimeout(this.#timer)
    this.#tell()
  }

  #begin(): void {
    this.#timer = undefined
    if (this.#writing !== undefined || this.#items.length === 0) return
    const items = this.#items
    this.#items = []
    this.#bytes = 0
    this.#writing = this.#write(items).finally(() => {
      this.#writing = undefined
      if (this.#items.length > 0)
        this.#timer ??= setTimeout(() => this.#begin(), gatherMilliseconds)
    })
  }

  async #write(items: readonly Item[]): Promise<void> {
    try {
      await this.#options.write(items)
    } catch (error) {
      this.#lose(items.length, error instanceof Error ? error.message : String(error))
    }
  }

  #lose(count: number, why: string): void {
    this.#lost += count
    this.lostInAll += count
    this.#why = why
    if (performance.now() - this.#toldAt >= tellMilliseconds) this.#tell()
  }

  #tell(): void {
    if (this.#lost === 0) return
    this.#toldAt = performance.now()
    const lost = this.#lost
    // Before it is told: who hears of it may add to this very spool.
    this.#lost = 0
    this.#options.onLost(lost, this.#why)
  }
}
