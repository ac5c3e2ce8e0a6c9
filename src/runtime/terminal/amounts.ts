/** `12,300`; `unknown` for what the store cannot know. */
export function countText(count: number | undefined): string {
  return count === undefined ? 'unknown' : count.toLocaleString('en-US')
}

/** `1 task`, `12,300 dead tasks`. */
export function tasksText(count: number, kind = ''): string {
  return `${countText(count)} ${kind === '' ? '' : `${kind} `}${count === 1 ? 'task' : 'tasks'}`
}

/** `4 min 20 s`: the two largest units that matter. */
export function durationText(seconds: number): string {
  if (seconds < 1) return seconds <= 0 ? '0 s' : '< 1 s'
  let left = Math.round(seconds)
  const parts: string[] = []
  for (const [unit, size] of units) {
    const count = Math.floor(left / size)
    left -= count * size
    if (count > 0) parts.push(`${count} ${unit}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join(' ')
}

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/** `12 B`, `3.4 KiB`, `1.2 MiB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`
  return bytes < 2 ** 20
    ? `${(bytes / 1024).toFixed(1)} KiB`
    : `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
