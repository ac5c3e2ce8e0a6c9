import { statSync } from 'node:fs'
import type { Driver } from '../../queue/driver.ts'

/**
 * Whether what is sent to one queue comes to the other: moving a queue into itself would empty it or
 * never end, and a queue may have several names.
 */
export function areSame(from: Driver, to: Driver): boolean {
  if (from.url === to.url) return true
  if (from.identity !== undefined && from.identity === to.identity) return true
  return from.path !== undefined && to.path !== undefined && areSameFile(from.path, to.path)
}

/** By what the file system says: links and folders that are mounted twice are seen through. */
function areSameFile(one: string, other: string): boolean {
  const [here, there] = [one, other].map(path => statSync(path, { bigint: true }))
  return here?.dev === there?.dev && here?.ino === there?.ino
}
