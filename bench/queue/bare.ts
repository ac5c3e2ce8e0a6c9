import { DatabaseSync } from 'node:sqlite'

/**
 * The raw limit: the least that a lease queue on `node:sqlite` has to do, in a loop without promises,
 * checks or fairness. One table, one index, same durability and cache as ours.
 */
export interface BareQueue {
  readonly insert: (ids: readonly string[], body: string) => void
  /**
   * Records an outcome for what it holds, deletes it, and leases up to `max` more, in one
   * transaction; says how many it finished, `undefined` when nothing is left.
   */
  readonly leaseAndComplete: (max: number) => number | undefined
  readonly close: () => void
}

export function openBare(path: string): BareQueue {
  const db = new DatabaseSync(path, { timeout: 10_000 })
  db.exec(`pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -16384; pragma wal_autocheckpoint = 4000;
    create table if not exists task (seq integer primary key, id text not null unique,
      body text not null, until integer not null, token integer not null) strict;
    create index if not exists task_until on task (until, seq);
    create table if not exists result (seq integer primary key, id text not null, value text not null) strict;`)
  const add = db.prepare(
    'insert into task (id, body, until, token) values (?, ?, 0, 0) on conflict (id) do nothing',
  )
  const first = db.prepare(
    'select seq, id, body from task where until <= ? order by until, seq limit ?',
  )
  const hold = db.prepare('update task set until = ?, token = token + 1 where seq = ?')
  const drop = db.prepare('delete from task where seq = ? and until > ?')
  const record = db.prepare('insert into result (seq, id, value) values (?, ?, ?)')
  let held: ReturnType<typeof first.all> = []
  return {
    insert(ids, body) {
      db.exec('begin immediate')
      for (const id of ids) add.run(id, body)
      db.exec('commit')
    },
    leaseAndComplete(max) {
      const now = Date.now()
      db.exec('begin immediate')
      for (const { seq, id } of held) {
        if (drop.run(seq ?? 0, now).changes === 1) record.run(seq ?? 0, id ?? '', '{"ok":true}')
      }
      const finished = held.length
      held = first.all(now, max)
      for (const { seq } of held) hold.run(now + 60_000, seq ?? 0)
      db.exec('commit')
      return finished + held.length === 0 ? undefined : finished
    },
    close: () => db.close(),
  }
}
