import type { Column } from '../tables/table.ts'

/**
 * Finds the JSON text of some columns in the JSON text of a row. A table writes its rows without
 * spaces and with every column in its place, so that values are found without parsing: what is
 * taken over keeps every digit.
 */
export function memberReader(
  columns: readonly Column[],
  wanted: readonly number[],
): (row: string) => string[] {
  const heads = columns.map(({ name }) => JSON.stringify(name).length + 2)
  const last = Math.max(...wanted)
  const spots = columns.map((_, at) => wanted.indexOf(at))
  return row => {
    const found = new Array<string>(wanted.length)
    let from = 0
    for (let at = 0; at <= last; at++) {
      from += heads[at] as number
      const to = valueEnd(row, from)
      const spot = spots[at] as number
      if (spot >= 0) found[spot] = row.slice(from, to)
      from = to
    }
    return found
  }
}

/** Makes the JSON text of a row that has only some of the columns, in the order of the table. */
export function memberPicker(
  columns: readonly Column[],
  wanted: readonly number[],
): (row: string) => string {
  const read = memberReader(columns, wanted)
  const heads = wanted.map(
    (at, i) => `${i === 0 ? '{' : ','}${JSON.stringify(columns[at]?.name ?? '')}:`,
  )
  return row => {
    const values = read(row)
    let text = ''
    for (let i = 0; i < heads.length; i++) text += (heads[i] as string) + values[i]
    return `${text}}`
  }
}

const quote = 34
const backslash = 92
const comma = 44

/** Where the value that starts at `from` ends. */
function valueEnd(row: string, from: number): number {
  const first = row.charCodeAt(from)
  if (first === quote) return textEnd(row, from)
  if (first === 91 || first === 123) return nestEnd(row, from)
  let at = from
  for (let code = first; code !== comma && code !== 125; code = row.charCodeAt(at)) at++
  return at
}

function textEnd(row: string, from: number): number {
  for (let at = from + 1; at < row.length; at++) {
    const code = row.charCodeAt(at)
    if (code === backslash) at++
    else if (code === quote) return at + 1
  }
  return row.length
}

function nestEnd(row: string, from: number): number {
  let depth = 0
  for (let at = from; at < row.length; ) {
    const code = row.charCodeAt(at)
    if (code === quote) {
      at = textEnd(row, at)
      continue
    }
    at++
    if (code === 91 || code === 123) depth++
    else if ((code === 93 || code === 125) && --depth === 0) return at
  }
  return row.length
}
