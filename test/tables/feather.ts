import { writeFile } from 'node:fs/promises'
import { crc32, zstdCompressSync } from 'node:zlib'
import * as arrow from 'apache-arrow'
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file'
import {
  BodyCompression,
  BufferRegion,
  DictionaryBatch,
  RecordBatch,
} from 'apache-arrow/ipc/metadata/message'
import lz4 from 'lz4js'

/** How the bodies of an Arrow file's batches are written. */
export type Compression = 'none' | 'lz4' | 'zstd'

/**
 * An Arrow file or stream of these batches, as other programs write it. apache-arrow's own writer puts the
 * wrong length before a compressed buffer and leaves the schema out of the start of a file, so that its
 * plain stream is taken apart and put together anew.
 */
export function arrowBytes(
  batches: readonly arrow.RecordBatch[],
  compression: Compression = 'none',
  stream = false,
): Buffer {
  const out: Uint8Array[] = []
  let at = 0
  const put = (bytes: Uint8Array) => {
    out.push(bytes)
    at += bytes.length
  }
  const records: FileBlock[] = []
  const dictionaries: FileBlock[] = []
  if (!stream) put(Buffer.from('ARROW1\0\0'))
  const writer = new arrow.RecordBatchStreamWriter({ autoDestroy: false })
  for (const batch of batches) writer.write(batch)
  writer.finish()
  const plain = writer.toUint8Array(true)
  const schema = arrow.tableFromIPC(plain).schema
  for (const { message, body } of messages(plain)) {
    const packed = message.isSchema() ? { head: message, body } : pack(message, body, compression)
    const metadata = padded(arrow.Message.encode(packed.head))
    const blocks = message.isDictionaryBatch() ? dictionaries : records
    if (!message.isSchema()) blocks.push(new FileBlock(metadata.length + 8, packed.body.length, at))
    const prefix = Buffer.alloc(8)
    prefix.writeInt32LE(-1, 0)
    prefix.writeInt32LE(metadata.length, 4)
    for (const part of [prefix, metadata, packed.body]) put(part)
  }
  put(Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]))
  if (stream) return Buffer.concat(out)
  const footer = Footer.encode(new Footer(schema, arrow.MetadataVersion.V5, records, dictionaries))
  const length = Buffer.alloc(4)
  length.writeInt32LE(footer.length)
  for (const part of [footer, length, Buffer.from('ARROW1')]) put(part)
  return Buffer.concat(out)
}

function* messages(plain: Uint8Array) {
  const bytes = Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength)
  for (let at = 0; bytes.readInt32LE(at + 4) !== 0; ) {
    const length = bytes.readInt32LE(at + 4)
    const message = arrow.Message.decode(bytes.subarray(at + 8, at + 8 + length))
    const from = at + 8 + length
    at = from + message.bodyLength
    yield { message, body: bytes.subarray(from, at) }
  }
}

function pack(message: arrow.Message, body: Buffer, compression: Compression) {
  if (compression === 'none') return { head: message, body }
  const header = message.header() as RecordBatch | DictionaryBatch
  const batch = header instanceof DictionaryBatch ? header.data : header
  const parts: Buffer[] = []
  let at = 0
  const regions = batch.buffers.map(({ offset, length }) => {
    if (length === 0) return new BufferRegion(at, 0)
    const prefix = Buffer.alloc(8)
    prefix.writeBigInt64LE(BigInt(length))
    const input = body.subarray(offset, offset + length)
    const part = Buffer.concat([
      prefix,
      compression === 'lz4' ? packLz4(input) : zstdCompressSync(input),
    ])
    const region = new BufferRegion(at, part.length)
    parts.push(padded(part))
    at += padded(part).length
    return region
  })
  const type = compression === 'lz4' ? arrow.CompressionType.LZ4_FRAME : arrow.CompressionType.ZSTD
  const packed = new RecordBatch(
    batch.length,
    batch.nodes,
    regions,
    new BodyCompression(type),
    batch.variadicBufferCounts,
  )
  const head =
    header instanceof DictionaryBatch
      ? new DictionaryBatch(packed, header.id, header.isDelta)
      : packed
  return { head: arrow.Message.from(head, at), body: Buffer.concat(parts) }
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)])
}

/** A Feather file of `rows` rows in the shape of pandas' cells, seven columns, in batches as pandas writes them. */
export async function writeCells(path: string, rows: number): Promise<void> {
  const perBatch = 65_536
  const whole = cellsBatch(Math.min(rows, perBatch))
  const one = arrowBytes([whole], 'lz4')
  const copies = Math.max(1, Math.round(rows / perBatch))
  await writeFile(path, copies === 1 ? one : repeated(one, copies))
}

/** The file with its one batch listed `copies` times over, each copy written out. */
function repeated(one: Buffer, copies: number): Uint8Array[] {
  const footerLength = one.readInt32LE(one.length - 10)
  const footer = Footer.decode(one.subarray(one.length - 10 - footerLength, one.length - 10))
  const batch = footer.getRecordBatch(0)
  if (batch === null) throw new Error('no batch was written')
  const size = batch.metaDataLength + batch.bodyLength
  const body = one.subarray(batch.offset, batch.offset + size)
  const blocks = Array.from(
    { length: copies },
    (_, i) => new FileBlock(batch.metaDataLength, batch.bodyLength, batch.offset + i * size),
  )
  const again = Footer.encode(
    new Footer(footer.schema, footer.version, blocks, [...footer.dictionaryBatches()]),
  )
  const length = Buffer.alloc(4)
  length.writeInt32LE(again.length)
  return [
    one.subarray(0, batch.offset),
    ...blocks.map(() => body),
    again,
    length,
    Buffer.from('ARROW1'),
  ]
}

/** One batch: two 64-bit ids, a small integer, a float with gaps, a name, a flag and a category. */
function cellsBatch(rows: number): arrow.RecordBatch {
  const random = seeded(7)
  const ids = BigUint64Array.from(
    { length: rows },
    () => 864_691_135_494_192_529n + BigInt(Math.floor(random() * 1e12)),
  )
  const segments = BigInt64Array.from(
    { length: rows },
    () => BigInt(Math.floor((random() - 0.5) * 8e9)) * 1_000_000_007n,
  )
  const small = Int32Array.from({ length: rows }, () => Math.floor(random() * 1000))
  const scores = Array.from({ length: rows }, () =>
    random() < 0.05 ? null : Math.round((random() - 0.5) * 4e6) / 1e6,
  )
  const vectors = {
    root_id: arrow.makeVector(ids),
    segment: arrow.makeVector(segments),
    small: arrow.makeVector(small),
    score: arrow.vectorFromArray(scores, new arrow.Float64()),
    name: arrow.vectorFromArray(
      Array.from(small, (n, i) => `cell ${i}-${n}`),
      new arrow.LargeUtf8(),
    ),
    flag: arrow.vectorFromArray(
      Array.from(small, n => n % 3 === 0),
      new arrow.Bool(),
    ),
    region: arrow.vectorFromArray(
      Array.from(small, n => ['LM', 'AL', 'V1', 'RL'][n % 4] as string),
      new arrow.Dictionary(new arrow.LargeUtf8(), new arrow.Int8()),
    ),
  }
  const [batch] = new arrow.Table(vectors).batches
  if (batch === undefined) throw new Error('no batch was made')
  return batch
}

/** A small generator of numbers in [0, 1) that repeats itself for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const memo = new Map<string, Uint8Array>()

/** The same buffer is compressed once: large tables repeat a batch. */
function packLz4(bytes: Uint8Array): Uint8Array {
  const key = `${crc32(bytes)}:${bytes.length}`
  const found = memo.get(key) ?? lz4.compress(bytes)
  memo.set(key, found)
  return found
}

/** Gives apache-arrow the LZ4 decoder it does not bring. */
export function registerLz4(): void {
  arrow.compressionRegistry.set(arrow.CompressionType.LZ4_FRAME, {
    encode: bytes => lz4.compress(bytes),
    decode: bytes => lz4.decompress(bytes),
  })
}
