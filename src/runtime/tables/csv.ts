import { Readable } from 'node:stream'
import { TaskqError } from '../queue/errors.ts'
import { valueRows } from './batch.ts'
import { checkColumns } from './columns.ts'
import { cellCounter } from './csv/cell-counter.ts'
import { cellBits, csvColumn, rawCell } from './csv/cells.ts'
import { missingColumn } from './declared.ts'
import { asCorrupt, badCell, corrupt } from './faults.ts'
import type { TableFile } from './file.ts'
import { load } from './load.ts'
import { sourceOfFile } from './scanned.ts'
import type { Batch, Column, DeclaredType, Source, TableLimits, TableOptions } from './table.ts'
import { valueBatch } from './values.ts'

type CsvOptions = TableOptions & { readonly limits: TableLimits }

/**
 * Reads CSV or TSV with a header line. The first pass looks at every cell and gives each column the first of
 * integer, float, boolean and text that all of its cells are; a declared type is checked instead.
 */
export async function openCsv(
  file: TableFile,
  options: CsvOptions,
  delimiter: ',' | '\t',
): Promise<Source> {
  const { parse } = await load(() => import('csv-parse'), '.csv', 'csv-parse@^7.0.3')
  const records = () => recordsOf(file, parse, delimiter, options.limits)
  return await sourceOfFile(file, options.signal, async () => {
    const { columns, rowCount } = await scan(file.name, records(), options)
    return { columns, rowCount, batches: () => batches(file, records, columns, options) }
  })
}

type Parse = typeof import('csv-parse').parse

/** The records, the header first, in chunks: one step of an asynchronous loop a row would cost more than the row. */
async function* recordsOf(
  file: TableFile,
  parse: Parse,
  delimiter: string,
  limits: TableLimits,
): AsyncGenerator<string[][]> {
  const source = Readable.from(checkedChunks(file, delimiter))
  const parser = parse({
    delimiter,
    bom: true,
    skip_empty_lines: true,
    // Named, because finding out which one a file uses takes time in proportion to the square of its first line.
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: limits.cellBytes,
  })
  source.on('error', error => parser.destroy(error))
  source.pipe(parser)
  try {
    let records: string[][] = []
    for await (const record of parser) {
      records.push(record)
      if (records.length === valueRows) {
        yield records
        records = []
      }
    }
    if (records.length > 0) yield records
  } finally {
    source.destroy()
    parser.destroy()
  }
}

async function* checkedChunks(file: TableFile, delimiter: string): AsyncGenerator<Buffer> {
  const countCells = cellCounter(file.name, delimiter)
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let at = 0
  for await (const chunk of file.chunks()) {
    try {
      decoder.decode(chunk, { stream: true })
    } catch (error) {
      throw corrupt(
        file.name,
        `it is not UTF-8 somewhere in the ${chunk.length} bytes from ${at}; save it as UTF-8`,
        error,
      )
    }
    const zero = chunk.indexOf(0)
    if (zero >= 0) {
      throw corrupt(
        file.name,
        `it has a zero byte at ${at + zero}, as no text has; it is binary or UTF-16, save it as UTF-8`,
      )
    }
    at += chunk.length
    countCells(chunk)
    yield chunk
  }
}

/** A table in which every row would be one text is noticed only when its tasks fail. */
function refuseOtherSeparator(name: string, header: readonly string[]): void {
  const [only = ''] = header
  const found = header.length === 1 ? [';', '\t'].find(mark => only.includes(mark)) : undefined
  if (found === undefined) return
  const advice =
    found === '\t'
      ? 'Give the file the extension .tsv.'
      : "Save it with commas (pandas: df.to_csv(path, sep=',', index=False)); if it is one column, give it another name."
  throw new TaskqError(
    'invalid',
    `${name} has one column, ${JSON.stringify(only.slice(0, 80))}: its cells seem to be separated by ${JSON.stringify(found)}. ${advice}`,
  )
}

async function scan(
  name: string,
  batches: AsyncIterable<string[][]>,
  { types, signal }: TableOptions,
): Promise<{ readonly columns: readonly Column[]; readonly rowCount: number }> {
  let header: string[] | undefined
  let bits: number[] = []
  let declared: (DeclaredType | undefined)[] = []
  let rowCount = 0
  for await (const records of batches) {
    signal?.throwIfAborted()
    if (header === undefined) {
      header = records.shift() ?? []
      refuseOtherSeparator(name, header)
      declared = declaredOf(name, header, types)
      bits = header.map(() => 0)
    }
    for (const record of records) {
      rowCount++
      for (let i = 0; i < header.length; i++) {
        const type = declared[i]
        const cell = record[i] as string
        const looked = cellBits(cell, type)
        if (looked === undefined) {
          throw badCell(
            name,
            header[i] as string,
            rowCount,
            `expected ${type} as declared, got ${JSON.stringify(cell.slice(0, 80))}; mend the cell or declare the column as text.`,
          )
        }
        bits[i] = (bits[i] as number) | looked
      }
    }
  }
  if (header === undefined) throw corrupt(name, 'it is empty: expected a line of column names')
  const columns = header.map((column, i) => csvColumn(column, bits[i] as number, declared[i]))
  return { columns, rowCount }
}

function declaredOf(
  name: string,
  header: readonly string[],
  types: TableOptions['types'],
): (DeclaredType | undefined)[] {
  const columns = header.map(column => ({ name: column }))
  checkColumns(name, columns)
  for (const column of Object.keys(types ?? {})) {
    if (!header.includes(column)) throw missingColumn(name, columns, column)
  }
  return header.map(column =>
    types !== undefined && Object.hasOwn(types, column) ? types[column] : undefined,
  )
}

async function* batches(
  file: TableFile,
  records: () => AsyncIterable<string[][]>,
  columns: readonly Column[],
  { types, signal }: TableOptions,
): AsyncGenerator<Batch> {
  let first = 0
  let isHeader = true
  const convert = columns.map(column =>
    rawCell(column, types !== undefined && Object.hasOwn(types, column.name)),
  )
  try {
    await file.checkUnchanged()
    for await (const cells of records()) {
      signal?.throwIfAborted()
      if (isHeader) cells.shift()
      isHeader = false
      const rows = cells.map(record =>
        record.map((cell, i) => (convert[i] as (cell: string) => null)(cell)),
      )
      await file.checkUnchanged()
      if (rows.length > 0) yield valueBatch(columns, rows, first)
      first += rows.length
    }
    await file.checkUnchanged()
  } catch (error) {
    throw signal?.aborted === true ? error : asCorrupt(file.name, error)
  }
}
