import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { AsyncBuffer, FileMetaData, RowGroup } from 'hyparquet'
import { columnOf } from './arrow/forms.ts'
import { batchRows } from './batch.ts'
import { checkColumns } from './columns.ts'
import { checkDeclared } from './declared.ts'
import { asCorrupt, badCell, corrupt } from './faults.ts'
import type { TableFile } from './file.ts'
import { load } from './load.ts'
import { checkPages } from './parquet/guard.ts'
import { textFromBytes } from './parquet/kinds.ts'
import { type ParquetSchema, readSchema } from './parquet/schema.ts'
import { readStruct } from './parquet/thrift.ts'
import { sourceOfFile } from './scanned.ts'
import type { Batch, Column, Source, TableLimits, TableOptions } from './table.ts'
import { look, type Raw, seen, valueBatch } from './values.ts'

type ParquetOptions = TableOptions & { readonly limits: TableLimits }

/** Reads a Parquet file by row groups: plain, Snappy, ZSTD, GZIP, Brotli or LZ4. */
export async function openParquet(file: TableFile, options: ParquetOptions): Promise<Source> {
  const lib = await load(() => import('hyparquet'), '.parquet', 'hyparquet@^1.31.5')
  const codecs = await load(
    () => import('hyparquet-compressors'),
    '.parquet',
    'hyparquet-compressors@^1.1.2',
  )
  return await sourceOfFile(file, options.signal, async () => {
    await checkFooter(file)
    const buffer: AsyncBuffer = {
      byteLength: file.size,
      slice: async (start, end = file.size) => (await file.read(start, end - start)).buffer,
    }
    const metadata = await lib.parquetMetadataAsync(buffer, { geoparquet: false })
    const schema = readSchema(file.name, metadata)
    checkColumns(file.name, schema.columns)
    const layout: Layout = {
      read: lib.parquetRead,
      file,
      buffer,
      schema,
      metadata: { ...metadata, schema: [...schema.elements] },
      compressors: { ...codecs.compressors, ...ownCodecs },
      limits: options.limits,
    }
    const { columns, rowCount } = await scan(layout, options)
    return { columns, rowCount, batches: () => batches(layout, columns, options.signal) }
  })
}

type Compressors = Record<string, (input: Uint8Array, length: number) => Uint8Array>

// Node's own are faster, and stop at the length that was declared.
const ownCodecs: Compressors = {
  ZSTD: (input, length) =>
    new Uint8Array(zstdDecompressSync(input, { maxOutputLength: Math.max(1, length) })),
  GZIP: (input, length) =>
    new Uint8Array(gunzipSync(input, { maxOutputLength: Math.max(1, length) })),
}

/** How many bytes one byte can stand for, of the codecs whose decoders make room before they read. */
const highestRatio: Readonly<Record<string, number>> = {
  SNAPPY: 32,
  GZIP: 1032,
  LZ4: 255,
  LZ4_RAW: 255,
}

interface Layout {
  readonly read: typeof import('hyparquet').parquetRead
  readonly file: TableFile
  readonly buffer: AsyncBuffer
  readonly schema: ParquetSchema
  readonly metadata: FileMetaData
  readonly compressors: Compressors
  readonly limits: TableLimits
}

const tailBytes = 8
const magic = 'PAR1'

/** A footer beyond this is none that anyone wrote. */
const maxFooterBytes = 2 ** 28

async function checkFooter(file: TableFile): Promise<void> {
  const tail = await file.read(Math.max(0, file.size - tailBytes), Math.min(file.size, tailBytes))
  if (tail.length < tailBytes || tail.toString('latin1', 4) !== magic) {
    throw corrupt(
      file.name,
      'it starts as a Parquet file but does not end as one; it is cut short or encrypted',
    )
  }
  const length = tail.readUInt32LE(0)
  if (length > Math.min(maxFooterBytes, file.size - tailBytes - magic.length)) {
    throw corrupt(file.name, `its footer claims ${length} bytes of ${file.size}`)
  }
  readStruct({ bytes: await file.read(file.size - tailBytes - length, length), at: 0 })
}

async function scan(
  layout: Layout,
  options: ParquetOptions,
): Promise<{ readonly columns: readonly Column[]; readonly rowCount: number }> {
  const { file, metadata, schema } = layout
  const big = schema.columns.map(({ name }) => options.types?.[name] === 'bigint')
  let rowCount = 0
  for (const group of metadata.row_groups) await checkGroup(layout, group)
  for await (const rows of rowsOf(layout, options.signal)) {
    rowCount += rows.length
    for (const row of rows) {
      for (let i = 0; i < big.length; i++) {
        if (!big[i] && look(row[i] ?? null) & (seen.bigint | seen.innerBigint)) big[i] = true
      }
    }
  }
  if (BigInt(rowCount) !== metadata.num_rows) {
    throw corrupt(
      file.name,
      `it has ${rowCount} rows where its footer promises ${metadata.num_rows}`,
    )
  }
  const columns = schema.columns.map((column, i) =>
    columnOf(column, big[i] === true, column.nullable),
  )
  checkDeclared(file.name, columns, options.types)
  return { columns, rowCount }
}

/** Checks every page of a row group against its column, before anything is decoded in earnest. */
async function checkGroup(layout: Layout, group: RowGroup): Promise<void> {
  const { file, schema, limits } = layout
  const rows = Number(group.num_rows)
  if (group.columns.length !== schema.leaves.length || !(rows >= 0)) {
    throw corrupt(
      file.name,
      `a row group has ${group.columns.length} columns where its schema has ${schema.leaves.length}`,
    )
  }
  for (const [i, leaf] of schema.leaves.entries()) {
    const meta = group.columns[i]?.meta_data
    if (meta === undefined) throw corrupt(file.name, 'a column says nothing about itself')
    if (meta.path_in_schema.join('.') !== leaf.path)
      throw corrupt(file.name, `column ${JSON.stringify(leaf.path)} is not where it should be`)
    const values = Number(meta.num_values)
    if (leaf.maxRepetition === 0 ? values !== rows : values < rows) {
      throw badCell(file.name, leaf.path, undefined, `it has ${values} values for ${rows} rows.`)
    }
    const from = Number(meta.dictionary_page_offset || meta.data_page_offset)
    const length = Number(meta.total_compressed_size)
    if (length > limits.batchBytes || Number(meta.total_uncompressed_size) > limits.batchBytes) {
      throw badCell(
        file.name,
        leaf.path,
        undefined,
        `a row group of it is larger than ${limits.batchBytes} bytes (limits.batchBytes); write smaller row groups.`,
      )
    }
    const decompress = decompressor(layout, meta.codec)
    try {
      checkPages(await file.read(from, length), { ...leaf, values, decompress })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw corrupt(file.name, `column ${JSON.stringify(leaf.path)} is broken: ${why}`, error)
    }
  }
}

function decompressor({ file, compressors }: Layout, codec: string) {
  if (codec === 'UNCOMPRESSED') return (input: Uint8Array) => input
  const found = compressors[codec]
  if (found === undefined)
    throw corrupt(file.name, `it is compressed by ${codec}, which is not known`)
  const ratio = highestRatio[codec]
  if (ratio === undefined) return found
  return (input: Uint8Array, length: number) => {
    if (length > input.length * ratio + 64) {
      throw new Error(
        `${input.length} bytes of ${codec} cannot hold the ${length} they are said to`,
      )
    }
    return found(input, length)
  }
}

/** Rows taken from a row group at once: a page that straddles two slices is decoded for both. */
const sliceRows = 131_072

/** Reads the rows, some thousand at a time where no column is nested, else a row group at a time. */
async function* rowsOf(
  layout: Layout,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Raw[][]> {
  const { metadata, schema, buffer, compressors, read } = layout
  const isFlat = schema.leaves.every(leaf => leaf.maxRepetition === 0 && !leaf.path.includes('.'))
  const converts = schema.columns.map(column => column.raw)
  let start = 0
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows)
    const step = isFlat ? sliceRows : end - start
    for (; start < end; start = Math.min(end, start + step)) {
      signal?.throwIfAborted()
      let found: unknown[][] = []
      await read({
        file: buffer,
        metadata,
        rowStart: start,
        rowEnd: Math.min(end, start + step),
        compressors,
        utf8: false,
        geoparquet: false,
        parsers: { stringFromBytes: textFromBytes },
        rowFormat: 'array',
        onComplete: rows => {
          found = rows
        },
      })
      if (found.length !== Math.min(end, start + step) - start)
        throw new Error('a row group has fewer rows than promised')
      yield found.map(row => converts.map((convert, i) => convert(row[i])))
    }
  }
}

async function* batches(
  layout: Layout,
  columns: readonly Column[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Batch> {
  const { file } = layout
  let first = 0
  try {
    await file.checkUnchanged()
    for await (const rows of rowsOf(layout, signal)) {
      for (let from = 0; from < rows.length; from += batchRows) {
        const some = rows.slice(from, from + batchRows)
        yield valueBatch(columns, some, first)
        first += some.length
      }
      await file.checkUnchanged()
    }
  } catch (error) {
    throw signal?.aborted === true ? error : asCorrupt(file.name, error)
  }
}
