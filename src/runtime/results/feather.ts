import type { Data, DataType, RecordBatchFileWriter } from 'apache-arrow'
import { load } from '../tables/load.ts'
import { type Cell, type CellBatch, cellBatches } from './cells.ts'
import type { Kind, Sheet } from './sheet.ts'

type Arrow = typeof import('apache-arrow')

const batchRows = 16_384

/** A sheet as a Feather (version 2) or Arrow file, uncompressed; one batch at a time is held in memory. */
export async function* toFeather(sheet: Sheet): AsyncGenerator<Uint8Array> {
  const lib = await loadArrow()
  const { columns } = sheet
  const types = columns.map(({ kind }) => typeOf(lib, kind))
  const schema = new lib.Schema(
    columns.map(({ header }, at) => new lib.Field(header, types[at] as DataType, at > 0)),
  )
  const writer = new lib.RecordBatchFileWriter()
  writer.reset(undefined, schema)
  const pieces = piecesOf(writer)
  for await (const batch of cellBatches(sheet, batchRows)) {
    const children = types.map((type, at) => dataOf(lib, type, batch, at))
    const struct = new lib.Struct(schema.fields)
    const data = lib.makeData({ type: struct, length: batch.length, nullCount: 0, children })
    writer.write(new lib.RecordBatch(schema, data))
    yield* pieces()
  }
  writer.finish()
  yield* pieces()
}

/** The package that writes Arrow, which not everybody has. */
export async function loadArrow(): Promise<Arrow> {
  return await load(() => import('apache-arrow'), 'Feather', 'apache-arrow@^21.2.0', 'writing')
}

/** What the writer has made since the last time; it never waits for its reader. */
function piecesOf(writer: RecordBatchFileWriter): () => AsyncGenerator<Uint8Array> {
  const queue = writer[Symbol.asyncIterator]()
  let next = queue.next()
  return async function* () {
    for (;;) {
      const nothing = new Promise<undefined>(resolve => {
        setImmediate(resolve, undefined)
      })
      const piece = await Promise.race([next, nothing])
      if (piece === undefined || piece.done === true) return
      next = queue.next()
      yield piece.value
    }
  }
}

function typeOf(lib: Arrow, kind: Kind): DataType {
  switch (kind) {
    case 'boolean':
      return new lib.Bool()
    case 'int64':
      return new lib.Int64()
    case 'uint64':
      return new lib.Uint64()
    case 'float64':
      return new lib.Float64()
    case 'timestamp[ms]':
      return new lib.Timestamp(lib.TimeUnit.MILLISECOND, 'UTC')
    case 'timestamp[us]':
      return new lib.Timestamp(lib.TimeUnit.MICROSECOND, 'UTC')
    case 'timestamp[ns]':
      return new lib.Timestamp(lib.TimeUnit.NANOSECOND, 'UTC')
    default:
      return new lib.Utf8()
  }
}

function dataOf(lib: Arrow, type: DataType, { length, columns }: CellBatch, at: number): Data {
  const cells = columns[at] ?? []
  const { nullBitmap, nullCount } = validityOf(cells)
  const common = { length, nullCount, nullBitmap }
  if (lib.DataType.isBool(type)) return lib.makeData({ ...common, type, data: bitsOf(cells) })
  if (lib.DataType.isUtf8(type)) return lib.makeData({ ...common, type, ...textOf(cells) })
  if (lib.DataType.isFloat(type))
    return lib.makeData({ ...common, type, data: Float64Array.from(cells, Number) })
  const data = new BigInt64Array(length)
  for (let row = 0; row < length; row += 1) {
    const cell = cells[row]
    if (typeof cell === 'bigint') data[row] = cell
  }
  if (lib.DataType.isTimestamp(type)) return lib.makeData({ ...common, type, data })
  // The same 64 bits, whether signed or not.
  const isSigned = (type as { readonly isSigned?: boolean }).isSigned === true
  return isSigned
    ? lib.makeData({ ...common, type: new lib.Int64(), data })
    : lib.makeData({ ...common, type: new lib.Uint64(), data: new BigUint64Array(data.buffer) })
}

function validityOf(cells: readonly Cell[]): { nullBitmap: Uint8Array; nullCount: number } {
  const nullBitmap = new Uint8Array(Math.ceil(cells.length / 64) * 8)
  let nullCount = 0
  for (const [row, cell] of cells.entries())
    if (cell === null) nullCount += 1
    else nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7))
  return { nullBitmap: nullCount === 0 ? new Uint8Array(0) : nullBitmap, nullCount }
}

function bitsOf(cells: readonly Cell[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(cells.length / 64) * 8)
  for (const [row, cell] of cells.entries())
    if (cell === true) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7))
  return bits
}

function textOf(cells: readonly Cell[]): { valueOffsets: Int32Array; data: Uint8Array } {
  const valueOffsets = new Int32Array(cells.length + 1)
  const texts = cells.map(cell => (typeof cell === 'string' ? Buffer.from(cell) : empty))
  for (const [row, text] of texts.entries())
    valueOffsets[row + 1] = (valueOffsets[row] ?? 0) + text.length
  return { valueOffsets, data: Buffer.concat(texts) }
}

const empty = Buffer.alloc(0)
