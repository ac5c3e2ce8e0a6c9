import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openQueue } from '../../src/runtime/index.ts'
import { lookBack } from '../look.ts'
import type { Storm, StormTest } from '../storm.ts'
import { command, histories, until } from '../workers.ts'

export const inserters: StormTest = {
  name: 'inserters',
  promise:
    'one table inserted by eight at once, one of them killed at each tenth, is inserted once',
  async run(storm) {
    const rows = storm.ground.share * (storm.isLong ? 2_000_000 : 50_000)
    const { folder, ground } = storm
    await mkdir(histories(folder), { recursive: true })
    const table = join(folder, 'table.csv')
    const lines = Array.from({ length: rows }, (_, at) => `row-${at},${at * 3}`)
    await writeFile(table, `name,number\n${lines.join('\n')}\n`)
    const queue = await openQueue(ground.url)
    try {
      const steady = Array.from({ length: 7 }, () => insert(storm, table).gone)
      const kills = await killAtEachTenth(storm, table, rows, async () => {
        const { ready = 0 } = await queue.counts()
        return ready
      })
      const ends = await Promise.all(steady)
      const last = await insert(storm, table).gone
      const ids = lines.map((_, at) => `row-${at}`)
      const { figures } = await lookBack(storm, queue, ids)
      return {
        ...figures,
        kills,
        extraRuns: 0,
        faults: [...ends, last]
          .filter(end => end !== 0)
          .map(end => `an inserter ended with ${end}`),
      }
    } finally {
      await queue.close()
    }
  },
}

/** One inserter after the other, each killed when the next tenth is there. */
async function killAtEachTenth(
  storm: Storm,
  table: string,
  rows: number,
  count: () => Promise<number>,
): Promise<number> {
  let kills = 0
  for (let tenth = 1; tenth < 10; tenth += 1) {
    const victim = insert(storm, table)
    const isThere = async () => (await count()) >= (tenth * rows) / 10
    await until(isThere, 'the next tenth of the table')
    if (victim.child.kill('SIGKILL') && (await victim.gone) === 'SIGKILL') kills += 1
  }
  return kills
}

function insert({ ground, folder }: Storm, table: string) {
  const says = openSync(join(folder, 'inserters.log'), 'a')
  const words = ['insert', '--table', table, '--queue', ground.url, '--key', 'name']
  const child = spawn(process.execPath, [command, ...words], {
    stdio: ['ignore', says, says],
    env: { ...process.env, ...ground.env },
  })
  closeSync(says)
  const gone = new Promise<number | string>(resolve => {
    child.on('close', (code, signal) => resolve(signal ?? code ?? -1))
  })
  return { child, gone }
}
