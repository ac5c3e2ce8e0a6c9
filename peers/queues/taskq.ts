import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openQueue, readSettings } from '../../src/runtime/index.ts'
import { Supervisor } from '../../src/runtime/worker/supervisor.ts'
import type { Peer, Place } from '../peer.ts'

const task = fileURLToPath(new URL('taskq-task.ts', import.meta.url))

/** Ours, on a queue of the given kind. */
function ours(
  about: Pick<Peer, 'name' | 'settings' | 'durability' | 'most'>,
  urlIn: (folder: string) => string,
): Peer {
  return {
    ...about,
    keepsResults: true,
    start: async folder => ({ place: { url: urlIn(folder) }, stop: async () => {} }),
    insert,
    work,
  }
}

export const taskq = ours(
  {
    ...{ name: 'taskq, sqlite:', settings: 'as it comes: one runner process' },
    durability: 'power cut',
  },
  folder => `sqlite:${join(folder, 'queue.db')}`,
)

/** In the folder that python-task-queue reads, and as durable as it. */
export const taskqFolder = ours(
  {
    ...{ name: 'taskq, fq:', settings: 'one runner process, durable=false', most: 5000 },
    durability: 'killed process (nothing is synced)',
  },
  folder => `fq://${join(folder, 'queue')}?durable=false`,
)

async function insert({ url }: Place, bodies: readonly string[]): Promise<void> {
  const queue = await openQueue(String(url))
  const step = 10_000
  for (let at = 0; at < bodies.length; at += step)
    await queue.insert(
      bodies
        .slice(at, at + step)
        .map((body, index) => ({ id: `t${at + index}`, params: JSON.parse(body) })),
    )
  await queue.close()
}

async function work({ url }: Place, done: (tasks: number) => void) {
  const queue = await openQueue(String(url))
  const stop = new AbortController()
  const settings = readSettings([{ values: { TQ_CONCURRENCY: '1' }, place: () => 'the benchmark' }])
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
}
