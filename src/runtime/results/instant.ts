/** A column of times in UTC, and the unit it counts in. */
export type Instant = 'timestamp[ms]' | 'timestamp[us]' | 'timestamp[ns]'

/** Digits of a second that a unit counts. */
const digitsOf = { 'timestamp[ms]': 3, 'timestamp[us]': 6, 'timestamp[ns]': 9 } as const

/** The column that holds what a table's column of this type holds; `undefined` where it holds no times. */
export function instantOf(type: string): Instant | undefined {
  const unit = /^timestamp\[(s|ms|us|ns)[,\]]/.exec(type)?.[1]
  if (unit === undefined) return undefined
  return unit === 'us' ? 'timestamp[us]' : unit === 'ns' ? 'timestamp[ns]' : 'timestamp[ms]'
}

/** Units since 1970 of a time as tables and records write it: `2026-01-06T01:24:29.500Z`. */
export function ticksOf(text: string, instant: Instant): bigint {
  const [, whole = '', fraction = ''] = /^(.*?:\d\d)(?:\.(\d+))?Z$/.exec(text) ?? []
  const digits = digitsOf[instant]
  const seconds = BigInt(Date.parse(`${whole}Z`) / 1000)
  return seconds * 10n ** BigInt(digits) + BigInt(fraction.padEnd(digits, '0').slice(0, digits))
}
