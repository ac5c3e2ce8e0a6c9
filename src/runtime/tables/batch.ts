import { TaskqError } from '../queue/errors.ts'
import { type Sink, writeCount } from './sink.ts'
import type { Batch, Frame, Row, Value } from './table.ts'

/** How the rows of one column are turned into JSON text and into values. */
export interface Cell {
  write(sink: Sink, row: number): void
  value(row: number): Value
}

/** Rows a batch holds at most: enough to pay for one decoding, few enough to stay small. */
export const batchRows = 16_384

/** The same for formats whose rows are values already: those take several times the memory of their text. */
export const valueRows = 4096

/** Text gathered before it is cut into rows; keeps the buffer and the decoded string small. */
const flushBytes = 16 * 2 ** 20

interface Span {
  readonly from: number
  readonly to: number
  readonly first: number
  readonly life: Life
}

/** Whether the buffers under a batch still hold its rows. */
export interface Life {
  over: boolean
}

/** The rows `from` to `to` of some columns as a batch whose first row is row `first` of the table. */
export function columnBatch(
  names: readonly string[],
  cells: readonly Cell[],
  sink: Sink,
  { from, to, first, life }: Span,
): Batch {
  const heads = names.map((name, i) =>
    Buffer.from(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`),
  )
  const extras = heads.map(head => head.length - head.toString().length)
  return {
    length: to - from,
    index: at => first + at,
    id: () => undefined,
    row(at) {
      checkAlive(life)
      const row: Record<string, Value> = Object.create(null)
      for (let i = 0; i < cells.length; i++)
        row[names[i] as string] = (cells[i] as Cell).value(from + at)
      return row satisfies Row
    },
    json(picked, { head, tail, end } = bare) {
      checkAlive(life)
      sink.reset()
      const opening = pieceOf(head)
      const closing = pieceOf(tail)
      const last = end === undefined ? undefined : pieceOf(end)
      const count = picked?.length ?? to - from
      const texts: string[] = []
      const ends = new Float64Array(count)
      let gathered = 0
      for (let i = 0; i < count; i++) {
        const row = from + (picked === undefined ? i : (picked[i] as number))
        sink.raw(opening.bytes, opening.extra)
        for (let column = 0; column < cells.length; column++) {
          sink.raw(heads[column] as Buffer, extras[column] as number)
          ;(cells[column] as Cell).write(sink, row)
        }
        sink.raw(closing.bytes, closing.extra)
        if (last !== undefined) {
          writeCount(sink, first + row - from)
          sink.raw(last.bytes, last.extra)
        }
        ends[gathered++] = sink.at - sink.extra
        if (sink.at >= flushBytes) {
          for (const text of sink.cut(ends, gathered)) texts.push(text)
          gathered = 0
        }
      }
      const rest = sink.cut(ends, gathered)
      if (texts.length === 0) return rest
      for (const text of rest) texts.push(text)
      return texts
    },
  }
}

const bare: Frame = { head: '', tail: '}' }

/** Text as bytes, and how many of them are beyond one for each UTF-16 unit. */
function pieceOf(text: string): { readonly bytes: Buffer; readonly extra: number } {
  const bytes = Buffer.from(text)
  return { bytes, extra: bytes.length - text.length }
}

function checkAlive(life: Life): void {
  if (!life.over) return
  throw new TaskqError(
    'invalid',
    'A batch of rows was used after the next one was asked for; take its rows or texts before that.',
  )
}
