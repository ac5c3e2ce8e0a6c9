import type { Mutant } from '../support/mutant.ts'

const statements = 'drivers/sqlite/statements.ts'
const token = 'drivers/sqlite/token.ts'
const verbs = 'drivers/sqlite/verbs.ts'
const inserting = 'drivers/sqlite/insert.ts'
const desk = 'drivers/sqlite/desk.ts'
const index = 'drivers/sqlite/index.ts'
const purge = 'drivers/sqlite/purge.ts'

/** The mistakes that a driver of a lease queue is most likely to make. */
export const mutants: readonly Mutant[] = [
  {
    name: 'completing does not check the token',
    file: statements,
    from: 'where h.token = ?3 and h.until > ?4',
    to: 'where h.token >= 0 * ?3 and h.until > ?4',
  },
  {
    name: 'completing does not check that the lease still runs',
    file: statements,
    from: 'where h.token = ?3 and h.until > ?4',
    to: 'where h.token = ?3 and h.until > ?4 - 1e15',
  },
  {
    name: 'a lease runs one instant too long for its holder',
    file: statements,
    from: 'where h.token = ?3 and h.until > ?4',
    to: 'where h.token = ?3 and h.until >= ?4',
  },
  {
    name: 'extending does not check the token',
    file: statements,
    from: 'attempts = max(attempts, ?)\n    where seq = ? and token = ? and until > ?',
    to: 'attempts = max(attempts, ?)\n    where seq = ? and token >= 0 * ? and until > ?',
  },
  {
    name: 'extending brings an ended lease back to life',
    file: statements,
    from: 'attempts = max(attempts, ?)\n    where seq = ? and token = ? and until > ?',
    to: 'attempts = max(attempts, ?)\n    where seq = ? and token = ? and until > ? - 1e15',
  },
  {
    name: 'extending forgets the attempts',
    file: statements,
    from: 'set until = ?, attempts = max(attempts, ?)',
    to: 'set until = ?, attempts = min(attempts, ?)',
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
    from: "dropEnded: 'delete from held where until <= ?'",
    to: "dropEnded: 'delete from held where until < ?'",
  },
  {
    name: 'an ended lease is never lent again',
    file: verbs,
    from: 'hot.lineUpEnded.run(now)\n',
    to: 'hot.lineUpEnded.run(0)\n',
  },
  {
    name: 'a delay is not waited for',
    file: verbs,
    from: 'if (hot.anyDue.get(now) === undefined) return\n',
    to: 'now *= 2\n',
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
    from: '  hot.dropFirst.run(lastRank, lastSeq)\n',
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
    file: inserting,
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
    from: "attempts: Math.max(Number(row['attempts']), attempts),",
    to: 'attempts,',
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
    file: inserting,
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
    file: purge,
    from: "['ready', 'delayed', 'held', 'dead', 'done', 'pulse', 'note', 'task']",
    to: "['ready', 'delayed', 'dead', 'done', 'pulse', 'note', 'task']",
  },
  {
    name: 'purge counts leases from one again',
    file: purge,
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
    from: 'const place = after === undefined ? 0 : readPlace(after)',
    to: 'const place = after === undefined ? 0 : 0',
  },
  {
    name: 'completing goes by the token and not by the id',
    file: token,
    from: 'token === writeToken({ lease, seq }, id)',
    to: 'token.startsWith(writeToken({ lease, seq }, ""))',
  },
  {
    name: 'a task named twice in one call is judged by its first token only',
    file: verbs,
    from: 'if (again.length === 0) return answers\n',
    to: 'if (again.length >= 0) return answers\n',
  },
  {
    name: 'giving back forgets how often a task was lent',
    file: verbs,
    from: "deliveries: Number(row['deliveries']),",
    to: 'deliveries: 0,',
  },
  {
    name: 'finishing forgets the worker',
    file: statements,
    from: 'h.deliveries, h.worker, j.value\n',
    to: "h.deliveries, '', j.value\n",
  },
  {
    name: 'burying by id forgets the attempts',
    file: desk,
    from: 'Math.max(row.attempts, attempts ?? 0)',
    to: 'row.attempts',
  },
  {
    name: 'delays are whole seconds',
    file: verbs,
    from: 'return now + Math.ceil(seconds * 1000)',
    to: 'return now + Math.ceil(seconds) * 1000',
  },
  {
    name: 'a wait is shorter than asked for',
    file: index,
    from: 'clock.monotonic() + waitSeconds * 1000',
    to: 'clock.monotonic() + waitSeconds * 600',
  },
  {
    name: 'a note that is there stays as it was',
    file: statements,
    from: 'on conflict (name) do update set text = excluded.text',
    to: 'on conflict (name) do nothing',
  },
  {
    name: 'closing lets go before it has answered',
    file: 'drivers/calls.ts',
    from: '    await Promise.race([Promise.allSettled(this.#running), aborted(hurry)])\n',
    to: '',
  },
]
