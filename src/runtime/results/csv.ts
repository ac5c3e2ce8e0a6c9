import { jsonOf, type Raw } from '../tables/values.ts'
import type { Sheet } from './sheet.ts'

/** A sheet as CSV (RFC 4180): numbers digit by digit, lists and objects as JSON text. */
export async function* toCsv({ columns, rows }: Sheet): AsyncGenerator<string> {
  yield `${columns.map(({ header }) => textCell(header)).join(',')}\r\n`
  for await (const row of rows()) {
    let line = ''
    for (const [at, { cell, kind }] of columns.entries()) {
      if (at > 0) line += ','
      line += cellOf(cell(row), kind === 'json')
    }
    yield `${line}\r\n`
  }
}

function cellOf(raw: Raw, isMixed: boolean): string {
  if (raw === null) return ''
  if (typeof raw === 'string') return textCell(raw)
  const text = jsonOf(raw, false)
  return isMixed && typeof raw === 'object' ? quoted(text) : text
}

/** A spreadsheet would run what starts like a formula; text that does gets an apostrophe before it. */
function textCell(text: string): string {
  return quoted(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)
}

function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
