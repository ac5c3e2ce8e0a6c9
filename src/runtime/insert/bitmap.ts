/** Which rows of a table are meant: one bit a row, so that ten million take 1.2 MB. */
export class Bitmap {
  #bits = new Uint8Array(1024)
  #count = 0
  #last = -1

  /** How many rows are meant. */
  get count(): number {
    return this.#count
  }

  /** The last row that is meant; -1 when there is none. */
  get last(): number {
    return this.#last
  }

  has(row: number): boolean {
    return ((this.#bits[row >>> 3] ?? 0) & (1 << (row & 7))) !== 0
  }

  add(row: number): void {
    const place = row >>> 3
    if (place >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(this.#bits.length * 2, place + 1))
      grown.set(this.#bits)
      this.#bits = grown
    }
    const bit = 1 << (row & 7)
    const byte = this.#bits[place] as number
    if ((byte & bit) !== 0) return
    this.#bits[place] = byte | bit
    this.#count += 1
    if (row > this.#last) this.#last = row
  }
}
