import type { Limits } from './driver.ts'

/** Cuts a list into pieces of at most `size`. */
export function* piecesOf<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}

/** Calls `act` with pieces of at most `size`, one after the other, and joins the answers. */
export async function inPieces<Item, Answer>(
  items: readonly Item[],
  size: number,
  act: (piece: readonly Item[]) => Promise<readonly Answer[]>,
): Promise<readonly Answer[]> {
  if (items.length <= size) return items.length === 0 ? [] : await act(items)
  const answers: Answer[] = []
  for (const piece of piecesOf(items, size)) answers.push(...(await act(piece)))
  return answers
}

/** Gathers items until a batch is full by number or by bytes. */
export class Batch<Item> {
  readonly #limits: Pick<Limits, 'batch' | 'batchBytes'>
  #items: Item[] = []
  #bytes = 0

  constructor(limits: Pick<Limits, 'batch' | 'batchBytes'>) {
    this.#limits = limits
  }

  /** Whether an item of this size has to wait for the next batch. */
  isFullFor(bytes: number): boolean {
    const { batch, batchBytes } = this.#limits
    return (
      this.#items.length >= batch || (this.#items.length > 0 && this.#bytes + bytes > batchBytes)
    )
  }

  add(item: Item, bytes: number): void {
    this.#items.push(item)
    this.#bytes += bytes
  }

  /** What was gathered; the batch is empty afterwards. */
  take(): readonly Item[] {
    const items = this.#items
    this.#items = []
    this.#bytes = 0
    return items
  }
}
