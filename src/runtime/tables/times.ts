/** How many of the unit make a second. */
export const unitsPerSecond = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 } as const

/** One of these units. */
export type TimeUnit = keyof typeof unitsPerSecond

const secondsPerDay = 86_400
let lastDay = Number.NaN
let lastDayText = ''

/**
 * Whole seconds since 1970 and a fraction as ISO 8601 in UTC; the fraction has 0, 3, 6 or 9 digits, as few
 * as are exact. A timestamp without a zone is taken as UTC.
 */
export function instantText(seconds: number, nanos: number): string {
  const day = Math.floor(seconds / secondsPerDay)
  return `${dateText(day)}T${clockText(seconds - day * secondsPerDay, nanos)}Z`
}

/** Days since 1970 as `YYYY-MM-DD`; years beyond four digits carry a sign, as ISO 8601 has it. */
export function dateText(day: number): string {
  if (day === lastDay) return lastDayText
  // The civil calendar by eras of 400 years, counted from the first of March.
  const z = day + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const date = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  lastDay = day
  lastDayText = `${yearText(year)}-${pad(month, 2)}-${pad(date, 2)}`
  return lastDayText
}

/** Seconds since midnight as `HH:MM:SS`, with the fraction when there is one. */
export function clockText(seconds: number, nanos: number): string {
  const minutes = Math.floor(seconds / 60)
  const hour = Math.floor(minutes / 60)
  return `${pad(hour, 2)}:${pad(minutes - hour * 60, 2)}:${pad(seconds - minutes * 60, 2)}${fraction(nanos)}`
}

/** A span as ISO 8601 in seconds alone: `PT93784.5S`, `-PT0.001S`. */
export function spanText(total: bigint, unit: TimeUnit): string {
  const per = BigInt(unitsPerSecond[unit])
  const size = total < 0n ? -total : total
  const nanos = Number(size % per) * (1e9 / unitsPerSecond[unit])
  return `${total < 0n ? '-' : ''}PT${size / per}${fraction(nanos)}S`
}

/** An unscaled integer with `scale` digits behind the point, every digit kept: `12.50`. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale))
  const sign = unscaled < 0n ? '-' : ''
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** Splits a count of units into whole seconds, rounded down, and nanoseconds. */
export function splitUnits(count: bigint, unit: TimeUnit): readonly [number, number] {
  const per = BigInt(unitsPerSecond[unit])
  let seconds = count / per
  let rest = count % per
  if (rest < 0n) {
    rest += per
    seconds -= 1n
  }
  return [Number(seconds), Number(rest) * (1e9 / unitsPerSecond[unit])]
}

function fraction(nanos: number): string {
  if (nanos === 0) return ''
  if (nanos % 1e6 === 0) return `.${pad(nanos / 1e6, 3)}`
  if (nanos % 1e3 === 0) return `.${pad(nanos / 1e3, 6)}`
  return `.${pad(nanos, 9)}`
}

function yearText(year: number): string {
  if (year >= 0 && year <= 9999) return pad(year, 4)
  return `${year < 0 ? '-' : '+'}${pad(Math.abs(year), 6)}`
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0')
}
