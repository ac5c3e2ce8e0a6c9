/**
 * Walks the pages of a column chunk before hyparquet decodes them. hyparquet trusts the counts in page
 * heads and runs: one flipped bit in a run can make it fill memory. Here every count is held against what
 * the file says elsewhere and against the bytes that are there.
 */
import { crc32 } from 'node:zlib'
import {
  type Cursor,
  numberField,
  readStruct,
  structField,
  type ThriftStruct,
  varint,
} from './thrift.ts'

/** What the schema and the footer say of a column chunk. */
export interface Chunk {
  readonly values: number
  readonly maxDefinition: number
  readonly maxRepetition: number
  readonly isBoolean: boolean
  readonly decompress: (input: Uint8Array, length: number) => Uint8Array
}

/** Values in one page; a page of more would take more memory than a table may. */
const maxPageValues = 2 ** 24
const maxPageBytes = 2 ** 28
const dictionaryPage = 2
const dataPage = 0
const dataPageV2 = 3

/** Throws a plain Error unless the pages in `bytes` hold exactly the values they should. */
export function checkPages(bytes: Uint8Array, chunk: Chunk): void {
  const cursor: Cursor = { bytes, at: 0 }
  let values = 0
  while (values < chunk.values) {
    if (cursor.at >= bytes.length) {
      throw new Error(`a column has ${values} values where ${chunk.values} were promised`)
    }
    const head = readStruct(cursor)
    const size = count(head, 3, bytes.length - cursor.at)
    const page = bytes.subarray(cursor.at, cursor.at + size)
    cursor.at += size
    const crc = numberField(head, 4)
    if (crc !== undefined && (crc | 0) !== (crc32(page) | 0)) {
      throw new Error('a page does not match its checksum')
    }
    values += checkPage(head, page, chunk)
  }
  if (values !== chunk.values) {
    throw new Error(`a column has ${values} values where ${chunk.values} were promised`)
  }
}

/** Checks one page and answers how many values it adds. */
function checkPage(head: ThriftStruct, page: Uint8Array, chunk: Chunk): number {
  const length = count(head, 2, maxPageBytes)
  const type = numberField(head, 1)
  if (type === dictionaryPage) {
    count(structField(head, 7), 1, maxPageValues)
    unpack(page, length, chunk)
    return 0
  }
  if (type === dataPage) {
    const info = structField(head, 5)
    const values = count(info, 1, maxPageValues)
    const cursor: Cursor = { bytes: unpack(page, length, chunk), at: 0 }
    checkLevels(cursor, chunk.maxRepetition, values)
    checkLevels(cursor, chunk.maxDefinition, values)
    checkValues(cursor, numberField(info, 2), values, chunk)
    return values
  }
  if (type === dataPageV2) return checkPageV2(structField(head, 8), page, length, chunk)
  throw new Error(`a page is of type ${type}, which holds no rows`)
}

function checkPageV2(
  info: ThriftStruct | undefined,
  page: Uint8Array,
  length: number,
  chunk: Chunk,
): number {
  const values = count(info, 1, maxPageValues)
  count(info, 2, values)
  const definitions = count(info, 5, page.length)
  const repetitions = count(info, 6, page.length - definitions)
  checkRuns({ bytes: page.subarray(0, repetitions), at: 0 }, bitsFor(chunk.maxRepetition), values)
  const levels = page.subarray(repetitions, repetitions + definitions)
  checkRuns({ bytes: levels, at: 0 }, bitsFor(chunk.maxDefinition), values)
  const packed = page.subarray(repetitions + definitions)
  const plain = length - repetitions - definitions
  if (plain < 0) throw new Error('a page is shorter than its levels')
  const bytes = info?.get(7) === false ? packed : unpack(packed, plain, chunk)
  checkValues({ bytes, at: 0 }, numberField(info, 4), values, chunk)
  return values
}

function unpack(page: Uint8Array, length: number, chunk: Chunk): Uint8Array {
  const bytes = chunk.decompress(page, length)
  if (bytes.length !== length) {
    throw new Error(`a page holds ${bytes.length} bytes where ${length} were declared`)
  }
  return bytes
}

function checkLevels(cursor: Cursor, max: number, values: number): void {
  if (max === 0) return
  const { bytes, at } = cursor
  if (at + 4 > bytes.length) throw new Error('a page ends early')
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true)
  if (length > bytes.length - at - 4) throw new Error('a page ends early')
  checkRuns({ bytes: bytes.subarray(at + 4, at + 4 + length), at: 0 }, bitsFor(max), values)
  cursor.at = at + 4 + length
}

const plain = 0
const plainDictionary = 2
const rle = 3
const deltaPacked = 5
const deltaLength = 6
const deltaBytes = 7
const rleDictionary = 8

function checkValues(
  cursor: Cursor,
  encoding: number | undefined,
  values: number,
  chunk: Chunk,
): void {
  switch (encoding) {
    case plain:
      return
    case plainDictionary:
    case rleDictionary: {
      const width = cursor.bytes[cursor.at++] ?? 0
      if (width > 32) throw new Error(`a page has places of ${width} bits`)
      if (width > 0) checkRuns(cursor, width, values)
      return
    }
    case rle:
      if (chunk.isBoolean) checkLevels(cursor, 1, values)
      return
    case deltaPacked:
    case deltaLength:
    case deltaBytes:
      checkDelta(cursor)
      return
    default:
      return
  }
}

/** Runs must add up to the values, but for the last group of eight, which may be padded. */
function checkRuns(cursor: Cursor, width: number, values: number): void {
  const end = cursor.bytes.length
  let found = 0
  while (width > 0 && found < values && cursor.at < end) {
    const head = Number(varint(cursor, 35))
    const size = head % 2 === 1 ? Math.floor(head / 2) * 8 : Math.floor(head / 2)
    if (head % 2 === 1) {
      if (found + size > values + 503 + 8) throw new Error('a run is longer than its page')
      cursor.at += (size / 8) * width
    } else {
      if (found + size > values) throw new Error('a run is longer than its page')
      cursor.at += Math.ceil(width / 8)
    }
    if (size === 0) throw new Error('a run is empty')
    found += size
  }
}

/** A delta block holds at most this many values in any writer. */
const maxBlock = 2 ** 16

function checkDelta(cursor: Cursor): void {
  const block = Number(varint(cursor, 35))
  const parts = Number(varint(cursor, 35))
  if (!(block > 0 && block <= maxBlock && parts > 0 && block % parts === 0)) {
    throw new Error(`a page has delta blocks of ${block} values in ${parts} parts`)
  }
}

function count(struct: ThriftStruct | undefined, id: number, max: number): number {
  const found = numberField(struct, id)
  if (found === undefined || found < 0 || found > max) {
    throw new Error(`a page claims ${found} bytes or values where at most ${max} are possible`)
  }
  return found
}

function bitsFor(max: number): number {
  return 32 - Math.clz32(max)
}
