import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** How many tasks one insert statement takes: 670 thousand rows a second, one by one 440 thousand. */
export const tasksAtOnce = 50

/**
 * Every statement of the hot path, as data: the tests look at the plan of each one, because a full
 * scan that nobody sees at ten tasks is a standstill at ten million.
 */
export const hotSql = {
  lastTask: 'select max(seq) as seq from task',
  addTask: addTasks(1),
  addTasks: addTasks(tasksAtOnce),
  noteBody: 'update tally set largest_body = max(largest_body, ?)',
  newIds: 'select id from task where seq > ?',
  lineUpNew: `insert into ready (rank, seq, attempts, deliveries)
    select -priority, seq, 0, 0 from task where seq > ?`,

  anyDue: `select 1 from delayed where until <= ?1 union all select 1 from held where until <= ?1
    limit 1`,
  lineUpSlept: `insert into ready (rank, seq, attempts, deliveries)
    select -t.priority, d.seq, d.attempts, d.deliveries from delayed d join task t on t.seq = d.seq
    where d.until <= ?`,
  dropSlept: 'delete from delayed where until <= ?',
  lineUpEnded: `insert into ready (rank, seq, attempts, deliveries)
    select -t.priority, h.seq, h.attempts, h.deliveries from held h join task t on t.seq = h.seq
    where h.until <= ?`,
  dropEnded: 'delete from held where until <= ?',
  endDelay: 'delete from delayed where seq = ?',
  endLease: 'delete from held where seq = ?',
  endLine: 'delete from ready where rank = ? and seq = ?',
  priorityOf: 'select priority from task where seq = ?',
  lineUp: 'insert into ready (rank, seq, attempts, deliveries) values (?, ?, ?, ?)',
  delay: 'insert into delayed (seq, until, attempts, deliveries) values (?, ?, ?, ?)',

  firstReady: `select r.rank, r.seq, t.id, t.body, r.attempts, r.deliveries
    from ready r join task t on t.seq = r.seq order by r.rank, r.seq limit ?`,
  hold: `insert into held (seq, token, until, attempts, deliveries, worker)
    select seq, ?, ?, attempts, deliveries + 1, ? from ready order by rank, seq limit ?`,
  dropFirst: 'delete from ready where (rank, seq) <= (?, ?)',
  largestBody: 'select largest_body from tally',
  nextToken: 'update tally set last_token = last_token + 1 returning last_token',

  extend: `update held set until = ?, attempts = max(attempts, ?)
    where seq = ? and token = ? and until > ?`,
  takeBack: `delete from held where seq = ? and token = ? and until > ?
    returning attempts, deliveries, worker`,
  // The records as one object by their tasks: row by row takes twice as long, and so do lists in a list.
  finish: `insert into done (seq, attempts, deliveries, worker, record)
    select h.seq, max(h.attempts, ?2), h.deliveries, h.worker, j.value
    from json_each(?1) j cross join held h on h.seq = cast(j.key as integer)
    where h.token = ?3 and h.until > ?4`,
  dropFinished: 'delete from held where seq in (select seq from done where place > ?)',
  finishedAfter: 'select seq from done where place > ?',
  die: `insert into dead (seq, attempts, deliveries, worker, reason, record)
    values (?, ?, ?, ?, ?, ?)`,

  addToTally: `update tally set ready = ready + ?, delayed = delayed + ?, held = held + ?,
    dead = dead + ?, done = done + ?`,
  beat: `insert into pulse (second, finished) values (?, ?)
    on conflict (second) do update set finished = finished + excluded.finished`,
  forgetBeats: 'delete from pulse where second < ?',
  beatsSince: `select coalesce(sum(finished), 0) as finished, min(second) as first
    from pulse where second >= ?`,
  counts: `select ready, delayed, held, dead, done,
    (select count(*) from delayed where until <= ?1) as due_delays,
    (select count(*) from held where until <= ?1) as due_leases from tally`,
  anyReady: 'select 1 from ready limit 1',

  readDone: readDone('d.record'),
  readDoneAndBodies: readDone('d.record, t.body'),
  view: `${viewOf('0', 'task t')} where t.id = ?`,
  // All at once: 2.8 microseconds a task, one by one 6.7.
  views: viewOf('j.key', 'json_each(?1) j cross join task t on t.id = j.value'),
  // The places as one text: a row for each takes twice as long.
  whichAreThere: `select count(*) as known, group_concat(j.key) as places
    from json_each(?1) j cross join task t on t.id = j.value`,
  removeTask: 'delete from task where seq = ?',
  removeDead: 'delete from dead where seq = ?',
  removeDone: 'delete from done where seq = ?',

  writeNote: `insert into note (name, text) values (?, ?)
    on conflict (name) do update set text = excluded.text`,
  readNotes: `select name, text from note where name > '' order by name`,

  listLeased: `select 0 as rank, s.seq as place, t.id from held s join task t on t.seq = s.seq
    where s.seq > ?2 order by s.seq limit ?3`,
  listReady: `select s.rank, s.seq as place, t.id from ready s join task t on t.seq = s.seq
    where (s.rank, s.seq) > (?1, ?2) order by s.rank, s.seq limit ?3`,
  listDelayed: `select 0 as rank, s.seq as place, t.id from delayed s join task t on t.seq = s.seq
    where s.seq > ?2 order by s.seq limit ?3`,
  listDead: `select 0 as rank, s.seq as place, t.id from dead s join task t on t.seq = s.seq
    where s.seq > ?2 order by s.seq limit ?3`,
  listDone: `select 0 as rank, s.place, t.id from done s join task t on t.seq = s.seq
    where s.place > ?2 order by s.place limit ?3`,
} as const satisfies Record<string, string>

/** The statements of the hot path, prepared. */
export type HotStatements = { readonly [Name in keyof typeof hotSql]: StatementSync }

/** Prepares them once for a connection. */
export function prepareHot(db: DatabaseSync): HotStatements {
  const prepared = Object.entries(hotSql).map(([name, sql]) => [name, db.prepare(sql)])
  const hot = Object.fromEntries(prepared) as HotStatements
  // Making objects of its rows takes as long as finding them.
  hot.firstReady.setReturnArrays(true)
  return hot
}

function readDone(columns: string): string {
  return `select d.place, t.id, d.attempts, ${columns} from done d join task t on t.seq = d.seq
    where d.place > ? order by d.place limit ?`
}

/** Tasks with the table that each is in; `place` tells which was asked for. */
function viewOf(place: string, tasks: string): string {
  return `select ${place} as place, t.seq, t.id, t.body, t.priority,
      r.seq as in_ready, d.seq as in_delayed, h.seq as in_held, x.seq as in_dead, f.seq as in_done,
      coalesce(r.attempts, d.attempts, h.attempts, x.attempts, f.attempts) as attempts,
      coalesce(r.deliveries, d.deliveries, h.deliveries, x.deliveries, f.deliveries) as deliveries,
      coalesce(d.until, h.until) as until, coalesce(h.worker, x.worker, f.worker) as worker,
      x.reason, coalesce(x.record, f.record) as record
    from ${tasks}
      left join ready r on r.rank = -t.priority and r.seq = t.seq
      left join delayed d on d.seq = t.seq left join held h on h.seq = t.seq
      left join dead x on x.seq = t.seq left join done f on f.seq = t.seq`
}

function addTasks(count: number): string {
  const rows = Array(count).fill('(?, ?, ?)').join(', ')
  return `insert into task (id, body, priority) values ${rows} on conflict (id) do nothing`
}
