import type { Limits } from './driver.ts'

/** How much one call may bring. */
type CallLimits = Pick<Limits, 'batch' | 'batchBytes'>

/** Calls `act` with pieces that a driver can bear, one after the other, and joins the answers. */
export async function inPieces<Item, Answer>(
  items: readonly Item[],
  limits: CallLimits,
  act: (piece: readonly Item[]) => Promise<readonly Answer[]>,
  bytesOf: (item: Item) => number = () => 0,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  const batch = new Batch<Item>(limits)
  const send = async () => {
    for (const answer of await act(batch.take())) answers.push(answer)
  }
  for (const item of items) {
    const bytes = bytesOf(item)
    if (batch.isFullFor(bytes)) await send()
    batch.add(item, bytes)
  }
  if (!batch.isEmpty) await send()
  return answers
}

/** Gathers items until a batch is full by number or by bytes. */
export class Batch<Item> {
  readonly #limits: CallLimits
  #items: Item[] = []
  #bytes = 0

  constructor(limits: CallLimits) {
    this.#limits = limits
  }

  get isEmpty(): boolean {
    return this.#items.length === 0
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
