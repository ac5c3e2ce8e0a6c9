import { createHash } from 'node:crypto'
import type { Codec } from '../queue/codec.ts'
import type { Headers, Message } from '../queue/driver.ts'
import type { Batch, Column, Table } from '../tables/table.ts'
import { memberPicker } from './members.ts'
import { namingOf, placesOf } from './naming.ts'

/** What decides how a row becomes a task. */
export interface Encoding {
  /** Columns whose values make the id, joined by ":". Default: the table's ids or row numbers. */
  readonly key?: readonly string[]
  /** Columns that reach the task. Default all. */
  readonly columns?: readonly string[]
  /** Names the code that is to run the tasks. */
  readonly code?: string
  readonly headers?: Headers
}

/** Makes tasks of the rows of one table. */
export interface Encoder {
  /** Names what the tasks are made from; absent where the table cannot be read twice. */
  readonly fingerprint: string | undefined
  /** The columns that reach the task. */
  readonly columns: readonly Column[]
  /** Bytes of a body beside its parameters, at most. */
  readonly frameBytes: number
  readonly byContents: (batch: Batch) => boolean
  /** Ids of the rows `from` to `to` of a batch, with the JSON of the rows where that was needed. */
  ids(batch: Batch, from: number, to: number): Named
  /** Tasks of the rows at `picked` of a batch; `named` holds these and maybe others, from `from`. */
  messages(batch: Batch, named: Named, from: number, picked: readonly number[]): Message[]
  /** The JSON of the parameters of a row whose JSON this is. */
  params(row: string): string
}

/** Ids of rows, with the JSON of each where it had to be made for that. */
export interface Named {
  readonly ids: readonly string[]
  readonly texts: readonly string[] | undefined
}

/** Everything is decided before the first row: what cannot be a key or a column is refused here. */
export function encoderOf(
  table: Table,
  encoding: Encoding,
  codec: Pick<Codec, 'composer' | 'frame'>,
): Encoder {
  const { key = [], code, headers } = encoding
  const naming = namingOf(table, key)
  const places = columnPlaces(table, encoding.columns)
  const columns = places.map(place => table.columns[place] as Column)
  const params =
    places.length === table.columns.length
      ? (row: string) => row
      : memberPicker(table.columns, places)
  const fingerprint = fingerprintOf(table, columns, key)
  const surroundings = {
    bigints: columns
      .filter(({ form, integers }) => form === 'bigint' || integers === 'bigint')
      .map(({ name }) => name),
    meta: {
      table: table.name,
      ...(fingerprint !== undefined && { fingerprint }),
      ...(code !== undefined && { code }),
    },
  }
  const compose = codec.composer(surroundings)
  const frame = codec.frame(surroundings)
  const isWhole = columns.length === table.columns.length
  return {
    fingerprint,
    columns,
    frameBytes: Buffer.byteLength(compose('{}', rowText(Number.MAX_SAFE_INTEGER))),
    byContents: naming.byContents,
    params,
    ids(batch, from, to) {
      const texts = naming.needsText ? batch.json(range(from, to)) : undefined
      const ids = new Array<string>(to - from)
      for (let at = from; at < to; at++) ids[at - from] = naming.idOf(batch, at, texts?.[at - from])
      return { ids, texts }
    },
    messages(batch, { ids, texts }, from, picked) {
      const bodies =
        isWhole && texts === undefined
          ? batch.json(picked, frame)
          : (texts === undefined
              ? batch.json(picked)
              : picked.map(at => texts[at - from] ?? '')
            ).map((row, i) => compose(params(row), rowText(batch.index(picked[i] as number))))
      const messages = new Array<Message>(picked.length)
      for (let i = 0; i < picked.length; i++) {
        const id = ids[(picked[i] as number) - from] as string
        const body = bodies[i] as string
        messages[i] = headers === undefined ? { id, body } : { id, body, headers }
      }
      return messages
    },
  }
}

/** The numbers from `from` to before `to`. */
export function range(from: number, to: number): number[] {
  const numbers = new Array<number>(to - from)
  for (let at = from; at < to; at++) numbers[at - from] = at
  return numbers
}

const rowText = (row: number) => `{"row":${row}}`

/** In the order of the table, so that the order on the command line means nothing. */
function columnPlaces(table: Table, names: readonly string[] | undefined): readonly number[] {
  if (names === undefined) return table.columns.map((_, at) => at)
  return [...new Set(placesOf(table, names, '--columns'))].sort((one, other) => one - other)
}

/** The contents of the table, what is taken of them, and how the ids are made. */
function fingerprintOf(
  table: Table,
  columns: readonly Column[],
  key: readonly string[],
): string | undefined {
  if (table.fingerprint === undefined) return undefined
  const parts = [table.fingerprint, columns.map(({ name, type }) => [name, type]), key]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}
