import { TaskqError } from '../queue/errors.ts'
import type { Column } from './table.ts'

const refusedNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Every row has a cell of every column, in every format: more columns than this are names that should be values. */
export const mostColumns = 10_000

/** Says that a table has more columns than are read; `where` tells the place if it is not the whole table. */
export function tooManyColumns(table: string, where = 'it'): TaskqError {
  return new TaskqError(
    'invalid',
    `${table} cannot be read: ${where} has more than ${mostColumns} columns. Leave out those that no task needs, or give their names as values: one column for the name, one for the value, or a list.`,
  )
}

/** Refuses a table without columns, with too many or two of one name, or with a name that objects give a meaning to. */
export function checkColumns(table: string, columns: readonly Pick<Column, 'name'>[]): void {
  if (columns.length === 0) {
    throw new TaskqError('invalid', `${table} has no columns; a task needs at least one parameter.`)
  }
  if (columns.length > mostColumns) throw tooManyColumns(table)
  const seen = new Set<string>()
  for (const { name } of columns) {
    checkName(table, name)
    if (name === '') {
      throw new TaskqError(
        'invalid',
        `${table}: column ${seen.size + 1} has no name; give every column a name.${seen.size === 0 ? indexAdvice : ''}`,
      )
    }
    if (seen.has(name)) {
      throw new TaskqError(
        'invalid',
        `${table} has two columns named ${JSON.stringify(name)}; rename one of them.`,
      )
    }
    seen.add(name)
  }
}

/** What pandas writes unless it is told not to. */
const indexAdvice =
  ' pandas writes its index as such a column: df.to_csv(path, index=False) leaves it out.'

/** Refuses `__proto__`, `constructor` and `prototype` as a column, a field or a key. */
export function checkName(table: string, name: string): void {
  if (refusedNames.has(name)) {
    throw new TaskqError(
      'invalid',
      `${table}: a column or key named ${JSON.stringify(name)} is refused, because it changes objects rather than fills them; rename it.`,
    )
  }
}
