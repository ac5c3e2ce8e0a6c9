/**
 * Reads Thrift's compact protocol within bounds: a list is never longer than the bytes that are left, so
 * that a length which lies is an error before anything of that length is made.
 */

/** A value as Thrift has it; a struct is a map from field number to value. */
export type Thrift = boolean | number | bigint | Uint8Array | readonly Thrift[] | ThriftStruct
export type ThriftStruct = ReadonlyMap<number, Thrift>

/** Where reading has come to. */
export interface Cursor {
  readonly bytes: Uint8Array
  at: number
}

/** Nesting beyond this is no file that anyone wrote. */
const maxDepth = 64

/** Reads the struct at the cursor and leaves the cursor behind it; throws a plain Error when it is broken. */
export function readStruct(cursor: Cursor, depth = 0): ThriftStruct {
  if (depth > maxDepth) throw new Error('its metadata is nested too deeply')
  const fields = new Map<number, Thrift>()
  let id = 0
  while (true) {
    const head = byte(cursor)
    const type = head & 15
    if (type === 0) return fields
    const delta = head >> 4
    id = delta === 0 ? Number(zigzag(cursor)) : id + delta
    fields.set(id, type === 1 || type === 2 ? type === 1 : value(cursor, type, depth))
  }
}

/** A number field of a struct; `undefined` when it is absent or no number. */
export function numberField(struct: ThriftStruct | undefined, id: number): number | undefined {
  const found = struct?.get(id)
  return typeof found === 'bigint' ? Number(found) : undefined
}

/** A struct field of a struct. */
export function structField(struct: ThriftStruct, id: number): ThriftStruct | undefined {
  const found = struct.get(id)
  return found instanceof Map ? found : undefined
}

/** Reads an unsigned number of at most `bits` bits, seven in a byte. */
export function varint(cursor: Cursor, bits = 64): bigint {
  let result = 0n
  for (let shift = 0; shift < bits; shift += 7) {
    const next = byte(cursor)
    result |= BigInt(next & 127) << BigInt(shift)
    if (next < 128) return result
  }
  throw new Error('its metadata has a number without an end')
}

function value(cursor: Cursor, type: number, depth: number): Thrift {
  switch (type) {
    case 1:
    case 2:
      return byte(cursor) === 1
    case 3:
      return BigInt((byte(cursor) << 24) >> 24)
    case 4:
    case 5:
    case 6:
      return zigzag(cursor)
    case 7:
      return take(cursor, 8n)
    case 8:
      return take(cursor, varint(cursor))
    case 9:
      return list(cursor, depth)
    case 12:
      return readStruct(cursor, depth + 1)
    default:
      throw new Error(`its metadata has a part of unknown type ${type}`)
  }
}

function list(cursor: Cursor, depth: number): Thrift[] {
  const head = byte(cursor)
  const count = head >> 4 === 15 ? varint(cursor) : BigInt(head >> 4)
  if (count > BigInt(cursor.bytes.length - cursor.at)) {
    throw new Error(`its metadata has a list of ${count} parts, more than it has bytes`)
  }
  if (depth > maxDepth) throw new Error('its metadata is nested too deeply')
  return Array.from({ length: Number(count) }, () => value(cursor, head & 15, depth + 1))
}

function zigzag(cursor: Cursor): bigint {
  const raw = varint(cursor)
  return (raw >> 1n) ^ -(raw & 1n)
}

function take(cursor: Cursor, length: bigint): Uint8Array {
  if (length > BigInt(cursor.bytes.length - cursor.at)) throw new Error('its metadata ends early')
  const from = cursor.at
  cursor.at += Number(length)
  return cursor.bytes.subarray(from, cursor.at)
}

function byte(cursor: Cursor): number {
  const found = cursor.bytes[cursor.at++]
  if (found === undefined) throw new Error('its metadata ends early')
  return found
}
