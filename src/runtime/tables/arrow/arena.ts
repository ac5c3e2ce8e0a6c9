/** Makes room for bytes; what it hands out starts on a multiple of eight. */
export type Allocate = (length: number) => Uint8Array<ArrayBuffer>

/** Memory beyond this is given back between batches rather than kept. */
const keepBytes = 64 * 2 ** 20

/** Room that is used again for every batch, so that a long table leaves no garbage of many megabytes behind. */
export class Arena {
  #room = new ArrayBuffer(0)
  #at = 0

  /** Starts over: what was handed out before will be written to again. */
  reset(): void {
    this.#at = 0
    if (this.#room.byteLength > keepBytes) this.#room = new ArrayBuffer(0)
  }

  take(length: number): Uint8Array<ArrayBuffer> {
    if (this.#at + length > this.#room.byteLength) {
      // What was handed out stays in the old room until the batch is done with.
      this.#room = new ArrayBuffer(Math.max(length, this.#room.byteLength * 2))
      this.#at = 0
    }
    const bytes = new Uint8Array(this.#room, this.#at, length)
    this.#at = Math.ceil((this.#at + length) / 8) * 8
    return bytes
  }
}

/** Room of its own, for what outlives a batch. */
export const fresh: Allocate = length => new Uint8Array(length)
