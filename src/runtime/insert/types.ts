import type { Column } from '../tables/table.ts'

/**
 * The TypeScript of a row as `_runTask` gets it. Nullable columns may be `null`; what is inside lists
 * and structs is named as far as the table tells.
 */
export function typesText(table: string, columns: readonly Column[]): string {
  const lines = columns.map(column => {
    const type = typeOf(column)
    const orNull =
      column.nullable === false || type === 'null' || type === 'unknown' ? '' : ' | null'
    return `  /** ${commentText(column.type)} */\n  readonly ${propertyText(column.name)}: ${type}${orNull}\n`
  })
  return `// Written by "taskq types ${commentText(table)}". Run that again when the table changes.\n\n/** One row of ${commentText(table)}. */\nexport interface TaskParams {\n${lines.join('')}}\n`
}

function typeOf({ form, type, integers }: Column): string {
  switch (form) {
    case 'array':
      return arrayOf(type, integers)
    case 'object':
      return 'Readonly<Record<string, unknown>>'
    case 'mixed':
      return 'unknown'
    default:
      return form
  }
}

function arrayOf(type: string, integers: Column['integers']): string {
  const item = /^(?:large_|fixed_size_)?list<(.*)>(?:\[\d+\])?$/s.exec(type)?.[1]
  if (item === undefined)
    return type.startsWith('map<')
      ? 'readonly (readonly [unknown, unknown])[]'
      : 'readonly unknown[]'
  const inner = itemOf(item, integers)
  return inner === 'unknown' ? 'readonly unknown[]' : `readonly (${inner} | null)[]`
}

function itemOf(type: string, integers: Column['integers']): string {
  const coded = /^dictionary<(.*)>$/s.exec(type)?.[1]
  if (coded !== undefined) return itemOf(coded, integers)
  if (/^u?int(8|16|32|64)$/.test(type)) return integers ?? 'number'
  if (/^float(16|32|64)$/.test(type)) return 'number'
  if (type === 'bool') return 'boolean'
  if (/^(fixed_size_)?(large_)?list</.test(type)) return arrayOf(type, integers)
  const isText = /^((large_)?(string|utf8|binary)|string_view|timestamp|date|time|duration|decimal)/
  return isText.test(type) ? 'string' : 'unknown'
}

function propertyText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
}

/** Words of others inside a comment: they cannot end it. */
function commentText(text: string): string {
  return text.replaceAll('*/', '* /').replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
}
