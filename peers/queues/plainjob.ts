import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { defineQueue, defineWorker } from 'plainjob'
import type { Peer } from '../peer.ts'

const kind = 'bench'

export const plainjob: Peer = {
  name: 'plainjob',
  settings: 'addMany by 10,000; its connection served by node:sqlite',
  durability: 'killed process (WAL, synchronous NORMAL)',
  keepsResults: false,
  start: async folder => ({
    place: { path: join(folder, 'plainjob.db') },
    stop: async () => {},
  }),
  async insert({ path }, bodies) {
    const queue = queueAt(String(path))
    for (let at = 0; at < bodies.length; at += 10_000)
      queue.addMany(
        kind,
        bodies.slice(at, at + 10_000).map(body => JSON.parse(body)),
      )
    queue.close()
  },
  async work({ path }, done) {
    const queue = queueAt(String(path))
    const worker = defineWorker(
      kind,
      async () => {
        done(1)
      },
      { queue, logger: silent },
    )
    void worker.start()
    return async () => {
      await worker.stop()
      queue.close()
    }
  },
}

const silent = { error() {}, warn() {}, info() {}, debug() {} }

function queueAt(path: string) {
  const db = new DatabaseSync(path)
  return defineQueue({ connection: connectionOf(db, path) as never, logger: silent })
}

/** What plainjob asks of a database, as better-sqlite3 would give it. */
function connectionOf(db: DatabaseSync, filename: string) {
  return {
    driver: 'better-sqlite3',
    filename,
    pragma: (statement: string) => db.exec(`pragma ${statement}`),
    exec: (statement: string) => db.exec(statement),
    prepare: (statement: string) => db.prepare(statement),
    transaction(act: (...args: unknown[]) => unknown) {
      const run = (...args: unknown[]) => {
        db.exec('begin immediate')
        try {
          const result = act(...args)
          db.exec('commit')
          return result
        } catch (error) {
          db.exec('rollback')
          throw error
        }
      }
      return Object.assign(run, { immediate: run })
    },
    close: () => db.close(),
  }
}
