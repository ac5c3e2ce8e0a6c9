import { constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { safeLines } from '../terminal/safe.ts'
import type { ResultsIo } from './printing.ts'

const lookMilliseconds = 100

/**
 * Writes to a named pipe once somebody reads it. Nothing of it holds a thread: a signal ends the wait
 * for a reader, and for one that does not read on.
 */
export async function writePipe(
  path: string,
  pieces: AsyncIterable<string | Uint8Array>,
  io: Pick<ResultsIo, 'signal' | 'clock' | 'err'>,
): Promise<void> {
  const { signal } = io
  const fd = await openedForReader(path, io)
  try {
    await pipeline(Readable.from(pieces), new Socket({ fd, writable: true, readable: false }), {
      signal,
    })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}

async function openedForReader(
  path: string,
  { signal, clock, err }: Pick<ResultsIo, 'signal' | 'clock' | 'err'>,
): Promise<number> {
  let isTold = false
  for (;;) {
    signal.throwIfAborted()
    try {
      // Otherwise opening would wait for the reader, in a thread that no signal reaches.
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENXIO')) throw error
    }
    if (!isTold) await err.line(safeLines(`Waiting until somebody reads ${path} ...`))
    isTold = true
    await clock.sleep(lookMilliseconds, signal)
  }
}
