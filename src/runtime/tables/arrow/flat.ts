/**
 * Checks a flatbuffer before anybody decodes it: every offset, length and string lies inside the buffer.
 * apache-arrow's decoder trusts what it reads, so that one flipped bit can make it loop over two
 * thousand million fields; after this check it cannot.
 */

/** What a field of a table is: bytes in place, a string, a table, or a vector of one of them. */
export type Shape =
  | { readonly bytes: number }
  | { readonly string: true }
  | { readonly table: () => Fields }
  | { readonly vectorOf: number }
  | { readonly tables: () => Fields }
  | { readonly union: (tag: number) => Fields | undefined }

/** The fields of a table in the order of their ids. */
export type Fields = readonly Shape[]

/** Nesting beyond this is no schema that anyone wrote. */
const maxDepth = 64

/** Throws a plain Error unless `bytes` holds a flatbuffer whose root has these fields. */
export function checkFlat(bytes: Uint8Array, root: Fields): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // Tables may share parts; the budget keeps a crafted web of them from being walked for ever.
  const state = { view, size: bytes.byteLength, budget: bytes.byteLength * 2 + 1000 }
  checkTable(state, pointer(state, 0), root, 0)
}

interface State {
  readonly view: DataView
  readonly size: number
  budget: number
}

function checkTable(state: State, at: number, fields: Fields, depth: number): void {
  if (depth > maxDepth) throw new Error('its metadata is nested too deeply')
  spend(state, 1)
  inside(state, at, 4)
  const vtable = at - state.view.getInt32(at, true)
  inside(state, vtable, 4)
  const vtableSize = state.view.getUint16(vtable, true)
  const tableSize = state.view.getUint16(vtable + 2, true)
  if (vtableSize < 4) throw new Error('its metadata has a table without a size')
  inside(state, vtable, vtableSize)
  inside(state, at, tableSize)
  let tag = 0
  for (const [id, shape] of fields.entries()) {
    const slot = 4 + id * 2
    const offset = slot + 2 <= vtableSize ? state.view.getUint16(vtable + slot, true) : 0
    if (offset === 0) {
      tag = 0
      continue
    }
    const width = 'bytes' in shape ? shape.bytes : 4
    if (offset + width > tableSize) throw new Error('its metadata has a field outside its table')
    if ('bytes' in shape) tag = shape.bytes === 1 ? state.view.getUint8(at + offset) : 0
    else checkPointed(state, pointer(state, at + offset), shape, tag, depth)
  }
}

function checkPointed(
  state: State,
  at: number,
  shape: Exclude<Shape, { bytes: number }>,
  tag: number,
  depth: number,
): void {
  if ('table' in shape) checkTable(state, at, shape.table(), depth + 1)
  else if ('union' in shape) {
    const fields = shape.union(tag)
    if (fields !== undefined) checkTable(state, at, fields, depth + 1)
  } else if ('string' in shape) checkVector(state, at, 1)
  else if ('vectorOf' in shape) checkVector(state, at, shape.vectorOf)
  else {
    const count = checkVector(state, at, 4)
    for (let i = 0; i < count; i++) {
      checkTable(state, pointer(state, at + 4 + i * 4), shape.tables(), depth + 1)
    }
  }
}

function checkVector(state: State, at: number, width: number): number {
  inside(state, at, 4)
  const count = state.view.getUint32(at, true)
  inside(state, at + 4, count * width)
  spend(state, count)
  return count
}

function pointer(state: State, at: number): number {
  inside(state, at, 4)
  return at + state.view.getUint32(at, true)
}

function inside(state: State, at: number, length: number): void {
  if (!(at >= 0 && at + length <= state.size)) throw new Error('its metadata points outside itself')
}

function spend(state: State, count: number): void {
  state.budget -= count
  if (state.budget < 0) throw new Error('its metadata refers to the same parts over and over')
}
