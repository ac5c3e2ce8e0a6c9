import { TaskqError } from '../queue/errors.ts'
import type { Column } from './table.ts'

const refusedNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Refuses a table without columns, with two of one name, or with a name that objects give a meaning to. */
export function checkColumns(table: string, columns: readonly Pick<Column, 'name'>[]): void {
  if (columns.length === 0) {
    throw new TaskqError('invalid', `${table} has no columns; a task needs at least one parameter.`)
  }
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
