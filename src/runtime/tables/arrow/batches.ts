import { isDeepStrictEqual } from 'node:util'
import type * as arrow from 'apache-arrow'
import { badCell, corrupt } from '../faults.ts'
import type { TableFile } from '../file.ts'
import type { TableLimits } from '../table.ts'
import { type Allocate, Arena, fresh } from './arena.ts'
import { type Codec, decompress } from './codec.ts'
import type { Kind, KindField } from './kinds.ts'
import { type ArrowMessage, messagesOf } from './messages.ts'
import { type Parts, takeVec, type Vec, VecError } from './vec.ts'

/** One record batch, checked: a column for each field, all of the same length. */
export interface VecBatch {
  readonly first: number
  readonly length: number
  readonly vecs: readonly Vec[]
}

/** What is needed to read the record batches of a file. */
export interface Layout {
  readonly lib: typeof arrow
  readonly file: TableFile
  readonly stream: boolean
  readonly fields: readonly KindField[]
  readonly limits: TableLimits
}

type RecordHead = ReturnType<arrow.Message<arrow.MessageHeader.RecordBatch>['header']>

/** Reads the record batches in order; dictionaries are kept as they come. */
export async function* vecBatches(layout: Layout): AsyncGenerator<VecBatch> {
  const { file, lib, stream, fields, limits } = layout
  const dictionaries = new Map<number, readonly Vec[]>()
  const kinds = dictionaryKinds(file, fields)
  const arena = new Arena()
  let first = 0
  for await (const message of messagesOf(lib, file, stream)) {
    const head = message.message
    if (head.isDictionaryBatch()) {
      const batch = head.header()
      const kind = kinds.get(batch.id)
      if (kind === undefined)
        throw corrupt(file.name, `dictionary ${batch.id} belongs to no column`)
      const parts = await partsOf(layout, message, batch.data, dictionaries, fresh)
      const vec = takeVec(kind, parts, limits.cellBytes)
      const before = batch.isDelta ? (dictionaries.get(batch.id) ?? []) : []
      dictionaries.set(batch.id, [...before, vec])
    } else if (head.isRecordBatch()) {
      const batch = head.header()
      const { length } = batch
      checkRows(layout, batch)
      arena.reset()
      const parts = await partsOf(layout, message, batch, dictionaries, length =>
        arena.take(length),
      )
      const vecs = fields.map(field => takeField(layout, field, parts, first, length))
      if (length > 0) yield { first, length, vecs }
      first += length
    } else throw corrupt(file.name, 'a message is neither rows nor a dictionary')
  }
}

/** Names the column and the row of a fault found in its buffers. */
export function named<Result>(
  file: TableFile,
  column: string,
  first: number,
  run: () => Result,
): Result {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof VecError)) throw error
    const row = error.row === undefined ? undefined : first + error.row + 1
    throw badCell(file.name, column, row, `${error.message}.`)
  }
}

/** Rows that take no bytes at all, as of null columns, can be claimed without end. */
const bodylessRows = 2 ** 24

function checkRows({ file, fields }: Layout, { length }: RecordHead): void {
  const isBound = fields.some(field => takesBytes(field.kind))
  if (!(Number.isSafeInteger(length) && length >= 0) || (!isBound && length > bodylessRows)) {
    throw corrupt(file.name, `a batch claims ${length} rows without the bytes for them`)
  }
}

function takesBytes(kind: Kind): boolean {
  if (kind.is === 'null') return false
  if (kind.is === 'struct') return kind.fields.some(field => takesBytes(field.kind))
  if (kind.is === 'fixedBinary') return kind.bytes > 0
  return kind.is !== 'fixedList' || (kind.size > 0 && takesBytes(kind.item))
}

function takeField(
  { file, limits }: Layout,
  field: KindField,
  parts: Parts,
  first: number,
  rows: number,
): Vec {
  return named(file, field.name, first, () => {
    const vec = takeVec(field.kind, parts, limits.cellBytes)
    if (vec.length !== rows)
      throw new VecError(`it has ${vec.length} values in a batch of ${rows} rows`)
    return vec
  })
}

async function partsOf(
  { file, limits, lib }: Layout,
  { message, bodyAt, bodyBytes }: ArrowMessage,
  head: RecordHead,
  dictionaries: ReadonlyMap<number, readonly Vec[]>,
  allocate: Allocate,
): Promise<Parts> {
  if (bodyBytes > limits.batchBytes) {
    throw corrupt(
      file.name,
      `a batch of ${bodyBytes} bytes is larger than ${limits.batchBytes} (limits.batchBytes); write it in smaller batches`,
    )
  }
  if (message.version < lib.MetadataVersion.V4) {
    throw corrupt(file.name, 'it is of a version before Arrow 0.8, which nobody reads any more')
  }
  const body = await file.read(bodyAt, bodyBytes, allocate(bodyBytes))
  const codec = codecOf(lib, file, head)
  let left = limits.batchBytes
  let nodes = 0
  let buffers = 0
  let variadics = 0
  const next = () => {
    const region = head.buffers[buffers++]
    if (region === undefined) throw new VecError('its batch has too few buffers')
    const { offset, length } = region
    if (!(offset >= 0 && length >= 0 && offset + length <= bodyBytes)) {
      throw new VecError(
        `a buffer of ${length} bytes at ${offset} lies outside its batch of ${bodyBytes}`,
      )
    }
    return body.subarray(offset, offset + length)
  }
  return {
    node() {
      const node = head.nodes[nodes++]
      if (node === undefined) throw new VecError('its batch has too few columns')
      return node
    },
    skip: () => void next(),
    buffer() {
      const input = next()
      try {
        const bytes = decompress(codec, input, left, allocate)
        left -= bytes.length
        return bytes
      } catch (error) {
        throw new VecError(error instanceof Error ? error.message : String(error))
      }
    },
    variadicCount() {
      const count = head.variadicBufferCounts[variadics++] ?? 0
      if (!(count >= 0 && count <= head.buffers.length))
        throw new VecError(`it claims ${count} buffers`)
      return count
    },
    dictionary: id => dictionaries.get(id) ?? [],
  }
}

function codecOf(lib: typeof arrow, file: TableFile, head: RecordHead): Codec {
  const type = head.compression?.type
  if (type === undefined) return 'none'
  if (type === lib.CompressionType.LZ4_FRAME) return 'lz4'
  if (type === lib.CompressionType.ZSTD) return 'zstd'
  throw corrupt(file.name, `its batches are compressed by a codec which Arrow does not have`)
}

/** The kind of each dictionary's values. A dictionary is of one kind, and not part of itself: else its size has no bound. */
function dictionaryKinds(file: TableFile, fields: readonly KindField[]): Map<number, Kind> {
  const kinds = new Map<number, Kind>()
  const visit = (kind: Kind): void => {
    if (kind.is === 'dictionary') {
      const known = kinds.get(kind.id)
      if (known !== undefined && !isDeepStrictEqual(known, kind.of)) {
        throw corrupt(file.name, `dictionary ${kind.id} is of two types`)
      }
      kinds.set(kind.id, kind.of)
      visit(kind.of)
    } else if (kind.is === 'list' || kind.is === 'fixedList') visit(kind.item)
    else if (kind.is === 'map') visit(kind.entries)
    else if (kind.is === 'struct') for (const field of kind.fields) visit(field.kind)
  }
  for (const field of fields) visit(field.kind)
  return kinds
}
