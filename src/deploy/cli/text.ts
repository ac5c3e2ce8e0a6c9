import { styleText } from 'node:util'
import type { Fit, Request } from '../fit.ts'
import { formatBytes, formatCpu } from '../quantity.ts'

/** Bold on a terminal that wants colours; plain in a pipe or under NO_COLOR. */
export function bold(text: string): string {
  return styleText('bold', text, { stream: process.stdout })
}

/** One JSON value, for machines. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

/** A worker's size in a few words: `1 CPU and 3Gi`. */
export function workerText({ cpuMillis, memoryMiB, diskMiB }: Request): string {
  const disk = diskMiB > 0 ? ` and ${formatBytes(diskMiB)} of disk` : ''
  return `${formatCpu(cpuMillis)} CPU and ${formatBytes(memoryMiB)}${disk}`
}

/** So many of a thing, whose plural ends with s: `1 machine`, `2 machines`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}

/** What to change so that a node holds one worker more: one line, or none. */
export function hintLine({ hint }: Fit): readonly string[] {
  if (!hint) return []
  const changes = [
    hint.cpuMillis === undefined ? '' : `CPU_REQUEST to ${formatCpu(hint.cpuMillis)}`,
    hint.memoryMiB === undefined ? '' : `MEMORY_REQUEST to ${formatBytes(hint.memoryMiB)}`,
    hint.diskMiB === undefined ? '' : `EPHEMERAL_STORAGE_REQUEST to ${formatBytes(hint.diskMiB)}`,
  ].filter(change => change !== '')
  const saving = Math.round(hint.saving * 100)
  return [
    `Lower ${changes.join(' and ')} and a node holds ${hint.workers}: -${saving} % cost a worker.`,
  ]
}

/** Rows as columns two spaces apart; columns of numbers and prices to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = (rows[0] ?? []).map((_, at) => {
    const cells = rows.map(row => row[at] ?? '')
    const width = Math.max(...cells.map(cell => cell.length))
    return { width, right: cells.some(cell => /^\$?\d/.test(cell)) }
  })
  const line = (row: readonly string[]) =>
    columns.map(({ width, right }, at) => {
      const cell = row[at] ?? ''
      return right ? cell.padStart(width) : cell.padEnd(width)
    })
  return rows.map(row => line(row).join('  ').trimEnd()).join('\n')
}
