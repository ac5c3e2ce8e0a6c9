import type { DeadTask, Result } from './read.ts'
import { readRecord } from './record.ts'

/** One JSON object a line: the id, then the record to the letter. */
export async function* toNdjson(results: AsyncIterable<Result>): AsyncGenerator<string> {
  for await (const { id, text, attempts } of results) yield `${lineOf(id, attempts, text)}\n`
}

/** The same for dead tasks; the reason is always there. */
export async function* deadToNdjson(dead: AsyncIterable<DeadTask>): AsyncGenerator<string> {
  for await (const { id, attempts, reason, text } of dead)
    yield text !== undefined && readRecord(text)?.status === 'dead'
      ? `${lineOf(id, attempts, text)}\n`
      : `${JSON.stringify({ id, status: 'dead', reason, attempt: attempts, record: text })}\n`
}

function lineOf(id: string, attempts: number, text: string | undefined): string {
  const start = `{"id":${JSON.stringify(id)}`
  if (text === undefined) return `${start},"status":"done","attempt":${attempts}}`
  // The record's own text, so that every digit and every key stays as it was written.
  if (readRecord(text) !== undefined) return `${start},${text.slice(1)}`
  return `${start},"status":"done","value":${JSON.stringify(text)},"attempt":${attempts}}`
}
