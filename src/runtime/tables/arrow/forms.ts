import type { Column, Form } from '../table.ts'
import { type Kind, type KindField, kindWords } from './kinds.ts'

/** The column of a kind; `big` says that its 64-bit integers are bigints. */
export function columnOf(
  { name, kind }: KindField,
  big: boolean,
  nullable: boolean | undefined,
): Column {
  const base = { name, type: kindWords(kind), form: formOf(kind, big), nullable }
  return hasIntegers(kind) ? { ...base, integers: big ? 'bigint' : 'number' } : base
}

function formOf(kind: Kind, big: boolean): Form {
  switch (kind.is) {
    case 'null':
      return 'null'
    case 'bool':
      return 'boolean'
    case 'int':
      return big ? 'bigint' : 'number'
    case 'float':
      return 'number'
    case 'list':
    case 'fixedList':
    case 'map':
      return 'array'
    case 'struct':
      return 'object'
    case 'dictionary':
      return formOf(kind.of, big)
    default:
      return 'string'
  }
}

function hasIntegers(kind: Kind): boolean {
  switch (kind.is) {
    case 'int':
      return true
    case 'list':
    case 'fixedList':
      return hasIntegers(kind.item)
    case 'map':
      return hasIntegers(kind.entries)
    case 'struct':
      return kind.fields.some(field => hasIntegers(field.kind))
    case 'dictionary':
      return hasIntegers(kind.of)
    default:
      return false
  }
}
