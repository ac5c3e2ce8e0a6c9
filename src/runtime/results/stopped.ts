import { countText } from '../terminal/amounts.ts'
import { safeLines } from '../terminal/safe.ts'
import type { ResultsIo } from './printing.ts'
import { isWrittenWhole } from './write-out.ts'

/** How far writing had come when it was stopped. */
export interface Stopped {
  readonly written: number
  /** `undefined` where the store cannot know. */
  readonly total: number | undefined
  /** What is written: `results`. */
  readonly what: string
  /** The file; absent where all goes to standard output. */
  readonly out: string | undefined
}

/** Does `act`, and tells people how things stand when a signal stops it. */
export async function toldWhenStopped<T>(
  act: () => Promise<T>,
  text: () => Promise<string>,
  { err, signal }: Pick<ResultsIo, 'err' | 'signal'>,
): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error
    // The terminal has written ^C.
    if (err.isLive) await err.line()
    await err.line(safeLines(`Stopped. ${await text()}`))
    throw error
  }
}

/** What is there of results whose writing was stopped, and what to do. */
export async function stoppedText({ written, total, what, out }: Stopped): Promise<string> {
  const isKnown = total !== undefined && total >= written
  const came = `${countText(written)}${isKnown ? ` of ${countText(total)}` : ''} ${what}`
  const again = 'The queue is as it was: run the same again for all of them.'
  if (out === undefined) return `What was printed is incomplete: ${came}. ${again}`
  return (await isWrittenWhole(out))
    ? `${out} was not written, ${came} had been; what was there before is still there. ${again}`
    : `What was written to ${out} is incomplete: ${came}. ${again}`
}
