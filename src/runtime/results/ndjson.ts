import { jsonOf } from '../tables/values.ts'
import type { ResultRow } from './rows.ts'

/** One JSON object a line: the id, the parameters where they are known, then the record to the letter. */
export async function* toNdjson(rows: AsyncIterable<ResultRow>): AsyncGenerator<string> {
  for await (const row of rows) yield `${lineOf(row)}\n`
}

function lineOf({ id, status, params, value, facts, text }: ResultRow): string {
  const named = `{"id":${JSON.stringify(id)}`
  const start = params === undefined ? named : `${named},"params":${jsonOf(params, false)}`
  // The record's own text, so that every digit and every key stays as it was written.
  if (text !== undefined) return `${start},${text.slice(1)}`
  return `${start},${jsonOf({ status, ...(value !== undefined && { value }), ...facts }, false).slice(1)}`
}
