import { statSync } from 'node:fs'
import { append, type Folder, textOf, whereThere, writeWhole } from './folder.ts'
import { withRight } from './right.ts'
import type { Store } from './store.ts'

/** Counts completions as Python does: a zero byte each. */
export function tally({ folder }: Store, count: number): void {
  append(folder.completions, '\0'.repeat(count))
}

/** Adds to the number of insertions, which is read, raised and written: only one at a time may do that. */
export async function countInserted(store: Store, count: number): Promise<void> {
  if (count === 0) return
  const folder = { ...store.folder, durable: false }
  await withRight(store, 'counting', () => {
    writeWhole(folder, folder.insertions, String(readInserted(folder) + count))
  })
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
