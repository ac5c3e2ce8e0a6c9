import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Folder, removed, textOf, writeWhole } from './folder.ts'

/** Runs charged to a task so far. */
export function readAttempts({ attempts }: Folder, key: string): number {
  const path = join(attempts, key)
  // Most tasks have no such file, and an error for each of them takes longer than a look.
  const text = existsSync(path) ? textOf(path) : undefined
  return text !== undefined && /^\d{1,7}$/.test(text) ? Number(text) : 0
}

/** Remembers the most that was ever charged. */
export function chargeAttempts(folder: Folder, key: string, attempts: number | undefined): void {
  if (attempts === undefined || attempts <= readAttempts(folder, key)) return
  writeWhole(folder, join(folder.attempts, key), String(attempts))
}

/** Forgets a task's attempts. */
export function forgetAttempts({ attempts }: Folder, key: string): void {
  const path = join(attempts, key)
  if (existsSync(path)) removed(path)
}
