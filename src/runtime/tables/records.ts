import { LEVELS } from '../queue/json-path.ts'
import { valueRows } from './batch.ts'
import { checkColumns, checkName, mostColumns, tooManyColumns } from './columns.ts'
import { checkDeclared } from './declared.ts'
import { corrupt, tooDeep } from './faults.ts'
import type { TableFile } from './file.ts'
import { sourceOfFile } from './scanned.ts'
import type { Batch, Column, Source, TableOptions } from './table.ts'
import { Double, decide, look, type Raw, seen, valueBatch } from './values.ts'

/** A row of a format without columns. */
export type RawRecord = { readonly [name: string]: Raw }

/**
 * A table of rows that each bring their own names (JSON, YAML): the first pass gathers the columns in the
 * order in which they appear and their types, the second fills what a row leaves out with null. Where the
 * rows are `{task_id, data}`, they are a task file: `data` is the row and `task_id` names the task. A third
 * key, `bigint`, may list columns whose integers are a `bigint` whatever the values of this file.
 */
export async function recordSource(
  file: TableFile,
  records: () => AsyncIterable<RawRecord>,
  options: TableOptions,
): Promise<Source> {
  return await sourceOfFile(file, options.signal, async () => {
    const { columns, rowCount, taskFile } = await scan(file.name, records(), options)
    const second = { columns, taskFile, signal: options.signal }
    return { columns, rowCount, batches: () => batches(file, records, second) }
  })
}

interface Scan {
  readonly columns: readonly Column[]
  readonly rowCount: number
  readonly taskFile: boolean
}

async function scan(
  name: string,
  records: AsyncIterable<RawRecord>,
  { types, signal }: TableOptions,
): Promise<Scan> {
  const bits = new Map<string, { bits: number; rows: number }>()
  const bigints = new Set<string>()
  let rowCount = 0
  let taskFile = false
  let first: RawRecord = {}
  for await (const record of records) {
    if (rowCount % valueRows === 0) signal?.throwIfAborted()
    if (rowCount === 0) taskFile = isTask(record)
    rowCount++
    const task = taskFile ? taskOf(name, record, rowCount) : undefined
    for (const column of task?.bigints ?? []) bigints.add(column)
    const row = task?.data ?? record
    if (rowCount === 1) first = row
    for (const [column, raw] of Object.entries(row)) {
      checkNames(name, column, raw)
      const found = bits.get(column)
      if (found === undefined) {
        if (bits.size === mostColumns)
          throw tooManyColumns(name, `all of its first ${rowCount} rows`)
        bits.set(column, { bits: look(raw), rows: 1 })
      } else {
        found.bits |= look(raw)
        found.rows++
      }
    }
  }
  if (rowCount === 1 && isByColumns(first)) throw corrupt(name, byColumns)
  if (rowCount === 0) throw corrupt(name, 'it holds no rows, so that its columns are unknown')
  const columns = [...bits].map(([column, found]) =>
    decide(
      column,
      found.bits | (found.rows < rowCount ? seen.null : 0),
      types !== undefined && Object.hasOwn(types, column)
        ? types[column]
        : bigints.has(column)
          ? 'bigint'
          : undefined,
    ),
  )
  checkColumns(name, columns)
  checkDeclared(name, columns, types)
  return { columns, rowCount, taskFile }
}

async function* batches(
  file: TableFile,
  records: () => AsyncIterable<RawRecord>,
  {
    columns,
    taskFile,
    signal,
  }: Pick<Scan, 'columns' | 'taskFile'> & { readonly signal: AbortSignal | undefined },
): AsyncGenerator<Batch> {
  let first = 0
  let rows: Raw[][] = []
  let ids: string[] = []
  const flush = () => {
    const batch = valueBatch(columns, rows, first, taskFile ? ids : undefined)
    first += rows.length
    rows = []
    ids = []
    return batch
  }
  await file.checkUnchanged()
  for await (const record of records()) {
    const task = taskFile ? taskOf(file.name, record, first + rows.length + 1) : undefined
    if (task !== undefined) ids.push(task.id)
    const row = task?.data ?? record
    rows.push(columns.map(({ name }) => (Object.hasOwn(row, name) ? (row[name] as Raw) : null)))
    if (rows.length === valueRows) {
      signal?.throwIfAborted()
      await file.checkUnchanged()
      yield flush()
    }
  }
  await file.checkUnchanged()
  if (rows.length > 0) yield flush()
}

const byColumns =
  'its one object holds columns by row numbers, as pandas writes them by itself; write rows instead: df.to_json("t.ndjson", orient="records", lines=True)'

/** Whether the row looks like a table turned on its side: `{"a": {"0": 1, "1": 2}, "b": {"0": 3, "1": 4}}`. */
function isByColumns(row: RawRecord): boolean {
  const columns = Object.values(row)
  if (columns.length === 0) return false
  return columns.every(column => isRecord(column) && Object.keys(column)[0] === '0')
}

/** `levels` is how deep lists and objects may still be nested, the row itself being the first. */
function checkNames(table: string, name: string, raw: Raw, levels = LEVELS - 1): void {
  checkName(table, name)
  if (typeof raw !== 'object' || raw === null) return
  if (levels === 0) throw tooDeep(table)
  if (Array.isArray(raw)) for (const item of raw) checkNames(table, '', item, levels - 1)
  else
    for (const [inner, item] of Object.entries(raw))
      checkNames(table, inner, item as Raw, levels - 1)
}

function isTask(record: RawRecord): boolean {
  const { data, bigint } = record
  return (
    Object.keys(record).length === (bigint === undefined ? 2 : 3) &&
    Object.hasOwn(record, 'task_id') &&
    Object.hasOwn(record, 'data') &&
    isRecord(data) &&
    (bigint === undefined || isNames(bigint))
  )
}

interface FileTask {
  readonly id: string
  readonly data: RawRecord
  readonly bigints: readonly string[]
}

function taskOf(name: string, record: RawRecord, row: number): FileTask {
  const { task_id: id, data, bigint = [] } = record
  const named =
    (typeof id === 'string' && id !== '') || (typeof id === 'number' && Number.isInteger(id))
  if (!isTask(record) || !named || !isRecord(data) || !isNames(bigint)) {
    throw corrupt(
      name,
      `row ${row} is not {"task_id": text, "data": {...}} as the first row is; a task file has the same keys in every row`,
    )
  }
  return { id: String(id), data, bigints: bigint }
}

function isNames(raw: Raw): raw is readonly string[] {
  return Array.isArray(raw) && raw.every(item => typeof item === 'string')
}

/** Whether the value is an object with names: not null, no list, no number in disguise. */
export function isRecord(raw: unknown): raw is RawRecord {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !(raw instanceof Double)
}
