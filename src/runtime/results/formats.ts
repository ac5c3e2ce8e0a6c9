import { extname } from 'node:path'
import { TaskqError } from '../queue/errors.ts'
import { toCsv } from './csv.ts'
import { loadArrow, toFeather } from './feather.ts'
import { toNdjson } from './ndjson.ts'
import { loadParquetWriter, toParquet } from './parquet.ts'
import type { Rows } from './rows.ts'
import { type SheetOptions, sheetOf } from './sheet.ts'

/** The forms in which results are written. */
export const resultFormats = ['ndjson', 'csv', 'parquet', 'feather'] as const
export type ResultFormat = (typeof resultFormats)[number]

const extensions: Readonly<Record<string, ResultFormat>> = {
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.csv': 'csv',
  '.parquet': 'parquet',
  '.feather': 'feather',
  '.arrow': 'feather',
  '.ipc': 'feather',
}

/** The format that is named, else that of the file's ending, else NDJSON; an unknown ending is refused. */
export function formatFor(named: string | undefined, out: string | undefined): ResultFormat {
  if (named !== undefined) {
    const format = resultFormats.find(name => name === named)
    if (format !== undefined) return format
    throw new TaskqError('invalid', `--format takes ${orList(resultFormats)}, not "${named}".`)
  }
  const ending = extname(out ?? '').toLowerCase()
  if (ending === '') return 'ndjson'
  const format = extensions[ending]
  if (format !== undefined) return format
  throw new TaskqError(
    'invalid',
    `The ending of ${out} says no format: known are ${orList(Object.keys(extensions))}. Take one of these, or say it by --format.`,
  )
}

/** Whether the format is for programs alone. */
export function isBinary(format: ResultFormat): boolean {
  return format === 'parquet' || format === 'feather'
}

/** Loads what writing the format needs: that it is missing is better told before the work than after it. */
export async function loadFormat(format: ResultFormat): Promise<void> {
  if (format === 'parquet') await loadParquetWriter()
  if (format === 'feather') await loadArrow()
}

/** Rows in a format. `rows` are read twice where columns have to be known before the first of them. */
export async function* inFormat(
  format: ResultFormat,
  rows: { readonly look: Rows; readonly write: Rows },
  options: SheetOptions,
): AsyncGenerator<string | Uint8Array> {
  if (format === 'ndjson') {
    yield* toNdjson(rows.write())
    return
  }
  const sheet = await sheetOf(rows, options)
  if (format === 'csv') yield* toCsv(sheet)
  else yield* format === 'parquet' ? toParquet(sheet) : toFeather(sheet)
}

function orList(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}
