/** `1,234`, `0.5`. */
export function amount(value: number): string {
  const rounded = value >= 100 || Number.isInteger(value) ? Math.round(value) : round(value)
  return rounded.toLocaleString('en-US')
}

/** With one place. */
export function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** `12 ms`, `1.2 s`, `5 min`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 120) return `${round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** `85 MB`, `1.2 GB`. */
export function memory(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${round(bytes / 1e9)} GB`
}
