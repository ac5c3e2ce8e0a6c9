import { basename, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { TaskqError } from '../queue/errors.ts'
import { valueRows } from './batch.ts'
import { checkColumns, checkName } from './columns.ts'
import { badCell, corrupt } from './faults.ts'
import { openFile } from './file.ts'
import { openJson } from './json.ts'
import { fromSpool, spool } from './spool.ts'
import type { Batch, Column, DeclaredType, Source, TableLimits, TableOptions } from './table.ts'
import { decide, jsonOf, look, type Raw, seen, valueBatch } from './values.ts'

/**
 * Reads the rows which a function makes: the default export of a TypeScript file, or its export `tasks`. The
 * rows are written to a temporary file first, so that all of them are known to be sound before any is handed
 * out. A file that also exports `once`, the types of its columns by name, is read through once instead: then
 * nothing is kept, nothing is counted, and a bad row is met only when it comes.
 */
export async function openFactory(
  path: string,
  options: TableOptions & { readonly limits: TableLimits },
): Promise<Source> {
  const name = basename(path)
  const { rows, once } = await importFactory(path, name)
  if (once !== undefined) return onceThrough(name, rows, once)
  const spooled = await spool(lines(name, rows, options.signal), `${name}.ndjson`)
  return await fromSpool(spooled, async copy => {
    const file = await openFile(copy, name)
    try {
      return await openJson(file, options, 'lines')
    } catch (error) {
      await file.close()
      throw error
    }
  })
}

type Rows = () => AsyncIterable<unknown>

async function importFactory(
  path: string,
  name: string,
): Promise<{
  readonly rows: Rows
  readonly once: Readonly<Record<string, DeclaredType>> | undefined
}> {
  let module: Record<string, unknown>
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>
  } catch (error) {
    throw new TaskqError(
      'invalid',
      `${name} cannot be run: ${describe(error)}. Mend it and try again.`,
      {
        cause: error,
      },
    )
  }
  const { default: first, tasks, once } = module
  const make = first ?? tasks
  if (typeof make !== 'function') {
    throw new TaskqError(
      'invalid',
      `${name} exports no function: expected "export function* tasks() { yield { x: 1 } }".`,
    )
  }
  return {
    once: once === undefined ? undefined : checkedOnce(name, once),
    async *rows() {
      const made: unknown = await make()
      if (!isIterable(made)) {
        throw corrupt(
          name,
          `its function returned ${typeof made}, not rows; make it a generator (function*)`,
        )
      }
      yield* counted(name, made)
    },
  }
}

function isIterable(made: unknown): made is AsyncIterable<unknown> {
  return (
    typeof made === 'object' &&
    made !== null &&
    (Symbol.iterator in made || Symbol.asyncIterator in made)
  )
}

async function* lines(
  name: string,
  rows: Rows,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  let text = ''
  let count = 0
  for await (const row of rows()) {
    count++
    text += `${jsonOf(checkedRow(name, row, count), false)}\n`
    if (text.length > 2 ** 20) {
      signal?.throwIfAborted()
      yield text
      text = ''
    }
  }
  yield text
}

function checkedRow(name: string, row: unknown, count: number): { readonly [name: string]: Raw } {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw corrupt(name, `row ${count} is no object: expected { column: value }`)
  }
  const checked: Record<string, Raw> = Object.create(null)
  for (const [column, value] of Object.entries(row)) {
    checkName(name, column)
    checked[column] = checkedValue(name, column, count, value)
  }
  return checked
}

function checkedValue(name: string, column: string, row: number, value: unknown): Raw {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) {
        throw badCell(
          name,
          column,
          row,
          'its text has half a surrogate pair, which UTF-8 cannot hold.',
        )
      }
      return value
    case 'boolean':
    case 'bigint':
      return value
    case 'number':
      return Number.isFinite(value) ? value : null
    case 'undefined':
      return null
    case 'object':
      if (value === null) return null
      if (value instanceof Date) return value.toISOString()
      if (Array.isArray(value)) return value.map(item => checkedValue(name, column, row, item))
      return checkedRow(name, value, row)
    default:
      throw badCell(
        name,
        column,
        row,
        `a ${typeof value} cannot be a parameter; use text or numbers.`,
      )
  }
}

function checkedOnce(name: string, once: unknown): Readonly<Record<string, DeclaredType>> {
  const types = ['integer', 'bigint', 'float', 'boolean', 'text']
  if (typeof once !== 'object' || once === null || Array.isArray(once)) {
    throw corrupt(name, 'its export "once" is no object of column types: expected { x: "integer" }')
  }
  for (const [column, type] of Object.entries(once)) {
    if (!types.includes(String(type))) {
      throw badCell(
        name,
        column,
        undefined,
        `expected one of ${types.join(', ')} in "once", got ${String(type)}.`,
      )
    }
  }
  return once as Readonly<Record<string, DeclaredType>>
}

const declaredBits: Readonly<Record<DeclaredType, number>> = {
  integer: seen.integer,
  bigint: seen.integer | seen.bigint,
  float: seen.integer | seen.float,
  boolean: seen.boolean,
  text: seen.text,
}

function onceThrough(
  name: string,
  rows: Rows,
  once: Readonly<Record<string, DeclaredType>>,
): Source {
  const columns = Object.entries(once).map(
    ([column, type]): Column => ({
      ...decide(column, declaredBits[type], type),
      nullable: undefined,
    }),
  )
  checkColumns(name, columns)
  let started = false
  return {
    name,
    columns,
    rowCount: undefined,
    fingerprint: undefined,
    async *batches(): AsyncGenerator<Batch> {
      if (started)
        throw new TaskqError(
          'unsupported',
          `${name} was declared to be read once, and has been; remove its export "once" to have it kept.`,
        )
      started = true
      let first = 0
      let batch: Raw[][] = []
      for await (const row of rows()) {
        batch.push(cellsOf(name, columns, once, row, first + batch.length + 1))
        if (batch.length === valueRows) {
          yield valueBatch(columns, batch, first)
          first += batch.length
          batch = []
        }
      }
      if (batch.length > 0) yield valueBatch(columns, batch, first)
    },
    close: () => Promise.resolve(),
  }
}

function cellsOf(
  name: string,
  columns: readonly Column[],
  once: Readonly<Record<string, DeclaredType>>,
  row: unknown,
  count: number,
): Raw[] {
  const checked = checkedRow(name, row, count)
  const unknown = Object.keys(checked).find(column => !Object.hasOwn(once, column))
  if (unknown !== undefined) throw badCell(name, unknown, count, 'it is not declared in "once".')
  return columns.map(column => {
    const raw = Object.hasOwn(checked, column.name) ? (checked[column.name] as Raw) : null
    const type = once[column.name] as DeclaredType
    if (raw !== null && (look(raw) & ~declaredBits[type]) !== 0) {
      throw badCell(
        name,
        column.name,
        count,
        `expected ${type} as declared, got ${jsonOf(raw, false).slice(0, 80)}.`,
      )
    }
    return raw
  })
}

/** Says which row the user's function could not make; our own errors say it themselves. */
async function* counted(name: string, made: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  let count = 0
  try {
    for await (const row of made) {
      count++
      yield row
    }
  } catch (error) {
    throw new TaskqError(
      'invalid',
      `${name} failed after row ${count}: ${describe(error)}. Mend the function and start again.`,
      { cause: error },
    )
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
