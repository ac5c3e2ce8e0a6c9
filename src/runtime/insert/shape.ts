import { TaskqError } from '../queue/errors.ts'
import { type JsonObject, type JsonValue, readJson, writeJson } from '../queue/json.ts'
import type { Column, Table } from '../tables/table.ts'
import { memberReader } from './members.ts'

/** What a types file was written for. */
export interface Shape {
  readonly table: string
  readonly columns: readonly Pick<Column, 'name' | 'type' | 'form' | 'integers' | 'nullable'>[]
}

/** The columns of a table, nullable where some row is null: what a file says of itself is mostly "maybe". */
export async function shapeOf(
  table: Table,
): Promise<Shape & { readonly columns: readonly Column[] }> {
  const open = table.columns.flatMap(({ nullable }, at) => (nullable === false ? [] : [at]))
  const found = new Set<number>()
  if (open.length > 0 && table.fingerprint !== undefined) {
    const read = memberReader(table.columns, open)
    for await (const batch of table.batches()) {
      for (const row of batch.json())
        for (const [i, value] of read(row).entries())
          if (value === 'null') found.add(open[i] as number)
    }
  }
  const known = table.fingerprint !== undefined
  return {
    table: table.name,
    columns: table.columns.map((column, at) => ({
      ...column,
      nullable: known ? found.has(at) : column.nullable,
    })),
  }
}

/** The text of the file beside the types. */
export function shapeText({ table, columns }: Shape): string {
  const lines = columns.map(
    ({ name, type, form, integers, nullable }) =>
      `    ${writeJson({ name, type, form, integers, nullable })}`,
  )
  return `{\n  "table": ${writeJson(table)},\n  "columns": [\n${lines.join(',\n')}\n  ]\n}\n`
}

/** Reads what `shapeText` wrote. */
export function readShape(text: string, path: string): Shape {
  try {
    const { table, columns } = readJson(text) as JsonObject
    if (typeof table === 'string' && Array.isArray(columns) && columns.every(isColumn))
      return { table, columns: columns as unknown as Shape['columns'] }
  } catch (cause) {
    throw noShape(path, cause)
  }
  throw noShape(path)
}

/**
 * What of a table does not fit the types, a sentence each. Columns that the types do not know do no
 * harm; neither does another type of the same form.
 */
export function misfits(types: Shape, { columns }: Pick<Shape, 'columns'>): readonly string[] {
  return types.columns.flatMap(before => {
    const now = columns.find(({ name }) => name === before.name)
    const name = JSON.stringify(before.name)
    if (now === undefined) return [`column ${name} (${before.type}) is gone`]
    if (now.form !== before.form)
      return [
        `column ${name} was ${before.type}, a ${before.form}, and is ${now.type}, a ${now.form}`,
      ]
    if (now.integers !== before.integers)
      return [
        `integers in column ${name} were ${before.integers ?? 'none'} and are ${now.integers ?? 'none'}`,
      ]
    // Whether there is a null now is told by a pass over the table, which nobody pays for here.
    return before.nullable === false && now.form === 'null' ? [`column ${name} is all null`] : []
  })
}

function isColumn(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const { name, form } = value as JsonObject
  return typeof name === 'string' && typeof form === 'string'
}

function noShape(path: string, cause?: unknown): TaskqError {
  return new TaskqError(
    'invalid',
    `${path} is not what taskq types writes. Write it anew with: taskq types TABLE`,
    { cause },
  )
}
