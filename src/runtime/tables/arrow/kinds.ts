import type * as arrow from 'apache-arrow'
import { TaskqError } from '../../queue/errors.ts'
import { checkName } from '../columns.ts'
import type { TimeUnit } from '../times.ts'

/** What a column of an Arrow table holds, in the few words the reader needs. */
export type Kind =
  | { readonly is: 'null' | 'bool' }
  | { readonly is: 'int'; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  | { readonly is: 'float'; readonly bits: 16 | 32 | 64 }
  | { readonly is: 'text' | 'binary'; readonly width: 4 | 8 | 'view' }
  | { readonly is: 'fixedBinary'; readonly bytes: number }
  | { readonly is: 'decimal'; readonly bits: number; readonly scale: number }
  | { readonly is: 'date'; readonly bits: 32 | 64 }
  | { readonly is: 'time'; readonly bits: 32 | 64; readonly unit: TimeUnit }
  | { readonly is: 'timestamp'; readonly unit: TimeUnit; readonly zone: string | undefined }
  | { readonly is: 'duration'; readonly unit: TimeUnit }
  | { readonly is: 'list'; readonly width: 4 | 8; readonly item: Kind }
  | { readonly is: 'fixedList'; readonly size: number; readonly item: Kind }
  | { readonly is: 'map'; readonly entries: Kind }
  | { readonly is: 'struct'; readonly fields: readonly KindField[] }
  | { readonly is: 'dictionary'; readonly id: number; readonly index: IntKind; readonly of: Kind }

/** The kind of an integer column. */
export type IntKind = Extract<Kind, { is: 'int' }>

/** A member of a struct. */
export interface KindField {
  readonly name: string
  readonly kind: Kind
}

const units = ['s', 'ms', 'us', 'ns'] as const

/** Translates a type of apache-arrow's; refuses what has no JSON form, naming table, column and type. */
export function kindOf(lib: typeof arrow, table: string, path: string, type: arrow.DataType): Kind {
  const { DataType } = lib
  const inner = (name: string, child: arrow.DataType | undefined) => {
    if (child === undefined)
      throw refusal(table, path, String(type.typeId), 'says nothing about its items')
    return kindOf(lib, table, name, child)
  }
  if (DataType.isNull(type)) return { is: 'null' }
  if (DataType.isBool(type)) return { is: 'bool' }
  if (DataType.isInt(type)) return intKind(table, path, type)
  if (DataType.isFloat(type)) {
    return {
      is: 'float',
      bits: among([16, 32, 64] as const, [16, 32, 64][type.precision], table, path),
    }
  }
  if (DataType.isUtf8(type)) return { is: 'text', width: 4 }
  if (DataType.isLargeUtf8(type)) return { is: 'text', width: 8 }
  if (DataType.isUtf8View(type)) return { is: 'text', width: 'view' }
  if (DataType.isBinary(type)) return { is: 'binary', width: 4 }
  if (DataType.isLargeBinary(type)) return { is: 'binary', width: 8 }
  if (DataType.isBinaryView(type)) return { is: 'binary', width: 'view' }
  if (DataType.isFixedSizeBinary(type)) {
    if (type.byteWidth < 0) throw refusal(table, path, 'fixed_size_binary', 'has a negative width')
    return { is: 'fixedBinary', bytes: type.byteWidth }
  }
  if (DataType.isDecimal(type)) {
    const bits = among([32, 64, 128, 256] as const, type.bitWidth, table, path)
    if (Math.abs(type.scale) > 1000)
      throw refusal(table, path, 'decimal', `has a scale of ${type.scale}`)
    return { is: 'decimal', bits, scale: type.scale }
  }
  if (DataType.isDate(type)) return { is: 'date', bits: type.unit === 0 ? 32 : 64 }
  if (DataType.isTime(type)) {
    const bits = among([32, 64] as const, type.bitWidth, table, path)
    return { is: 'time', bits, unit: among(units, units[type.unit], table, path) }
  }
  if (DataType.isTimestamp(type)) {
    return {
      is: 'timestamp',
      unit: among(units, units[type.unit], table, path),
      zone: type.timezone || undefined,
    }
  }
  if (DataType.isDuration(type))
    return { is: 'duration', unit: among(units, units[type.unit], table, path) }
  if (DataType.isList(type))
    return { is: 'list', width: 4, item: inner(`${path}[]`, type.children[0]?.type) }
  if (DataType.isLargeList(type))
    return { is: 'list', width: 8, item: inner(`${path}[]`, type.children[0]?.type) }
  if (DataType.isFixedSizeList(type)) {
    if (type.listSize < 0) throw refusal(table, path, 'fixed_size_list', 'has a negative size')
    return {
      is: 'fixedList',
      size: type.listSize,
      item: inner(`${path}[]`, type.children[0]?.type),
    }
  }
  if (DataType.isMap(type)) {
    const entries = inner(`${path}{}`, type.children[0]?.type)
    if (entries.is !== 'struct' || entries.fields.length !== 2) {
      throw refusal(table, path, 'map', 'does not consist of keys and values')
    }
    return { is: 'map', entries }
  }
  if (DataType.isStruct(type)) {
    return { is: 'struct', fields: structFields(table, path, type.children, inner) }
  }
  if (DataType.isDictionary(type)) {
    return {
      is: 'dictionary',
      id: type.id,
      index: intKind(table, path, type.indices),
      of: inner(path, type.dictionary),
    }
  }
  const word = DataType.isUnion(type)
    ? 'union'
    : DataType.isInterval(type)
      ? 'interval'
      : `type ${type.typeId}`
  throw refusal(table, path, word, 'has no one form in JSON')
}

/** The kind in the words that pyarrow and polars users know: `timestamp[ns, UTC]`, `list<int32>`. */
export function kindWords(kind: Kind): string {
  switch (kind.is) {
    case 'int':
      return `${kind.signed ? '' : 'u'}int${kind.bits}`
    case 'float':
      return `float${kind.bits}`
    case 'text':
      return kind.width === 4 ? 'string' : kind.width === 8 ? 'large_string' : 'string_view'
    case 'binary':
      return kind.width === 4 ? 'binary' : kind.width === 8 ? 'large_binary' : 'binary_view'
    case 'fixedBinary':
      return `fixed_size_binary[${kind.bytes}]`
    case 'decimal':
      return `decimal${kind.bits}(scale ${kind.scale})`
    case 'date':
      return `date${kind.bits}`
    case 'time':
      return `time${kind.bits}[${kind.unit}]`
    case 'timestamp':
      return `timestamp[${kind.unit}${kind.zone === undefined ? '' : `, ${kind.zone}`}]`
    case 'duration':
      return `duration[${kind.unit}]`
    case 'list':
      return `${kind.width === 8 ? 'large_' : ''}list<${kindWords(kind.item)}>`
    case 'fixedList':
      return `fixed_size_list<${kindWords(kind.item)}>[${kind.size}]`
    case 'map':
      return `map<${kind.entries.is === 'struct' ? kind.entries.fields.map(f => kindWords(f.kind)).join(', ') : ''}>`
    case 'struct':
      return `struct<${kind.fields.map(f => `${f.name}: ${kindWords(f.kind)}`).join(', ')}>`
    case 'dictionary':
      return `dictionary<${kindWords(kind.of)}>`
    default:
      return kind.is
  }
}

/** The name of a field, '' where the file has none; apache-arrow then hands out null, whatever its types say. */
export function fieldName(field: { readonly name: string | null }): string {
  return field.name ?? ''
}

/** The refusal of a column's type, before any row is handed out. */
export function refusal(table: string, path: string, type: string, why: string): TaskqError {
  return new TaskqError(
    'invalid',
    `${table}, column ${JSON.stringify(path)}: its type, ${type}, ${why}; drop the column or convert it (pyarrow: table.set_column with column.cast(...)).`,
  )
}

function intKind(table: string, path: string, type: arrow.Int): IntKind {
  return {
    is: 'int',
    bits: among([8, 16, 32, 64] as const, type.bitWidth, table, path),
    signed: type.isSigned,
  }
}

function among<One extends string | number>(
  all: readonly One[],
  one: number | string | undefined,
  table: string,
  path: string,
): One {
  const found = all.find(each => each === one)
  if (found === undefined) throw refusal(table, path, `one of width or unit ${one}`, 'is not known')
  return found
}

function structFields(
  table: string,
  path: string,
  children: readonly arrow.Field[],
  inner: (name: string, type: arrow.DataType) => Kind,
): KindField[] {
  const names = new Set<string>()
  return children.map(field => {
    const name = fieldName(field)
    checkName(table, name)
    if (names.has(name))
      throw refusal(table, path, 'struct', `has two fields named ${JSON.stringify(name)}`)
    names.add(name)
    return { name, kind: inner(`${path}.${name}`, field.type) }
  })
}
