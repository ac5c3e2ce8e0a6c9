import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onField } from '../field.ts'
import type { Ground } from '../grounds.ts'
import { lookBack } from '../look.ts'
import type { Figures, Storm, StormTest } from '../storm.ts'
import type { Watch } from '../watch.ts'
import { command, until } from '../workers.ts'

/** Rows that one kill leaves in doubt where only a journal keeps them apart: one batch. */
const rowsInDoubt = 1000

export const inserters: StormTest = {
  name: 'inserters',
  promise:
    'a table whose inserters are killed again and again is inserted once, by eight at a time',
  load: 'heavy',
  async run(storm) {
    const { kind, folder, ground, isLong } = storm
    const rows = (kind.medium === 'file' ? 1 : 0.1) * (isLong ? 1_000_000 : 50_000)
    const table = join(folder, 'table.csv')
    const lines = Array.from({ length: rows }, (_, at) => `row-${at},${at * 3}`)
    await writeFile(table, `name,number\n${lines.join('\n')}\n`)
    return await onField(storm, { tasks: [], settings: {} }, async ({ watch }) => {
      // Where the queue keeps no ids apart, the journal of one inserter at a time does.
      const steady = kind.traits.unique
        ? Array.from({ length: 7 }, () => insert(storm, table).gone)
        : []
      const parts = isLong || kind.medium === 'file' ? 10 : 5
      const marks = Array.from({ length: parts - 1 }, (_, at) => ((at + 1) * rows) / parts)
      const kills = await killAt(storm, table, marks, () => sentTo(ground, watch))
      const ends = await Promise.all(steady)
      const last = await insert(storm, table).gone
      const { again } = await sentTo(ground, watch)
      const ids = lines.map((_, at) => `row-${at}`)
      const { figures } = await lookBack(storm, { watch, ids })
      return verdict({ ...figures, kills, extraRuns: 0 }, [...ends, last], again)
    })
  },
}

function verdict(figures: Figures, ends: readonly (number | string)[], again: number): Figures {
  const allowed = figures.kills * rowsInDoubt
  return {
    ...figures,
    faults: [
      ...ends.filter(end => end !== 0).map(end => `an inserter ended with ${end}`),
      ...(again <= allowed ? [] : [`${again} rows were sent again, ${allowed} are allowed`]),
    ],
    note: again > 0 ? `one at a time, by its journal; ${again} rows in doubt were sent again` : '',
  }
}

/** What has reached the queue: rows, and messages that brought one again. */
async function sentTo({ wire }: Ground, { queue }: Watch) {
  if (wire === undefined) return { rows: (await queue.counts()).ready ?? 0, again: 0 }
  const bodies: (string | undefined)[] = []
  for (const { body } of wire.seen) {
    const { Entries, messages } = body as {
      readonly Entries?: readonly { readonly MessageBody?: string }[]
      readonly messages?: readonly { readonly data?: string }[]
    }
    for (const { MessageBody } of Entries ?? []) bodies.push(MessageBody)
    for (const { data } of messages ?? []) bodies.push(data)
  }
  const rows = new Set(bodies).size
  return { rows, again: bodies.length - rows }
}

/** One inserter after the other, each killed when so many rows are there. */
async function killAt(
  storm: Storm,
  table: string,
  marks: readonly number[],
  sent: () => Promise<{ readonly rows: number }>,
): Promise<number> {
  let kills = 0
  for (const mark of marks) {
    const victim = insert(storm, table)
    await until(async () => (await sent()).rows >= mark, `row ${mark} of the table`)
    if (victim.child.kill('SIGKILL') && (await victim.gone) === 'SIGKILL') kills += 1
  }
  return kills
}

function insert({ ground, folder }: Storm, table: string) {
  const says = openSync(join(folder, 'inserters.log'), 'a')
  const words = ['insert', '--table', table, '--queue', ground.url, '--key', 'name']
  const child = spawn(process.execPath, [command, ...words], {
    cwd: folder,
    stdio: ['ignore', says, says],
    env: { ...process.env, ...ground.env },
  })
  closeSync(says)
  const gone = new Promise<number | string>(resolve => {
    child.on('close', (code, signal) => resolve(signal ?? code ?? -1))
  })
  return { child, gone }
}
