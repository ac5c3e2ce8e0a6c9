/** One row of a printed table; cells are text as it is to be shown. */
export type Row = Readonly<Record<string, string>>

/** A table for people: columns as wide as needed, numbers right, text left. */
export function formatTable(title: string, rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap(row => Object.keys(row)))]
  const widths = names.map(name =>
    Math.max(name.length, ...rows.map(row => (row[name] ?? '').length)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => pad(cell, widths[at] ?? 0))
      .join('  ')
      .trimEnd()
  return [
    title,
    line(names),
    line(widths.map(width => '-'.repeat(width))),
    ...rows.map(row => line(names.map(name => row[name] ?? ''))),
    '',
  ].join('\n')
}

/** The lines of the same table as Markdown. */
export function markdownTable(rows: readonly Row[]): readonly string[] {
  const names = [...new Set(rows.flatMap(row => Object.keys(row)))]
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(names),
    line(names.map(() => '---')),
    ...rows.map(row => line(names.map(name => (row[name] ?? '').replaceAll('|', '\\|')))),
  ]
}

/** `12,300`: thousands apart, no more than three digits that mean something. */
export function perSecond(count: number, seconds: number): string {
  const rate = count / seconds
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(rate)) - 2)
  return (Math.round(rate / unit) * unit).toLocaleString('en-US')
}

/** The middle value: what to quote on a noisy machine. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  const high = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? high)) / 2
}

/** `0.73`: this over that. */
export function ratio(value: number, reference: number): string {
  return (value / reference).toFixed(2)
}

function pad(cell: string, width: number): string {
  return /^[\d,.%<>-]+( ms| MB| s)?$/.test(cell) ? cell.padStart(width) : cell.padEnd(width)
}
