import { TaskqError } from '../queue/errors.ts'
import type { Column, Row, Table, Value } from '../tables/table.ts'
import { placesOf } from './naming.ts'

/** One condition of `--where`, taken apart. */
export interface Condition {
  readonly column: string
  readonly operator: Operator
  /** As written; what it stands for is told by the column. */
  readonly value: string
}

const operators = ['=', '!=', '<=', '>=', '<', '>'] as const
type Operator = (typeof operators)[number]

/** Takes `"col op value"` apart; the value may be quoted, `null` is the missing value. */
export function parseCondition(text: string): Condition {
  const match = /^\s*("(?:[^"\\]|\\.)*"|.*?)\s*(==|=|!=|<=|>=|<|>)\s*(.*?)\s*$/s.exec(text)
  const [, column = '', operator = '', value = ''] = match ?? []
  const known = operators.find(each => each === (operator === '==' ? '=' : operator))
  if (known === undefined || column === '' || value === '')
    throw new TaskqError(
      'invalid',
      `--where takes a column, one of ${operators.join(' ')}, and a value, such as --where "score > 0.5"; got ${JSON.stringify(text)}.`,
    )
  return { column: unquoted(column), operator: known, value }
}

/** Whether a row meets all conditions. Integers are compared exactly; null meets only `= null`. */
export function whereOf(table: Table, conditions: readonly Condition[]): (row: Row) => boolean {
  const tests = conditions.map(condition => testOf(table, condition))
  return row => tests.every(test => test(row))
}

function testOf(table: Table, { column: name, operator, value }: Condition): (row: Row) => boolean {
  const [place = 0] = placesOf(table, [name], '--where')
  const column = table.columns[place] as Column
  if (value === 'null' && (operator === '=' || operator === '!='))
    return row => (row[name] === null) === (operator === '=')
  const read = readerOf(table.name, column, operator, value)
  const sought = read.sought
  const meets = comparisons[operator]
  return row => {
    const found = row[name]
    return found !== null && found !== undefined && meets(read.of(found), sought)
  }
}

type Comparable = number | bigint | string | boolean

/** A bigint beside a number is compared by value, exactly. */
const comparisons: Readonly<Record<Operator, (one: Comparable, other: Comparable) => boolean>> = {
  // biome-ignore lint/suspicious/noDoubleEquals: 1n == 1, which is what a person means
  '=': (one, other) => one == other,
  // biome-ignore lint/suspicious/noDoubleEquals: as above
  '!=': (one, other) => one != other,
  '<': (one, other) => one < other,
  '<=': (one, other) => one <= other,
  '>': (one, other) => one > other,
  '>=': (one, other) => one >= other,
}

interface Reader {
  readonly sought: Comparable
  readonly of: (value: Value) => Comparable
}

function readerOf(table: string, column: Column, operator: Operator, value: string): Reader {
  const refuse = (what: string): never => {
    throw new TaskqError(
      'invalid',
      `--where: column ${JSON.stringify(column.name)} of ${table} is ${column.type}; ${what}.`,
    )
  }
  switch (column.form) {
    case 'number':
    case 'bigint': {
      const sought = numberOf(value)
      if (sought === undefined)
        return refuse(`compare it with a number, not ${JSON.stringify(value)}`)
      return { sought, of: found => found as number | bigint }
    }
    case 'boolean':
      if ((value === 'true' || value === 'false') && (operator === '=' || operator === '!='))
        return { sought: value === 'true', of: found => found as boolean }
      return refuse('write = true, = false or != with either')
    case 'string': {
      // The Z at the end would put a whole second behind its fractions.
      const instant = column.type.startsWith('timestamp')
      const plain = (text: string) => (instant ? text.replace(/Z$/, '') : text)
      return { sought: plain(unquoted(value)), of: found => plain(found as string) }
    }
    default:
      return refuse('only numbers, text, times and booleans can be compared')
  }
}

function numberOf(text: string): number | bigint | undefined {
  if (/^[+-]?\d+$/.test(text)) return BigInt(text.replace(/^\+/, ''))
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
}

function unquoted(text: string): string {
  const match = /^"((?:[^"\\]|\\.)*)"$|^'([^']*)'$/s.exec(text)
  return match === null ? text : (match[1]?.replaceAll(/\\(.)/gs, '$1') ?? match[2] ?? '')
}
