import { statSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf, type Folder, moved, removed, uniqueName, whereThere, writeNew } from './folder.ts'
import type { Store } from './store.ts'

/** How often to try for a right, and after how long a right is that of a process that died. */
const turns = { waitMilliseconds: 5, staleMilliseconds: 5000 }

/** Runs `act`, which takes far less than 5 seconds, while no other process runs one of the same name. */
export async function withRight<T>(
  { folder, clock }: Store,
  name: string,
  act: () => T,
): Promise<T> {
  const right = join(folder.ours, name)
  while (!isTaken(folder, right)) await clock.sleep(turns.waitMilliseconds)
  try {
    return act()
  } finally {
    removed(right)
  }
}

function isTaken(folder: Folder, right: string): boolean {
  try {
    writeNew(right, '', false)
    return true
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
  const temp = join(folder.temp, uniqueName())
  const since = whereThere(() => statSync(right).mtimeMs)
  writeNew(temp, '', false)
  const now = statSync(temp).mtimeMs
  if (since !== undefined && now - since > turns.staleMilliseconds) moved(right, temp)
  removed(temp)
  return false
}
