import type { DatabaseSync } from 'node:sqlite'
import type { OpenOptions } from '../../queue/driver.ts'
import { untilFree } from './writer.ts'

/** Empties the tables. The numbers of leases go on counting, so that no token of before is ever good again. */
export function purge(db: DatabaseSync): void {
  for (const table of ['ready', 'delayed', 'held', 'dead', 'done', 'pulse', 'note', 'task'])
    db.exec(`delete from ${table}`)
  db.exec('update tally set ready = 0, delayed = 0, held = 0, dead = 0, done = 0, largest_body = 0')
}

/**
 * Gives the room of a file that was emptied back to the disk: what is copied for it is next to
 * nothing. Where others are at work on the file it shrinks when they let go of it.
 */
export async function giveBack(db: DatabaseSync, options: OpenOptions): Promise<void> {
  try {
    await untilFree(() => db.exec('vacuum'), options)
    db.exec('pragma wal_checkpoint(truncate)')
  } catch {
    // The tasks are gone, which is what was asked for; room that stays is used for the next ones.
  }
}
