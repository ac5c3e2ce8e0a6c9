import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import type { InsertIo } from '../insert/io.ts'
import { safeLines } from '../terminal/safe.ts'
import { gathered, type Pieces } from './write-out.ts'

/** What writing results has of the world around it. */
export interface ResultsIo extends Pick<InsertIo, 'out' | 'err' | 'clock' | 'signal'> {
  /** Where results go that go into no file. */
  readonly stdout: Writable & { readonly isTTY?: boolean }
  /** Tells people how far something is, once it takes long. */
  readonly progress: (what: string, total: number | undefined) => ProgressView
}

/** Shows how far something is; `end` takes away what was drawn. */
export interface ProgressView {
  readonly tell: (done: number) => Promise<void>
  readonly end: () => Promise<void>
}

const rowsBetween = 1000

/** What people are told of items that are read, and whether these go to standard output themselves. */
export interface Showing {
  readonly what: string
  readonly total: number | undefined
  readonly arePrinted: boolean
}

/** The items, with people told how far they are; the signal ends them with its reason. */
export function shown<Item>(
  items: () => AsyncIterable<Item>,
  { what, total, arePrinted }: Showing,
  { progress, signal, stdout }: Pick<ResultsIo, 'progress' | 'signal' | 'stdout'>,
): () => AsyncGenerator<Item> {
  // Lines that are drawn over would be mixed with what is printed to the same terminal.
  const isTold = !arePrinted || stdout.isTTY !== true
  return async function* () {
    const view = progress(what, total)
    let count = 0
    try {
      for await (const item of items()) {
        yield item
        count += 1
        if (count % rowsBetween !== 0) continue
        // A store in a file answers without leaving the thread: let a signal be heard.
        await setImmediate()
        signal.throwIfAborted()
        if (isTold) await view.tell(count)
      }
    } finally {
      await view.end()
    }
  }
}

/** Sends pieces to standard output as fast as it takes them; at once each when they are waited for. */
export async function printed(
  pieces: Pieces,
  { stdout }: ResultsIo,
  atOnce: boolean,
): Promise<void> {
  const text = stdout.isTTY === true ? harmless(pieces) : pieces
  await pipeline(Readable.from(atOnce ? text : gathered(text)), stdout, { end: false })
}

/** Without what could steer a terminal: results are foreign text. */
async function* harmless(pieces: Pieces): AsyncGenerator<string | Uint8Array> {
  for await (const piece of pieces) yield typeof piece === 'string' ? safeLines(piece) : piece
}
