import type { DatabaseSync } from 'node:sqlite'
import { TaskqError } from '../../queue/errors.ts'
import { migrations } from './schema.ts'

/** Refuses a file whose tables are not as taskq made them: a trigger or a view in place of one loses tasks silently. */
export function refuseReshaped(db: DatabaseSync, path: string): void {
  const found = new Map<unknown, string>()
  for (const { type, name, sql } of db.prepare('select type, name, sql from sqlite_schema').all()) {
    if (type === 'trigger')
      throw reshaped(path, `it has a trigger, ${JSON.stringify(name)}, which changes what is kept`)
    if (typeof sql === 'string') found.set(name, tidy(sql))
  }
  for (const [name, sql] of made) {
    const now = found.get(name)
    if (now === sql) continue
    throw reshaped(path, `its table or index ${name} is ${now === undefined ? 'gone' : 'another'}`)
  }
  if (db.prepare('select one from tally').all().length !== 1)
    throw reshaped(path, 'its table tally is empty')
}

/** What the migrations make, by name, in the words in which SQLite keeps it. */
const made: ReadonlyMap<string, string> = new Map(
  migrations
    .flatMap(statements => statements.split(';'))
    .map(tidy)
    .flatMap(sql => {
      const name = /^create (?:table|index) (\w+)/.exec(sql)?.[1]
      return name === undefined ? [] : [[name, sql] as const]
    }),
)

function tidy(sql: string): string {
  return sql.trim().replace(/\s+/g, ' ').toLowerCase()
}

function reshaped(path: string, what: string): TaskqError {
  return new TaskqError(
    'invalid',
    `${path} is not as taskq made it: ${what}. Bring it back from a copy, or name another file for the queue.`,
  )
}
