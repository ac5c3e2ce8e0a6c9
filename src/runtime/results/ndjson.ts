import { jsonOf } from '../tables/values.ts'
import type { ResultRow } from './rows.ts'

/** One JSON object a line: the id, the parameters where they are known, then the record to the letter. */
export async function* toNdjson(rows: AsyncIterable<ResultRow>): AsyncGenerator<string> {
  for await (const row of rows) yield `${lineOf(row)}\n`
}

function lineOf(row: ResultRow): string {
  const start = `{"id":${JSON.stringify(row.id)}${paramsMember(row)}`
  // The record's own text, so that every digit and every key stays as it was written.
  if (row.text !== undefined) return `${start},${row.text.slice(1)}`
  const { status, value, facts } = row
  return `${start},${jsonOf({ status, ...(value !== undefined && { value }), ...facts }, false).slice(1)}`
}

function paramsMember(row: ResultRow): string {
  if (row.paramsText !== undefined) return `,"params":${row.paramsText}`
  return row.params === undefined ? '' : `,"params":${jsonOf(row.params, false)}`
}
