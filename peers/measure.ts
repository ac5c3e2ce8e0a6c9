import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { bodiesOf, type Peer, type Place } from './peer.ts'

/** What one peer did in one round. Seconds. */
export interface Round {
  readonly insert: number
  readonly drain: number
  /** Four processes at once, where that makes sense. */
  readonly four?: { readonly drain: number; readonly share: number }
}

const worker = fileURLToPath(new URL('worker.ts', import.meta.url))

/** Inserts and drains `count` tasks with one process, then with four. */
export async function measure(peer: Peer, count: number): Promise<Round> {
  const bodies = bodiesOf(count)
  const one = await inFolder(peer, async place => {
    const insert = await seconds(() => peer.insert(place, bodies))
    const { drain: drained } = await drain(peer, { ...place, processes: 1 }, count)
    return { insert, drain: drained }
  })
  if (peer.isAlone) return one
  const four = await inFolder(peer, async place => {
    await peer.insert(place, bodies)
    return await drain(peer, { ...place, processes: 4 }, count)
  })
  return { ...one, four }
}

async function inFolder<T>(peer: Peer, act: (place: Place) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'taskq-peer-'))
  const ground = await peer.start(folder)
  try {
    return await act(ground.place)
  } finally {
    await ground.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * From the word to begin until all tasks are finished; starting the processes is not counted.
 * The share is of the tasks of each: the least over the most.
 */
async function drain(peer: Peer, place: Place, count: number) {
  const workers = Array.from({ length: Number(place['processes']) }, () =>
    spawn(process.execPath, [worker, peer.name, JSON.stringify(place)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  )
  const finished = workers.map(() => 0)
  const end = Promise.withResolvers<void>()
  const ready = workers.map((child, at) => {
    const said = Promise.withResolvers<void>()
    createInterface({ input: child.stdout }).on('line', line => {
      if (line === 'ready') return said.resolve()
      finished[at] = Number(line)
      if (finished.reduce((sum, one) => sum + one, 0) >= count) end.resolve()
    })
    child.on('close', code => {
      if (code !== 0) end.reject(new Error(`${peer.name}: a worker ended with ${code}`))
    })
    return said.promise
  })
  await Promise.all(ready)
  const drain = await seconds(async () => {
    for (const child of workers) child.stdin.write('go\n')
    await end.promise
  })
  await Promise.all(workers.map(stop))
  return { drain, share: Math.min(...finished) / Math.max(...finished) }
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = new Promise(resolve => child.on('close', resolve))
  child.kill('SIGTERM')
  await gone
}

async function seconds(act: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await act()
  return (performance.now() - began) / 1000
}
