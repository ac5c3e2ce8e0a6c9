import { readFileSync } from 'node:fs'

/** What a process holds in memory; `undefined` where the platform does not tell. */
export function residentBytes(pid: number | undefined): number | undefined {
  if (process.platform !== 'linux' || pid === undefined) return undefined
  try {
    const [, pages] = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')
    return Number(pages) * 4096
  } catch {
    // The process has just ended.
    return undefined
  }
}
