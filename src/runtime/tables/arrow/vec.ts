import { isAscii, isUtf8 } from 'node:buffer'
import { aligned } from './codec.ts'
import type { Kind } from './kinds.ts'

/** A column of one batch: its buffers, checked so that no row can reach outside them. */
export interface Vec {
  readonly kind: Kind
  readonly length: number
  /** One bit a row, set where there is a value; `undefined` when every row has one. */
  readonly valid: Uint8Array<ArrayBuffer> | undefined
  readonly values: Uint8Array<ArrayBuffer>
  /** Where each row's stretch of `values` or of the child starts; 64-bit ones by their low halves. */
  readonly offsets: Int32Array
  /** From one row's offset to the next: 1, or 2 for 64-bit offsets. */
  readonly stride: 1 | 2
  readonly children: readonly Vec[]
  /** The further buffers of a view column. */
  readonly buffers: readonly Uint8Array<ArrayBuffer>[]
  /** The values of a dictionary column, in the pieces in which they arrived. */
  readonly dictionary: readonly Vec[]
}

/** The parts of a record batch, handed out in the order of the format: depth first. */
export interface Parts {
  node(): { readonly length: number; readonly nullCount: number }
  buffer(): Uint8Array<ArrayBuffer>
  /** Passes over a buffer that is not needed. */
  skip(): void
  variadicCount(): number
  dictionary(id: number): readonly Vec[]
}

/** A fault in the buffers of a column, with the row (from 0) where it can be told. */
export class VecError extends Error {
  readonly row: number | undefined

  constructor(message: string, row?: number) {
    super(message)
    this.row = row
  }
}

/** Takes a column's buffers from `parts` and checks them; `cellBytes` bounds a single value. */
export function takeVec(kind: Kind, parts: Parts, cellBytes: number): Vec {
  const { length, nullCount } = parts.node()
  if (!(Number.isSafeInteger(length) && length >= 0))
    throw new VecError(`it claims ${length} values`)
  const bare: Vec = {
    kind,
    length,
    valid: undefined,
    values: none,
    offsets: noOffsets,
    stride: 1,
    children: [],
    buffers: [],
    dictionary: [],
  }
  if (kind.is === 'null') return bare
  const valid =
    nullCount === 0 ? skipped(parts) : atLeast(parts.buffer(), Math.ceil(length / 8), true)
  const base = { ...bare, valid: valid.length === 0 ? undefined : valid }
  switch (kind.is) {
    case 'text':
    case 'binary':
      if (kind.width === 'view') return takeView(base, parts, cellBytes)
      return takeBytes(base, parts, kind.width, cellBytes)
    case 'list':
    case 'map':
      return takeList(base, parts, kind, cellBytes)
    case 'fixedList': {
      if (kind.size > cellBytes) throw new VecError(`its lists have ${kind.size} items each`)
      const item = takeVec(kind.item, parts, cellBytes)
      if (item.length < length * kind.size)
        throw new VecError(`its lists hold ${item.length} items, too few`)
      return { ...base, children: [item] }
    }
    case 'struct': {
      const children = kind.fields.map(field => takeVec(field.kind, parts, cellBytes))
      const short = children.find(child => child.length < length)
      if (short !== undefined)
        throw new VecError(`a field has ${short.length} values for ${length} rows`)
      return { ...base, children }
    }
    case 'dictionary': {
      const bytes = aligned(atLeast(parts.buffer(), length * (kind.index.bits / 8)))
      const dictionary = parts.dictionary(kind.id)
      const vec = { ...base, values: bytes, dictionary }
      checkIndexes(
        vec,
        kind.index.bits,
        dictionary.reduce((sum, piece) => sum + piece.length, 0),
      )
      return vec
    }
    default:
      return {
        ...base,
        values: aligned(atLeast(parts.buffer(), Math.ceil(length * widthOf(kind)))),
      }
  }
}

/** Whether the row holds a value. */
export function isValid(valid: Uint8Array<ArrayBuffer> | undefined, row: number): boolean {
  return valid === undefined || (((valid[row >> 3] as number) >> (row & 7)) & 1) === 1
}

const none = new Uint8Array(0)
const noOffsets = new Int32Array(1)

function skipped(parts: Parts): Uint8Array<ArrayBuffer> {
  parts.skip()
  return none
}

function atLeast(
  bytes: Uint8Array<ArrayBuffer>,
  needed: number,
  orNone = false,
): Uint8Array<ArrayBuffer> {
  if (bytes.length >= needed || (orNone && bytes.length === 0)) return bytes
  throw new VecError(`a buffer has ${bytes.length} bytes where ${needed} are needed`)
}

/** Bytes a value of fixed width takes. */
function widthOf(kind: Kind): number {
  switch (kind.is) {
    case 'bool':
      return 1 / 8
    case 'fixedBinary':
      return kind.bytes
    case 'int':
    case 'float':
    case 'decimal':
    case 'date':
    case 'time':
      return kind.bits / 8
    default:
      return 8
  }
}

type Offsets = Pick<Vec, 'offsets' | 'stride'>

function takeOffsets(parts: Parts, length: number, width: 4 | 8): Offsets {
  const buffer = parts.buffer()
  if (length === 0) return { offsets: noOffsets, stride: 1 }
  const bytes = aligned(atLeast(buffer, (length + 1) * width))
  const offsets = new Int32Array(bytes.buffer, bytes.byteOffset, ((length + 1) * width) / 4)
  return { offsets, stride: width === 4 ? 1 : 2 }
}

function checkOffsets(
  { offsets, stride }: Offsets,
  length: number,
  end: number,
  longest: number,
): void {
  let before = offsets[0] as number
  if (before < 0) throw new VecError('an offset is negative', 0)
  if (stride === 2) {
    for (let i = 1; i < offsets.length; i += 2) {
      if (offsets[i] !== 0)
        throw new VecError(`an offset lies beyond its ${end} bytes`, (i - 1) / 2)
    }
  }
  for (let row = 0; row < length; row++) {
    const next = offsets[(row + 1) * stride] as number
    if (next < before) throw new VecError('an offset goes backwards', row)
    if (next - before > longest) {
      throw new VecError(
        `a value of ${next - before} bytes is longer than ${longest} (limits.cellBytes)`,
        row,
      )
    }
    before = next
  }
  if (before > end)
    throw new VecError(`an offset, ${before}, lies beyond its ${end} bytes`, length - 1)
}

function takeBytes(base: Vec, parts: Parts, width: 4 | 8, cellBytes: number): Vec {
  const offsets = takeOffsets(parts, base.length, width)
  const values = parts.buffer()
  checkOffsets(offsets, base.length, values.length, cellBytes)
  const vec = { ...base, ...offsets, values }
  if (base.kind.is === 'text') checkText(vec)
  return vec
}

function checkText(vec: Vec): void {
  const { offsets, stride, values, length } = vec
  const from = offsets[0] as number
  const used = values.subarray(from, offsets[length * stride] as number)
  if (isAscii(used)) return
  let whole = isUtf8(used)
  for (let row = 0; whole && row < length; row++) {
    // A value that starts inside a character is broken, though the buffer as a whole is not.
    const at = offsets[row * stride] as number
    if (((values[at] ?? 0) & 0xc0) === 0x80 && at < (offsets[length * stride] as number))
      whole = false
  }
  if (whole) return
  for (let row = 0; row < length; row++) {
    const bytes = values.subarray(offsets[row * stride], offsets[(row + 1) * stride])
    if (isValid(vec.valid, row) && !isUtf8(bytes))
      throw new VecError('its text is not valid UTF-8', row)
  }
}

/** Views of at most this many bytes carry their bytes with them. */
const inlineBytes = 12

function takeView(base: Vec, parts: Parts, cellBytes: number): Vec {
  const values = aligned(atLeast(parts.buffer(), base.length * 16))
  const count = parts.variadicCount()
  const buffers: Uint8Array<ArrayBuffer>[] = []
  for (let i = 0; i < count; i++) buffers.push(parts.buffer())
  const vec = { ...base, values, buffers }
  const words = new Int32Array(values.buffer, values.byteOffset, base.length * 4)
  for (let row = 0; row < base.length; row++) {
    if (!isValid(base.valid, row)) continue
    const length = words[row * 4] as number
    if (length < 0 || length > cellBytes)
      throw new VecError(`a value claims ${length} bytes (limits.cellBytes: ${cellBytes})`, row)
    if (length > inlineBytes) {
      const buffer = buffers[words[row * 4 + 2] as number]
      const at = words[row * 4 + 3] as number
      if (buffer === undefined || at < 0 || at + length > buffer.length) {
        throw new VecError('a value lies outside the buffers', row)
      }
    }
    if (base.kind.is === 'text' && !isUtf8(viewBytes(vec, words, row))) {
      throw new VecError('its text is not valid UTF-8', row)
    }
  }
  return vec
}

/** The bytes a row of a view column stands for; `words` is its values as 32-bit integers. */
export function viewBytes(vec: Vec, words: Int32Array, row: number): Uint8Array<ArrayBuffer> {
  const length = words[row * 4] as number
  if (length <= inlineBytes) return vec.values.subarray(row * 16 + 4, row * 16 + 4 + length)
  const at = words[row * 4 + 3] as number
  return (vec.buffers[words[row * 4 + 2] as number] as Uint8Array<ArrayBuffer>).subarray(
    at,
    at + length,
  )
}

function takeList(
  base: Vec,
  parts: Parts,
  kind: Extract<Kind, { is: 'list' | 'map' }>,
  cellBytes: number,
): Vec {
  const offsets = takeOffsets(parts, base.length, kind.is === 'list' ? kind.width : 4)
  const item = takeVec(kind.is === 'list' ? kind.item : kind.entries, parts, cellBytes)
  checkOffsets(offsets, base.length, item.length, cellBytes)
  return { ...base, ...offsets, children: [item] }
}

function checkIndexes(vec: Vec, bits: 8 | 16 | 32 | 64, count: number): void {
  const at = indexReader(vec, bits)
  for (let row = 0; row < vec.length; row++) {
    const index = at(row)
    if (!(index >= 0 && index < count) && isValid(vec.valid, row)) {
      throw new VecError(`it refers to entry ${index} of a dictionary of ${count}`, row)
    }
  }
}

/** Reads the row's place in the dictionary; 64-bit places beyond 2^31 come out negative. */
export function indexReader(vec: Vec, bits: 8 | 16 | 32 | 64): (row: number) => number {
  const { buffer, byteOffset } = vec.values
  const signed = vec.kind.is === 'dictionary' && vec.kind.index.signed
  if (bits === 8) {
    const ints = signed ? new Int8Array(buffer, byteOffset, vec.length) : vec.values
    return row => ints[row] as number
  }
  if (bits === 16) {
    const ints = new (signed ? Int16Array : Uint16Array)(buffer, byteOffset, vec.length)
    return row => ints[row] as number
  }
  if (bits === 32) {
    const ints = new Int32Array(buffer, byteOffset, vec.length)
    return row => ints[row] as number
  }
  const halves = new Int32Array(buffer, byteOffset, vec.length * 2)
  return row => (halves[row * 2 + 1] === 0 ? (halves[row * 2] as number) : -1)
}
