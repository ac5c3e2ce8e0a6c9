import { checkId } from '../queue/checks.ts'
import { TaskqError } from '../queue/errors.ts'
import type { Batch, Column, Table } from '../tables/table.ts'
import { memberReader } from './members.ts'

/**
 * How the tasks of a table are named: by its key columns where they are given, else as the table
 * names them (a task file), else by the table's name and the number of the row, from 0.
 */
export interface Naming {
  /** Whether names come from the contents, so that two rows may have the same. */
  readonly byContents: (batch: Batch) => boolean
  /** Whether names are read from the JSON text of the row. */
  readonly needsText: boolean
  /** The id of the row at `at`; `text` is its JSON where that is needed. */
  readonly idOf: (batch: Batch, at: number, text: string | undefined) => string
}

/** The naming of a table by these key columns, or without any. */
export function namingOf(table: Table, key: readonly string[] = []): Naming {
  if (key.length > 0) return namingByKey(table, key)
  const prefix = `${table.name}:`
  checkName(table.name, `${prefix}${Number.MAX_SAFE_INTEGER}`)
  return {
    byContents: batch => batch.length > 0 && batch.id(0) !== undefined,
    needsText: false,
    idOf: (batch, at) => batch.id(at) ?? prefix + batch.index(at),
  }
}

/** Places of columns by name; a name that is no column is refused with those there are. */
export function placesOf(table: Table, names: readonly string[], what: string): readonly number[] {
  return names.map(name => {
    const place = table.columns.findIndex(column => column.name === name)
    if (place >= 0) return place
    const known = table.columns.map(column => column.name).join(', ')
    throw new TaskqError(
      'invalid',
      `${table.name} has no column ${JSON.stringify(name)}, which ${what} names. Its columns: ${known}.`,
    )
  })
}

function checkName(table: string, longest: string): void {
  try {
    checkId(longest)
  } catch (cause) {
    throw new TaskqError(
      'invalid',
      `The name ${JSON.stringify(table)} cannot be part of the ids of tasks: ${(cause as Error).message} Rename the file, or name tasks by --key.`,
      { cause },
    )
  }
}

function namingByKey(table: Table, key: readonly string[]): Naming {
  const twice = key.find((name, at) => key.indexOf(name) !== at)
  if (twice !== undefined)
    throw new TaskqError('invalid', `--key names the column ${JSON.stringify(twice)} twice.`)
  const places = placesOf(table, key, '--key')
  for (const place of places) refuseColumn(table, table.columns[place])
  const read = memberReader(table.columns, places)
  return {
    byContents: () => true,
    needsText: true,
    idOf(batch, at, text = '') {
      const values = read(text)
      let id = ''
      for (let i = 0; i < values.length; i++) {
        const value = values[i] as string
        if (value === 'null' || value === '""') refuseEmpty(table, key[i], batch.index(at))
        id += (i === 0 ? '' : ':') + plain(value)
      }
      return id
    },
  }
}

/** A key has one spelling for each value: not so floats, lists and what changes its kind. */
function refuseColumn(table: Table, column: Column | undefined): void {
  if (column === undefined) return
  const { name, form, integers, type } = column
  const isInteger = form === 'bigint' || (form === 'number' && integers !== undefined)
  if (isInteger || form === 'string' || form === 'boolean') return
  throw new TaskqError(
    'invalid',
    `${table.name}: column ${JSON.stringify(name)} is ${type}, which makes no key. Take a column of integers or text, or convert it (pandas: df[${JSON.stringify(name)}].astype("Int64")).`,
  )
}

function plain(value: string): string {
  if (!value.startsWith('"')) return value
  return value.includes('\\') ? String(JSON.parse(value)) : value.slice(1, -1)
}

function refuseEmpty(table: Table, name: string | undefined, index: number): never {
  throw new TaskqError(
    'invalid',
    `${table.name}, column ${JSON.stringify(name)}, row ${index + 1}: it is empty, but --key makes the task's id of it. Fill it, leave the row out with --where, or take another key.`,
  )
}
