import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openQueue, readSettings } from '../../src/runtime/index.ts'
import { Supervisor } from '../../src/runtime/worker/supervisor.ts'
import type { Peer } from '../peer.ts'

const task = fileURLToPath(new URL('taskq-task.ts', import.meta.url))

export const taskq: Peer = {
  name: 'taskq, sqlite:',
  settings: 'as it comes: one runner process',
  durability: 'power cut',
  keepsResults: true,
  start: async folder => ({
    place: { url: `sqlite:${join(folder, 'queue.db')}` },
    stop: async () => {},
  }),
  async insert({ url }, bodies) {
    const queue = await openQueue(String(url))
    const step = 10_000
    for (let at = 0; at < bodies.length; at += step)
      await queue.insert(
        bodies
          .slice(at, at + step)
          .map((body, index) => ({ id: `t${at + index}`, params: JSON.parse(body) })),
      )
    await queue.close()
  },
  async work({ url }, done) {
    const queue = await openQueue(String(url))
    const stop = new AbortController()
    const settings = readSettings([
      { values: { TQ_CONCURRENCY: '1' }, place: () => 'the benchmark' },
    ])
    const supervisor = new Supervisor({ queue, task, settings, signal: stop.signal })
    const working = supervisor.run()
    let reported = 0
    const report = setInterval(() => {
      const finished = supervisor.tally.done
      if (finished > reported) done(finished - reported)
      reported = finished
    }, 10)
    return async () => {
      clearInterval(report)
      stop.abort()
      await working
      await queue.close()
    }
  },
}
