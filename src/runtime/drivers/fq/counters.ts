import { statSync } from 'node:fs'
import { join } from 'node:path'
import {
  append,
  codeOf,
  type Folder,
  moved,
  removed,
  textOf,
  uniqueName,
  whereThere,
  writeNew,
  writeWhole,
} from './folder.ts'
import type { Store } from './store.ts'

/** Counts completions as Python does: a zero byte each. */
export function tally({ folder }: Store, count: number): void {
  append(folder.completions, '\0'.repeat(count))
}

/** How often to try for the right to count, and after how long a right is that of a process that died. */
const turns = { waitMilliseconds: 5, staleMilliseconds: 5000 }

/** Adds to the number of insertions, which is read, raised and written: only one at a time may do that. */
export async function countInserted({ folder, clock }: Store, count: number): Promise<void> {
  if (count === 0) return
  const right = join(folder.ours, 'counting')
  while (!isTaken(folder, right)) await clock.sleep(turns.waitMilliseconds)
  try {
    writeWhole(
      { ...folder, durable: false },
      folder.insertions,
      String(readInserted(folder) + count),
    )
  } finally {
    removed(right)
  }
}

/** The figures that `ptq status` shows, from the same files. */
export function readFigures({ folder }: Store): {
  readonly inserted: number
  readonly completed: number
} {
  return {
    inserted: readInserted(folder),
    completed: whereThere(() => statSync(folder.completions).size) ?? 0,
  }
}

/** Sets both counters to zero, as Python does. */
export function rezero({ folder }: Store): void {
  const file = { ...folder, durable: false }
  writeWhole(file, folder.completions, '')
  writeWhole(file, folder.insertions, '0')
}

function readInserted({ insertions }: Folder): number {
  const count = Number.parseInt(textOf(insertions) ?? '', 10)
  return Number.isSafeInteger(count) ? count : 0
}

function isTaken(folder: Folder, right: string): boolean {
  const temp = join(folder.temp, uniqueName())
  try {
    writeNew(right, '', false)
    return true
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
  const since = whereThere(() => statSync(right).mtimeMs)
  writeNew(temp, '', false)
  const now = statSync(temp).mtimeMs
  if (since !== undefined && now - since > turns.staleMilliseconds) moved(right, temp)
  removed(temp)
  return false
}
