import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../queue/driver.ts'

/**
 * Queue time: whole milliseconds that all processes of a host agree on and that no change of the
 * wall clock moves. Within one boot it is the monotonic clock plus an offset kept in the file; the
 * first process after a boot sets the offset so that queue time goes on from the wall clock, which
 * lets delays survive a restart. Leases do not survive one: their holders are gone.
 *
 * Where the platform names no boot, queue time is the wall clock.
 *
 * `undefined` when the file does not know this boot yet: `startBoot` in a write transaction.
 */
export function queueTimeOf(db: DatabaseSync, clock: Clock): (() => number) | undefined {
  const { bootId } = clock
  if (bootId === undefined) return () => Math.floor(clock.now())
  const row = db.prepare('select id, offset from boot').get()
  if (row?.['id'] !== bootId) return undefined
  const offset = Number(row['offset'])
  return () => Math.floor(clock.monotonic()) + offset
}

/** Ends all leases of the boot before and sets queue time by the wall clock. */
export function startBoot(db: DatabaseSync, clock: Clock): void {
  const offset = Math.floor(clock.now()) - Math.floor(clock.monotonic())
  db.prepare('insert or replace into boot (one, id, offset) values (1, ?, ?)').run(
    clock.bootId ?? '',
    offset,
  )
  db.exec('update held set until = 0')
}
