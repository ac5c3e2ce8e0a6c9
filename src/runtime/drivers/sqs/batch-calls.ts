import { inPieces } from '../../queue/batches.ts'
import type { Clock } from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import { inParallel } from '../parallel.ts'

/** What SQS bears in one request. */
export const requestLimits = { batch: 10, batchBytes: 2 ** 20 } as const

/** Requests under way at the same time: what a round trip costs is then shared by many. */
export const requestsAtOnce = 16

/** How SQS answers a batch: each entry by its id, in one list or the other. */
export interface BatchAnswer {
  readonly Successful?: readonly { readonly Id?: string | undefined }[] | undefined
  readonly Failed?: readonly FailedEntry[] | undefined
}

/** An entry of a batch that SQS refused, in its own words. */
export interface FailedEntry {
  readonly Id?: string | undefined
  readonly SenderFault?: boolean | undefined
  readonly Code?: string | undefined
  readonly Message?: string | undefined
}

/** How many items are sent ten at a time. */
export interface BatchCalls<Item> {
  /** Makes one request of at most ten; the ids of its entries are places in the list. */
  readonly post: (items: readonly Item[]) => Promise<BatchAnswer>
  readonly bytesOf?: (item: Item) => number
  /** For messages to people: `jobs`. */
  readonly queue: string
  readonly clock: Clock
  readonly random: () => number
}

/**
 * Brings any number of entries to SQS, ten at a time and many requests at once. What SQS failed to
 * take through no fault of ours is sent again, and only that; answers `done`, or why SQS refuses.
 */
export async function callInBatches<Item>(
  items: readonly Item[],
  calls: BatchCalls<Item>,
): Promise<readonly ('done' | FailedEntry)[]> {
  const pieces: (readonly Item[])[] = []
  const collect = (piece: readonly Item[]) => {
    pieces.push(piece)
    return Promise.resolve([])
  }
  await inPieces(items, requestLimits, collect, calls.bytesOf)
  return (await inParallel(pieces, requestsAtOnce, piece => callOnce(piece, calls))).flat()
}

const tries = 8
const firstWaitMilliseconds = 100
const longestWaitMilliseconds = 5000

/** One request, repeated for those entries that failed. */
async function callOnce<Item>(
  piece: readonly Item[],
  { post, queue, clock, random }: BatchCalls<Item>,
): Promise<('done' | FailedEntry)[]> {
  const answers = new Map<number, 'done' | FailedEntry>()
  let left = [...piece.keys()]
  let last: FailedEntry | undefined
  for (let attempt = 0; attempt < tries; attempt += 1) {
    if (attempt > 0) await clock.sleep(waitMilliseconds(attempt, random))
    const sent = left
    const { Successful = [], Failed = [] } = await post(sent.map(at => piece[at] as Item))
    for (const { Id } of Successful) answers.set(sent[Number(Id)] ?? -1, 'done')
    for (const entry of Failed) {
      if (isPassing(entry)) last = entry
      else answers.set(sent[Number(entry.Id)] ?? -1, entry)
    }
    // An entry that SQS says nothing about was not taken, as far as anybody knows.
    left = sent.filter(at => !answers.has(at))
    if (left.length === 0) return [...piece.keys()].map(at => answers.get(at) ?? 'done')
  }
  throw new TaskqError(
    'unavailable',
    `SQS did not take ${left.length} of ${piece.length} entries for ${queue} in ${tries} tries${reasonOf(last)}; the others it took. Try again: nothing is lost by that.`,
  )
}

/** Whether another try can help: SQS is at fault, or wants us to be slower. */
function isPassing({ SenderFault, Code = '' }: FailedEntry): boolean {
  return SenderFault !== true || /throttl|internal|unavailable|timeout|overlimit/i.test(Code)
}

function reasonOf(entry: FailedEntry | undefined): string {
  return entry === undefined ? '' : ` (${entry.Code ?? 'no code'}: ${entry.Message ?? ''})`
}

function waitMilliseconds(attempt: number, random: () => number): number {
  const full = Math.min(longestWaitMilliseconds, firstWaitMilliseconds * 2 ** (attempt - 1))
  return full * (0.5 + random() / 2)
}
