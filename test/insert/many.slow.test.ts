import { type ChildProcess, spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { openQueue } from '../../src/runtime/index.ts'
import { writeCells } from '../tables/feather.ts'
import { folderOf } from './setting.ts'

const rows = 2 * 65_536
const inserters = 8

/** Starts an inserter; `heed` is told how many rows it has dealt with. Resolves when it has ended. */
function insert(
  path: string,
  url: string,
  heed: (rows: number, child: ChildProcess) => void,
): Promise<'finished' | 'killed'> {
  const child = spawn(process.execPath, [resolve('test/insert/inserter.ts'), path, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  createInterface({ input: child.stdout }).on('line', line => {
    if (/^\d+$/.test(line)) heed(Number(line), child)
  })
  return new Promise((done, fail) => {
    child.once('close', (code, signal) => {
      if (code === 0) done('finished')
      else if (signal === 'SIGKILL') done('killed')
      else fail(new Error(`an inserter ended with ${code ?? signal}`))
    })
  })
}

test('eight inserters of one table, one killed at each tenth of it, make one task of each row', async () => {
  const folder = folderOf()
  const path = join(folder, 'cells.feather')
  const url = `sqlite:${join(folder, 'queue.db')}?durable=false`
  await writeCells(path, rows)
  let kills = 0
  const victim = async () => {
    const killAt = (done: number, child: ChildProcess) => {
      if (done < ((kills + 1) / 10) * rows || kills === 9) return
      kills += 1
      child.kill('SIGKILL')
    }
    for (;;) if ((await insert(path, url, killAt)) === 'finished') return
  }
  const others = Array.from({ length: inserters - 1 }, () => insert(path, url, () => {}))
  const ends = await Promise.all([victim(), ...others])
  expect(ends.slice(1)).toEqual(others.map(() => 'finished'))
  expect(kills).toBe(9)

  const queue = await openQueue(url)
  expect(await queue.counts()).toEqual({ ready: rows, delayed: 0, leased: 0, done: 0, dead: 0 })
  const ids = Array.from({ length: rows }, (_, row) => `cells.feather:${row}`)
  expect((await queue.tasks.has(ids)).every(Boolean)).toBe(true)
  const bodies = (await queue.tasks.get(ids.slice(-3))).map(view => queue.decode(view))
  expect(bodies.map(({ meta }) => meta?.['row'])).toEqual([rows - 3, rows - 2, rows - 1])
  await queue.close()
}, 120_000)
