import { join } from 'node:path'
import { openQueue, type Queue } from '../../src/runtime/index.ts'
import { testFolder } from './taskq.ts'

/** What could take over a terminal, and what could upset JSON. */
export const hostile = '\u001b[31mred\u009b2J\u202e\u2028 "x"\\'

/** A new queue in a file of its own, filled by `fill`. */
export async function queueWith(fill: (queue: Queue) => Promise<unknown>): Promise<string> {
  const url = `sqlite:${join(await testFolder(), 'queue.db')}`
  await change(url, fill)
  return url
}

/** Does something to a queue of this process's own. */
export async function change<T>(url: string, act: (queue: Queue) => Promise<T>): Promise<T> {
  const queue = await openQueue(url)
  try {
    return await act(queue)
  } finally {
    await queue.close()
  }
}

/** `ready-1 ready-2`, `late`, `held`, `dead-1 dead-2` and `finished`: every state there is. */
export async function everyState(): Promise<string> {
  return await queueWith(fillEveryState)
}

export async function fillEveryState(queue: Queue): Promise<void> {
  const params = { root_id: 864691135494192529n, name: hostile }
  for (const id of ['dead-1', 'dead-2', 'finished', 'held', 'ready-1', 'ready-2'])
    await queue.insert([{ id, params }])
  await queue.insert([{ id: 'late', params, delaySeconds: 3600 }])
  const request = { seconds: 600, worker: { id: `host:${hostile}` } }
  const dead = await queue.lease({ ...request, max: 2 })
  const reason = `gave up: ${hostile}`
  await queue.bury(dead.map(lease => ({ lease, reason, record: `Error\n${hostile}`, attempts: 3 })))
  const [finished] = await queue.lease({ ...request, max: 1 })
  if (finished !== undefined) await queue.settle([{ lease: finished, record: '{"value":1}' }])
  await queue.lease({ ...request, max: 1 })
}

/** Fails on characters that steer a terminal; line feeds are none. */
export function steering(text: string): readonly string[] {
  return text.match(/(?!\n)[\p{C}\u2028\u2029]/gu) ?? []
}
