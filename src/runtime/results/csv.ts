import { type JsonObject, type JsonValue, writeJson } from '../queue/json.ts'
import { type Result, recordOf } from './read.ts'

/** What stands beside the values of every row. */
const facts = ['status', 'attempt', 'seconds', 'startedAt', 'endedAt', 'worker', 'host'] as const

/**
 * Results as CSV (RFC 4180). Where tasks return objects each property is a column, else there is one
 * column `value`. Read twice, so that the columns are complete and nothing is held in memory.
 */
export async function* toCsv(read: () => AsyncIterable<Result>): AsyncGenerator<string> {
  const columns = await columnsOf(read())
  const header = ['id', ...columns.map(headerOf), ...facts]
  yield rowOf(header)
  for await (const result of read()) {
    const record = recordOf(result) as { readonly [name: string]: JsonValue | undefined }
    const { value } = record
    const values = columns.map(column =>
      column === wholeValue
        ? isObject(value)
          ? undefined
          : value
        : isObject(value)
          ? value[column]
          : undefined,
    )
    yield rowOf([result.id, ...values, ...facts.map(name => record[name])])
  }
}

/** The column of values that are no objects. */
const wholeValue = Symbol('value')

async function columnsOf(
  results: AsyncIterable<Result>,
): Promise<readonly (string | typeof wholeValue)[]> {
  const columns = new Set<string | typeof wholeValue>()
  for await (const result of results) {
    const { value } = recordOf(result) as { readonly value?: JsonValue }
    if (isObject(value)) for (const name of Object.keys(value)) columns.add(name)
    else if (value !== undefined) columns.add(wholeValue)
  }
  return [...columns]
}

/** A property that is called like a fact, or like the id, says where it comes from. */
function headerOf(column: string | typeof wholeValue): string {
  if (column === wholeValue) return 'value'
  return ['id', 'value', ...facts].includes(column) ? `value.${column}` : column
}

function rowOf(cells: readonly (JsonValue | undefined)[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

function cellOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'object') return quoted(writeJson(value))
  if (typeof value !== 'string') return writeJson(value)
  return quoted(defused(value))
}

/** A spreadsheet would run what starts like a formula; text that does gets an apostrophe before it. */
function defused(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}

function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
