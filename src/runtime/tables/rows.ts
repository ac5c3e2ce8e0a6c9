import { TaskqError } from '../queue/errors.ts'
import { checkColumns } from './columns.ts'
import type { Batch, Column, Row, Source, Table } from './table.ts'

/** Makes the table that users hold from what a reader hands over. */
export function tableOf(source: Source): Table {
  return {
    name: source.name,
    columns: source.columns,
    rowCount: source.rowCount,
    fingerprint: source.fingerprint,
    batches: () => source.batches(),
    async *[Symbol.asyncIterator]() {
      for await (const batch of source.batches()) {
        for (let at = 0; at < batch.length; at++) yield batch.row(at)
      }
    },
    filter: keep => tableOf(filtered(source, keep)),
    withColumn: (name, text) => tableOf(widened(source, name, text)),
    async toArray() {
      const rows: Row[] = []
      for await (const batch of source.batches()) {
        for (let at = 0; at < batch.length; at++) rows.push(batch.row(at))
      }
      return rows
    },
    close: () => source.close(),
  }
}

type Keep = (row: Row, index: number) => boolean | Promise<boolean>

function filtered(source: Source, keep: Keep): Source {
  return {
    ...source,
    rowCount: undefined,
    close: () => source.close(),
    async *batches() {
      for await (const batch of source.batches()) {
        const kept = await keptOf(batch, keep)
        if (kept.length > 0) yield pickedBatch(batch, kept)
      }
    },
  }
}

/** How many unanswered promises a filter may have at once: enough to hide latency, few enough for any server. */
const filterWidth = 64

async function keptOf(batch: Batch, keep: Keep): Promise<number[]> {
  const kept: number[] = []
  for (let from = 0; from < batch.length; from += filterWidth) {
    const asked: (boolean | Promise<boolean>)[] = []
    try {
      for (let at = from; at < Math.min(batch.length, from + filterWidth); at++) {
        asked.push(keep(batch.row(at), batch.index(at)))
      }
    } catch (error) {
      // Those asked before may fail as well; the first fault is the one to tell.
      await Promise.allSettled(asked.map(answer => Promise.resolve(answer)))
      throw error
    }
    const isSync = asked.every(answer => typeof answer === 'boolean')
    const answers = isSync ? asked : await Promise.all(asked.map(answer => Promise.resolve(answer)))
    for (const [i, answer] of answers.entries()) if (checkedAnswer(answer)) kept.push(from + i)
  }
  return kept
}

function checkedAnswer(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer
  throw new TaskqError(
    'invalid',
    `A filter answered ${typeof answer} for a row; answer true to keep the row, false to leave it out.`,
  )
}

/** The rows of a batch at these places, which keep their places in the table. */
export function pickedBatch(batch: Batch, kept: ArrayLike<number>): Batch {
  const of = (at: number) => kept[at] ?? -1
  return {
    length: kept.length,
    index: at => batch.index(of(at)),
    row: at => batch.row(of(at)),
    id: at => batch.id(of(at)),
    json: (some, frame) => batch.json(some === undefined ? kept : Array.from(some, of), frame),
  }
}

function widened(source: Source, name: string, text: string): Source {
  const column: Column = { name, type: 'text', form: 'string', nullable: false }
  const columns = [...source.columns, column]
  checkColumns(source.name, columns)
  const member = `,${JSON.stringify(name)}:${JSON.stringify(text)}`
  return {
    ...source,
    columns,
    close: () => source.close(),
    async *batches() {
      for await (const batch of source.batches()) {
        yield {
          length: batch.length,
          index: at => batch.index(at),
          id: at => batch.id(at),
          row: at => Object.assign(Object.create(null), batch.row(at), { [name]: text }) as Row,
          json: (some, { head, tail, end } = { head: '', tail: '}' }) =>
            batch.json(some, { head, tail: member + tail, ...(end !== undefined && { end }) }),
        } satisfies Batch
      }
    },
  }
}
