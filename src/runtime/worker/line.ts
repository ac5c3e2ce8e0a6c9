/** Items that wait in line: taken from the front without moving the others. */
export class Line<Item> {
  #items: Item[] = []
  #next = 0

  get size(): number {
    return this.#items.length - this.#next
  }

  get first(): Item | undefined {
    return this.#items[this.#next]
  }

  push(items: readonly Item[]): void {
    this.#tidy()
    for (const item of items) this.#items.push(item)
  }

  /** Puts items before all others. */
  pushFront(items: readonly Item[]): void {
    this.#items = [...items, ...this.#items.slice(this.#next)]
    this.#next = 0
  }

  shift(): Item | undefined {
    const item = this.first
    if (item !== undefined) this.#next += 1
    return item
  }

  /** Takes up to so many. */
  take(count: number): readonly Item[] {
    const items = this.#items.slice(this.#next, this.#next + count)
    this.#next += items.length
    return items
  }

  takeAll(): readonly Item[] {
    return this.take(this.size)
  }

  /** Takes out what fits; says whether there was any. */
  remove(fits: (item: Item) => boolean): boolean {
    this.#tidy()
    const before = this.size
    this.#items = this.#items.filter(item => !fits(item))
    return this.size < before
  }

  #tidy(): void {
    if (this.#next === 0) return
    this.#items = this.#items.slice(this.#next)
    this.#next = 0
  }
}
