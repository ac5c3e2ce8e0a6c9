import { TaskqError } from '../queue/errors.ts'
import { badCell } from './faults.ts'
import type { Column, DeclaredType } from './table.ts'

const fits: Readonly<Record<DeclaredType, (column: Column) => boolean>> = {
  integer: column => column.integers !== undefined && isNumeric(column),
  bigint: column => column.integers !== undefined,
  float: column => column.form === 'number' && column.integers === undefined,
  boolean: column => column.form === 'boolean',
  text: column => column.form === 'string',
}

/** Refuses declarations of columns that are not there, or that are of another type. */
export function checkDeclared(
  table: string,
  columns: readonly Column[],
  types: Readonly<Record<string, DeclaredType>> | undefined,
): void {
  for (const [name, declared] of Object.entries(types ?? {})) {
    const column = columns.find(each => each.name === name)
    if (column === undefined) throw missingColumn(table, columns, name)
    if (column.form !== 'null' && !fits[declared](column)) {
      throw badCell(
        table,
        name,
        undefined,
        `expected ${declared} as declared, got ${column.type}; change the declaration or the column.`,
      )
    }
  }
}

/** The fault of a declaration for a column that the table has not. */
export function missingColumn(
  table: string,
  columns: readonly Pick<Column, 'name'>[],
  name: string,
): TaskqError {
  const names = columns.map(each => JSON.stringify(each.name)).join(', ')
  return new TaskqError(
    'invalid',
    `${table} has no column ${JSON.stringify(name)}, for which a type is declared; its columns are ${names}.`,
  )
}

function isNumeric({ form }: Column): boolean {
  return form === 'number' || form === 'bigint'
}
