import type { FileMetaData, SchemaElement } from 'hyparquet'
import { type Kind, type KindField, refusal } from '../arrow/kinds.ts'
import { checkName } from '../columns.ts'
import type { Raw } from '../values.ts'
import { type Leaf, leafOf } from './kinds.ts'

/** A column: its kind, and how a stored value becomes a cell. */
export interface ParquetColumn extends KindField {
  readonly nullable: boolean
  readonly raw: (stored: unknown) => Raw
}

/** A leaf in the order of the column chunks, with its levels. */
export interface ParquetLeaf {
  readonly path: string
  readonly maxDefinition: number
  readonly maxRepetition: number
  readonly isBoolean: boolean
}

/** What a file says of its columns. */
export interface ParquetSchema {
  readonly columns: readonly ParquetColumn[]
  readonly leaves: readonly ParquetLeaf[]
  /** The schema as hyparquet is to see it: without the types it would translate with loss. */
  readonly elements: readonly SchemaElement[]
}

/** Reads the flat list of schema elements as a tree and translates it. */
export function readSchema(table: string, metadata: FileMetaData): ParquetSchema {
  const state: State = { table, source: metadata.schema, at: 1, elements: [], leaves: [] }
  const root = metadata.schema[0]
  if (root === undefined) throw new Error('it has no schema')
  state.elements.push(root)
  const columns: ParquetColumn[] = []
  for (let i = 0; i < (root.num_children ?? 0); i++) {
    columns.push(readNode(state, { path: '', definition: 0, repetition: 0 }))
  }
  if (state.at !== metadata.schema.length) throw new Error('its schema has parts of no column')
  return { columns, leaves: state.leaves, elements: state.elements }
}

interface State {
  readonly table: string
  readonly source: readonly SchemaElement[]
  at: number
  readonly elements: SchemaElement[]
  readonly leaves: ParquetLeaf[]
}

interface Above {
  readonly path: string
  readonly definition: number
  readonly repetition: number
}

function readNode(state: State, above: Above): ParquetColumn {
  const element = state.source[state.at++]
  if (element === undefined || state.at > 100_000)
    throw new Error('its schema lacks parts it promises')
  const { name, repetition_type: repetition } = element
  if (typeof name !== 'string') throw new Error('its schema has a part without a name')
  checkName(state.table, name)
  const nullable = repetition !== 'REQUIRED'
  const here = {
    path: above.path === '' ? name : `${above.path}.${name}`,
    definition: above.definition + (nullable ? 1 : 0),
    repetition: above.repetition + (repetition === 'REPEATED' ? 1 : 0),
  }
  const node =
    element.num_children === undefined
      ? readLeaf(state, element, here)
      : readGroup(state, element, here)
  const single = { name, nullable, kind: node.kind, raw: orNull(node.raw) }
  if (repetition !== 'REPEATED') return single
  return {
    name,
    nullable,
    kind: { is: 'list', width: 4, item: single.kind },
    raw: stored => listOf(stored).map(single.raw),
  }
}

type Node = Pick<ParquetColumn, 'kind' | 'raw'>

function readLeaf(state: State, element: SchemaElement, here: Above): Node {
  const leaf: Leaf = leafOf(state.table, here.path, element)
  state.leaves.push({
    path: here.path,
    maxDefinition: here.definition,
    maxRepetition: here.repetition,
    isBoolean: element.type === 'BOOLEAN',
  })
  state.elements.push(bare(element, leaf.isText ? 'UTF8' : undefined))
  return leaf
}

function readGroup(state: State, element: SchemaElement, here: Above): Node {
  const { converted_type: converted, logical_type: logical, num_children: count = 0 } = element
  if (logical?.type === 'VARIANT') {
    throw refusal(state.table, here.path, 'variant', 'has no one form in JSON')
  }
  if (count < 1) throw new Error('its schema has a group without parts')
  const isList = converted === 'LIST' || logical?.type === 'LIST'
  const isMap = converted === 'MAP' || converted === 'MAP_KEY_VALUE' || logical?.type === 'MAP'
  const place = state.elements.length
  state.elements.push(element)
  const children = Array.from({ length: count }, () => readNode(state, here))
  const names = new Set(children.map(child => child.name))
  if (names.size !== count) {
    throw refusal(state.table, here.path, 'struct', 'has two fields of one name')
  }
  const [only] = children
  if (isMap && count === 1 && only?.kind.is === 'list') {
    // Without its mark hyparquet leaves the entries as they are, instead of folding them into an object.
    state.elements[place] = bare(element, undefined)
    return mapNode(state, here, only)
  }
  if (isList && count === 1 && only?.kind.is === 'list') {
    state.elements[place] = bare(element, 'LIST')
    return unwrapped(only)
  }
  state.elements[place] = bare(element, undefined)
  return {
    kind: { is: 'struct', fields: children.map(({ name, kind }) => ({ name, kind })) },
    raw: stored => objectOf(stored, children),
  }
}

/** A list's items lie in a repeated group of one field, which hyparquet takes away. */
function unwrapped(repeated: ParquetColumn): Node {
  const inner = repeated.kind.is === 'list' ? repeated.kind.item : repeated.kind
  if (inner.is !== 'struct' || inner.fields.length !== 1) {
    return { kind: repeated.kind, raw: repeated.raw }
  }
  const [field] = inner.fields as readonly [KindField]
  return {
    kind: { is: 'list', width: 4, item: field.kind },
    raw: stored =>
      listOf(stored).map(item => {
        const wrapped = repeated.raw([{ [field.name]: item }]) as readonly Raw[]
        return (wrapped[0] as { readonly [name: string]: Raw })[field.name] as Raw
      }),
  }
}

function mapNode(state: State, here: Above, entries: ParquetColumn): Node {
  const inner: Kind = entries.kind.is === 'list' ? entries.kind.item : entries.kind
  if (inner.is !== 'struct' || inner.fields.length !== 2) {
    throw refusal(state.table, here.path, 'map', 'does not consist of keys and values')
  }
  const [key, value] = inner.fields as readonly [KindField, KindField]
  return {
    kind: { is: 'map', entries: inner },
    raw: stored => {
      const list = entries.raw((stored as Record<string, unknown>)[entries.name]) as readonly Raw[]
      return list.map(entry => {
        const pair = entry as { readonly [name: string]: Raw }
        return [pair[key.name] as Raw, pair[value.name] as Raw]
      })
    },
  }
}

function objectOf(stored: unknown, fields: readonly ParquetColumn[]): Raw {
  if (typeof stored !== 'object' || stored === null) throw new Error('a struct was expected')
  const object: Record<string, Raw> = Object.create(null)
  for (const field of fields) object[field.name] = field.raw(Reflect.get(stored, field.name))
  return object
}

function listOf(stored: unknown): readonly unknown[] {
  if (stored === undefined || stored === null) return []
  if (Array.isArray(stored)) return stored
  throw new Error('a list was expected')
}

function orNull(raw: (stored: unknown) => Raw): (stored: unknown) => Raw {
  return stored => (stored === undefined || stored === null ? null : raw(stored))
}

function bare(element: SchemaElement, converted: 'UTF8' | 'LIST' | undefined): SchemaElement {
  const { converted_type: _converted, logical_type: _logical, ...rest } = element
  return converted === undefined ? rest : { ...rest, converted_type: converted }
}
