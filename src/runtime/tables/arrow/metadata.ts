import type { Fields } from './flat.ts'
import { checkFlat } from './flat.ts'

/** Where a message lies in an Arrow file. */
export interface Block {
  readonly offset: number
  readonly metadataBytes: number
  readonly bodyBytes: number
}

/** The blocks that an Arrow file's footer lists, dictionaries apart from rows. */
export interface Footer {
  readonly dictionaries: readonly Block[]
  readonly batches: readonly Block[]
}

const blockBytes = 24

/** Checks that `bytes` are an Arrow message whose every part lies inside them. */
export function checkMessage(bytes: Uint8Array): void {
  checkFlat(bytes, message)
}

/** Reads the footer of an Arrow file. */
export function readFooter(bytes: Uint8Array): Footer {
  checkFlat(bytes, footer)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { dictionaries: blocks(view, 2), batches: blocks(view, 3) }
}

function blocks(view: DataView, id: number): Block[] {
  const at = fieldAt(view, view.getUint32(0, true), id)
  return vectorAt(view, at, blockBytes).map(from => ({
    offset: Number(view.getBigInt64(from, true)),
    metadataBytes: view.getInt32(from + 8, true),
    bodyBytes: Number(view.getBigInt64(from + 16, true)),
  }))
}

const unreadable: Readonly<Record<number, string>> = {
  22: 'run_end_encoded',
  25: 'list_view',
  26: 'large_list_view',
}
const highestType = 26

/** Says what in a checked schema cannot be read, naming the column; `undefined` when all can. */
export function schemaFaults(bytes: Uint8Array, where: 'message' | 'footer'): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const root = view.getUint32(0, true)
  const tag = where === 'message' ? fieldAt(view, root, 1) : undefined
  if (where === 'message' && (tag === undefined || view.getUint8(tag) !== 1)) {
    return 'it does not start with a schema'
  }
  const header = pointedAt(view, fieldAt(view, root, where === 'message' ? 2 : 1))
  if (header === undefined) return 'its schema is empty'
  const endian = fieldAt(view, header, 0)
  if (endian !== undefined && view.getInt16(endian, true) !== 0) {
    return 'its numbers are big-endian; write it again on an ordinary machine'
  }
  return fieldFaults(view, fieldAt(view, header, 1), '')
}

function fieldFaults(view: DataView, at: number | undefined, path: string): string | undefined {
  for (const slot of vectorAt(view, at, 4)) {
    const field = slot + view.getUint32(slot, true)
    const name = path + textAt(view, fieldAt(view, field, 0))
    const tagAt = fieldAt(view, field, 2)
    const tag = tagAt === undefined ? 0 : view.getUint8(tagAt)
    if (tag === 0 || tag > highestType || unreadable[tag] !== undefined) {
      const type = unreadable[tag] ?? `type ${tag}`
      return `column ${JSON.stringify(name)} is of ${type}, which apache-arrow does not read; cast it to an ordinary list or array (pyarrow: column.cast(...)) or drop it`
    }
    const deeper = fieldFaults(view, fieldAt(view, field, 5), `${name}.`)
    if (deeper !== undefined) return deeper
  }
  return undefined
}

// These read what `checkFlat` has checked.
function fieldAt(view: DataView, table: number, id: number): number | undefined {
  const vtable = table - view.getInt32(table, true)
  const slot = 4 + id * 2
  const offset = slot + 2 <= view.getUint16(vtable, true) ? view.getUint16(vtable + slot, true) : 0
  return offset === 0 ? undefined : table + offset
}

function pointedAt(view: DataView, at: number | undefined): number | undefined {
  return at === undefined ? undefined : at + view.getUint32(at, true)
}

function vectorAt(view: DataView, at: number | undefined, width: number): number[] {
  const from = pointedAt(view, at)
  if (from === undefined) return []
  return Array.from({ length: view.getUint32(from, true) }, (_, i) => from + 4 + i * width)
}

function textAt(view: DataView, at: number | undefined): string {
  const from = pointedAt(view, at)
  if (from === undefined) return ''
  return Buffer.from(view.buffer, view.byteOffset + from + 4, view.getUint32(from, true)).toString()
}

const byte = { bytes: 1 }
const short = { bytes: 2 }
const int = { bytes: 4 }
const long = { bytes: 8 }
const text = { string: true } as const

// The layout of Arrow's Message.fbs, Schema.fbs and File.fbs, as far as it is read.
const keyValue: Fields = [text, text]
const intType: Fields = [int, byte]
const typesByTag: Readonly<Record<number, Fields>> = {
  2: intType,
  3: [short],
  7: [int, int, int],
  8: [short],
  9: [short, int],
  10: [short, text],
  11: [short],
  14: [short, { vectorOf: 4 }],
  15: [int],
  16: [int],
  17: [byte],
  18: [short],
}
const dictionaryEncoding: Fields = [long, { table: () => intType }, byte, short]
const field: Fields = [
  text,
  byte,
  byte,
  { union: tag => typesByTag[tag] },
  { table: () => dictionaryEncoding },
  { tables: () => field },
  { tables: () => keyValue },
]
const schema: Fields = [short, { tables: () => field }, { tables: () => keyValue }, { vectorOf: 8 }]
const recordBatch: Fields = [
  long,
  { vectorOf: 16 },
  { vectorOf: 16 },
  { table: () => [byte, byte] },
  { vectorOf: 8 },
]
const dictionaryBatch: Fields = [long, { table: () => recordBatch }, byte]
const headersByTag: Readonly<Record<number, Fields>> = {
  1: schema,
  2: dictionaryBatch,
  3: recordBatch,
}
const message: Fields = [
  short,
  byte,
  { union: tag => headersByTag[tag] },
  long,
  { tables: () => keyValue },
]
const footer: Fields = [
  short,
  { table: () => schema },
  { vectorOf: blockBytes },
  { vectorOf: blockBytes },
  { tables: () => keyValue },
]
