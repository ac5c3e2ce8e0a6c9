import { TaskqError } from '../queue/errors.ts'
import { mostColumns } from '../tables/columns.ts'
import { isRecord, type RawRecord } from '../tables/records.ts'
import type { Table } from '../tables/table.ts'
import { decide, look, type Raw } from '../tables/values.ts'
import { headersOf } from './headers.ts'
import { type Instant, instantOf } from './instant.ts'
import type { ResultRow, Rows } from './rows.ts'

/** What a column of a file of results holds. */
export type Kind =
  | 'boolean'
  | 'int64'
  | 'uint64'
  | 'float64'
  | 'text'
  /** Lists, objects and columns of several kinds, as JSON text. */
  | 'json'
  | Instant

/** A column of a file of results. */
export interface SheetColumn {
  readonly header: string
  readonly kind: Kind
  /** The cell of a row; `null` where it has none. */
  readonly cell: (row: ResultRow) => Raw
}

/** Rows that have been read once, so that their columns are known, and can be read once more. */
export interface Sheet {
  readonly columns: readonly SheetColumn[]
  /** The same rows as in the first pass, in the same order. */
  readonly rows: () => AsyncIterable<ResultRow>
}

/** What decides the columns beside the rows themselves. */
export interface SheetOptions {
  /** Whether parameters stand beside the results. */
  readonly params: boolean
  /** Whose columns the parameters are; without it they are gathered from the rows. */
  readonly table?: Pick<Table, 'columns'>
  /** What stands beside the values: `status`, `attempt` and so on. */
  readonly facts: readonly (keyof typeof factKinds)[]
}

/** Everything that may stand beside a value, with its kind. */
export const factKinds = {
  status: 'text',
  kind: 'text',
  reason: 'text',
  attempt: 'int64',
  seconds: 'float64',
  startedAt: 'timestamp[ms]',
  endedAt: 'timestamp[ms]',
  worker: 'text',
  host: 'text',
  stack: 'text',
  output: 'text',
} as const satisfies Record<string, Kind>

/** The facts beside a result, beside a row of a table that may have none, and beside a dead task. */
export const resultFacts = [
  'status',
  'attempt',
  'seconds',
  'startedAt',
  'endedAt',
  'worker',
  'host',
] as const satisfies readonly (keyof typeof factKinds)[]
export const tableFacts = [
  'status',
  'reason',
  'attempt',
  'seconds',
  'startedAt',
  'endedAt',
  'worker',
  'host',
] as const satisfies readonly (keyof typeof factKinds)[]
export const failureFacts = [
  'status',
  'kind',
  'reason',
  'attempt',
  'startedAt',
  'endedAt',
  'worker',
  'host',
  'stack',
  'output',
] as const satisfies readonly (keyof typeof factKinds)[]

/**
 * Reads the rows of `look` to their end and decides the columns, which hold every value exactly; the
 * sheet's own are those of `write`, as many of them.
 */
export async function sheetOf(
  { look: first, write }: { readonly look: Rows; readonly write: Rows },
  { params, table, facts }: SheetOptions,
): Promise<Sheet> {
  const inputs = new Gathered()
  const values = new Gathered()
  const whole = new Gathered()
  let count = 0
  for await (const { params: given, value } of first()) {
    count += 1
    if (params && given !== undefined) inputs.add(given)
    if (isRecord(value)) values.add(value)
    else if (value !== undefined) whole.add({ value })
  }
  const inputKinds = table === undefined ? inputs.kinds() : tableKinds(table, inputs.kinds())
  const valueKinds = values.kinds()
  const { param, value } = headersOf({
    params: [...inputKinds.keys()],
    values: [...valueKinds.keys()],
    facts,
  })
  const columns: SheetColumn[] = [{ header: 'id', kind: 'text', cell: ({ id }) => id }]
  for (const [name, kind] of inputKinds)
    columns.push({ header: param(name), kind, cell: row => cellAt(row.params, name) })
  for (const [name, kind] of valueKinds)
    columns.push({
      header: value(name),
      kind,
      cell: row => (isRecord(row.value) ? cellAt(row.value, name) : null),
    })
  for (const [name, kind] of whole.kinds())
    columns.push({
      header: name,
      kind,
      cell: row => (row.value === undefined || isRecord(row.value) ? null : row.value),
    })
  for (const name of facts)
    columns.push({
      header: name,
      kind: factKinds[name],
      cell: name === 'status' ? row => row.status : row => cellAt(row.facts, name),
    })
  return { columns, rows: () => sameRows(write, count, valueKinds) }
}

/** The first `count` rows; what came in since the first pass must not bring another column. */
async function* sameRows(
  read: Rows,
  count: number,
  known: ReadonlyMap<string, Kind>,
): AsyncGenerator<ResultRow> {
  let left = count
  if (left === 0) return
  for await (const row of read()) {
    if (isRecord(row.value))
      for (const name in row.value) if (!known.has(name)) throw changed(row.id)
    yield row
    left -= 1
    if (left === 0) return
  }
}

/** The fault of results that changed between the two passes. */
export function changed(id: string): TaskqError {
  return new TaskqError(
    'unavailable',
    `The results changed while they were being written (task "${id}"). Run the same again, best when no worker is at work.`,
  )
}

function cellAt(record: RawRecord | undefined, name: string): Raw {
  return record !== undefined && Object.hasOwn(record, name) ? (record[name] as Raw) : null
}

function tooMany(): TaskqError {
  return new TaskqError(
    'invalid',
    `The results have more than ${mostColumns} different properties, too many for columns. Write them as NDJSON: --format ndjson.`,
  )
}

interface Found {
  bits: number
  isNegative: boolean
  least: bigint
  most: bigint
}

/** The columns of records that each bring their own names, in the order met. */
class Gathered {
  readonly #columns = new Map<string, Found>()

  add(record: RawRecord): void {
    for (const name in record) {
      const raw = record[name] as Raw
      let column = this.#columns.get(name)
      if (column === undefined) {
        if (this.#columns.size === mostColumns) throw tooMany()
        column = { bits: 0, isNegative: false, least: 0n, most: 0n }
        this.#columns.set(name, column)
      }
      column.bits |= look(raw)
      if (typeof raw === 'number' && raw < 0) column.isNegative = true
      if (typeof raw !== 'bigint') continue
      if (raw < column.least) column.least = raw
      if (raw > column.most) column.most = raw
    }
  }

  kinds(): ReadonlyMap<string, Kind> {
    return new Map([...this.#columns].map(([name, found]) => [name, kindOf(name, found)]))
  }
}

const most = { int64: 2n ** 63n - 1n, uint64: 2n ** 64n - 1n } as const

function kindOf(name: string, { bits, isNegative, least, most: largest }: Found): Kind {
  const { type } = decide(name, bits)
  if (type === 'boolean') return 'boolean'
  if (type === 'float') return 'float64'
  if (type === 'text' || type === 'null') return 'text'
  if (type !== 'integer') return 'json'
  if (largest <= most.int64 && least >= -most.int64 - 1n) return 'int64'
  return largest <= most.uint64 && least === 0n && !isNegative ? 'uint64' : 'json'
}

/** What the table says of its columns; only of integers the values decide how wide they are. */
function tableKinds(
  { columns }: Pick<Table, 'columns'>,
  found: ReadonlyMap<string, Kind>,
): ReadonlyMap<string, Kind> {
  return new Map(
    columns.map(({ name, type, form, integers }): [string, Kind] => {
      if (form === 'boolean') return [name, 'boolean']
      if (form === 'string') return [name, instantOf(type) ?? 'text']
      if (form === 'null') return [name, 'text']
      if (form !== 'number' && form !== 'bigint') return [name, 'json']
      if (integers === undefined) return [name, 'float64']
      const kind = type === 'uint64' ? 'uint64' : (found.get(name) ?? 'int64')
      return [name, kind === 'uint64' || kind === 'json' ? kind : 'int64']
    }),
  )
}
