import { join } from 'node:path'
import { openBare } from '../../bench/queue/bare.ts'
import type { Peer } from '../peer.ts'

export const bare: Peer = {
  name: 'bare node:sqlite',
  settings: 'WAL, FULL; inserts by 10,000, leases by 100; a loop without promises or checks',
  durability: 'power cut',
  keepsResults: true,
  start: async folder => ({
    place: { path: join(folder, 'bare.db') },
    stop: async () => {},
  }),
  async insert({ path }, bodies) {
    const queue = openBare(String(path))
    for (let at = 0; at < bodies.length; at += 10_000) {
      const ids = bodies.slice(at, at + 10_000).map((_, index) => `t${at + index}`)
      queue.insert(ids, bodies[at] ?? '')
    }
    queue.close()
  },
  async work({ path }, done) {
    const queue = openBare(String(path))
    let isOver = false
    const turn = () => {
      if (isOver) return
      const finished = queue.leaseAndComplete(100)
      if (finished) done(finished)
      // Now and then somebody must be able to say that it is enough.
      if (finished === undefined) setTimeout(turn, 10)
      else setImmediate(turn)
    }
    turn()
    return async () => {
      isOver = true
      queue.close()
    }
  },
}
