/** One way to break the SQLite driver: a piece of its text, which must occur once, and what it becomes. */
export interface Mutant {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
}

const statements = 'drivers/sqlite/statements.ts'
const verbs = 'drivers/sqlite/verbs.ts'
const desk = 'drivers/sqlite/desk.ts'
const index = 'drivers/sqlite/index.ts'
const writer = 'drivers/sqlite/writer.ts'

/** The mistakes that a driver of a lease queue is most likely to make. */
export const mutants: readonly Mutant[] = [
  {
    name: 'completing does not check the token',
    file: statements,
    from: 'where h.token = j.value ->> 1 and h.until > ?2',
    to: 'where h.until > ?2',
  },
  {
    name: 'completing does not check that the lease still runs',
    file: statements,
    from: 'where h.token = j.value ->> 1 and h.until > ?2',
    to: 'where h.token = j.value ->> 1 and h.until > ?2 - 1e15',
  },
  {
    name: 'a lease runs one instant too long for its holder',
    file: statements,
    from: 'where h.token = j.value ->> 1 and h.until > ?2',
    to: 'where h.token = j.value ->> 1 and h.until >= ?2',
  },
  {
    name: 'extending does not check the token',
    file: statements,
    from: 'attempts = coalesce(?, attempts)\n    where seq = ? and token = ? and until > ?',
    to: 'attempts = coalesce(?, attempts)\n    where seq = ? and token >= 0 * ? and until > ?',
  },
  {
    name: 'extending brings an ended lease back to life',
    file: statements,
    from: 'attempts = coalesce(?, attempts)\n    where seq = ? and token = ? and until > ?',
    to: 'attempts = coalesce(?, attempts)\n    where seq = ? and token = ? and until > ? - 1e15',
  },
  {
    name: 'extending forgets the attempts',
    file: statements,
    from: 'set until = ?, attempts = coalesce(?, attempts)',
    to: 'set until = ?, attempts = coalesce(attempts, ?)',
  },
  {
    name: 'giving back does not check the token',
    file: statements,
    from: 'delete from held where seq = ? and token = ? and until > ?',
    to: 'delete from held where seq = ? and token >= 0 * ? and until > ?',
  },
  {
    name: 'giving back does not check that the lease still runs',
    file: statements,
    from: 'delete from held where seq = ? and token = ? and until > ?',
    to: 'delete from held where seq = ? and token = ? and until > ? - 1e15',
  },
  {
    name: 'an ended lease is lent again one instant too late',
    file: statements,
    from: 'where h.until <= ? order by h.until limit ?',
    to: 'where h.until < ? order by h.until limit ?',
  },
  {
    name: 'an ended lease is never lent again',
    file: verbs,
    from: 'const lost = hot.dueLeases.all(now, wakeAtOnce)',
    to: 'const lost = hot.dueLeases.all(0, wakeAtOnce)',
  },
  {
    name: 'a delay is not waited for',
    file: verbs,
    from: 'const slept = hot.dueDelays.all(now, wakeAtOnce)',
    to: 'const slept = hot.dueDelays.all(now * 2, wakeAtOnce)',
  },
  {
    name: 'seconds are taken for milliseconds',
    file: verbs,
    from: 'return now + Math.ceil(seconds * 1000)',
    to: 'return now + Math.ceil(seconds)',
  },
  {
    name: 'max is ignored',
    file: verbs,
    from: 'firstReady(hot, request.max)',
    to: 'firstReady(hot, request.max + 1)',
  },
  {
    name: 'leased tasks stay in line',
    file: verbs,
    from: '  hot.dropFirst.run(last.rank, last.seq)\n',
    to: '',
  },
  {
    name: 'the last task of a lease stays in line',
    file: statements,
    from: 'where (rank, seq) <= (?, ?)',
    to: 'where (rank, seq) < (?, ?)',
  },
  {
    name: 'every lease has the same token',
    file: statements,
    from: 'set last_token = last_token + 1 returning',
    to: 'set last_token = 1 returning',
  },
  {
    name: 'the priority is ignored',
    file: statements,
    from: 'select -priority, seq, 0, 0 from task where seq > ?',
    to: 'select 0, seq, 0, 0 from task where seq > ?',
  },
  {
    name: 'the lowest priority comes first',
    file: verbs,
    from: 'hot.lineUp.run(-priority, seq, 0, 0)',
    to: 'hot.lineUp.run(priority, seq, 0, 0)',
  },
  {
    name: 'a released task goes to the end of the line',
    file: verbs,
    from: '  hot.lineUp.run(-priority, seq, attempts, deliveries)',
    to: '  hot.lineUp.run(1000 - priority, seq, attempts, deliveries)',
  },
  {
    name: 'a released task forgets its attempts',
    file: verbs,
    from: "attempts: attempts ?? Number(row['attempts']),",
    to: 'attempts: attempts ?? 0,',
  },
  {
    name: 'deliveries are not counted',
    file: statements,
    from: 'attempts, deliveries + 1, ?',
    to: 'attempts, deliveries, ?',
  },
  {
    name: 'a second insert of an id replaces its body',
    file: statements,
    from: 'on conflict (id) do nothing',
    to: 'on conflict (id) do update set body = excluded.body',
  },
  {
    name: 'who was there already is not told',
    file: verbs,
    from: "ids.delete(id) ? 'new' : 'present'",
    to: "ids.has(id) ? 'new' : 'new'",
  },
  {
    name: 'completing forgets to end the lease',
    file: verbs,
    from: '  hot.dropFinished.run(before)\n',
    to: '',
  },
  {
    name: 'counts are not kept on completing',
    file: verbs,
    from: 'tally(hot, { held: -finished, done: finished })',
    to: 'tally(hot, { done: finished })',
  },
  {
    name: 'counts do not see that delays and leases end',
    file: index,
    from: "ready: of('ready') + of('due_delays') + of('due_leases'),",
    to: "ready: of('ready'),",
  },
  {
    name: 'purge forgets the leased ones',
    file: index,
    from: "['ready', 'delayed', 'held', 'dead', 'done', 'task']",
    to: "['ready', 'delayed', 'dead', 'done', 'task']",
  },
  {
    name: 'purge counts leases from one again',
    file: index,
    from: 'set ready = 0, delayed = 0, held = 0, dead = 0, done = 0, largest_body = 0',
    to: 'set ready = 0, delayed = 0, held = 0, dead = 0, done = 0, last_token = 0',
  },
  {
    name: 'only tasks in line are said to be there',
    file: statements,
    from: 'from json_each(?1) j cross join task t on t.id = j.value`',
    to: 'from json_each(?1) j cross join task t on t.id = j.value join ready r on r.rank = -t.priority and r.seq = t.seq`',
  },
  {
    name: 'the places of those that are there are off by one',
    file: desk,
    from: 'known[+place] = true',
    to: 'known[+place + 1] = true',
  },
  {
    name: 'a done task can be buried',
    file: desk,
    from: 'row === undefined || row.in_done !== null',
    to: 'row === undefined',
  },
  {
    name: 'a revived task keeps its attempts',
    file: desk,
    from: 'row.in_dead === null ? row.attempts : 0',
    to: 'row.attempts',
  },
  {
    name: 'reading results takes them from the start each time',
    file: desk,
    from: 'const place = after === undefined ? 0 : readCursor(after).order',
    to: 'const place = after === undefined ? 0 : 0',
  },
  {
    name: 'a transaction is not rolled back when one call of its turn fails',
    file: writer,
    from: "if (this.#db.isTransaction) this.#db.exec('rollback')",
    to: "if (this.#db.isTransaction) this.#db.exec('commit')",
  },
]
