import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createQueue, type Message } from '../../src/runtime/index.ts'
import { insertTable } from '../../src/runtime/insert/insert.ts'
import { openJournal } from '../../src/runtime/insert/journal.ts'
import { openPlain } from '../queue/plain-driver.ts'
import { tableIn } from '../tables/reading.ts'
import { cells, folderOf } from './setting.ts'

const rows = 45
const key = { url: 'plain:', fingerprint: 'f' }

/** A queue that takes the same id again and again, ten at a time, and what it was given. */
async function forgetfulQueue() {
  const { driver } = await openPlain({ limits: { batch: 10 } })
  const given: string[] = []
  const queue = (before: () => void = () => {}, after: () => void = () => {}) =>
    createQueue({
      ...driver,
      traits: { ...driver.traits, unique: false },
      async insert(messages: readonly Message[]) {
        before()
        given.push(...messages.map(({ id }) => id))
        after()
        return messages.map(() => 'new' as const)
      },
    })
  return { queue, given }
}

/** Does `act` at the so-manieth call. */
function at(call: number, act: () => void): () => void {
  let calls = 0
  return () => {
    calls += 1
    if (calls === call) act()
  }
}

function cut(): never {
  throw new Error('cut')
}

const all = Array.from({ length: rows }, (_, row) => `cells.ndjson:${row}`)

describe('where a queue does not keep ids apart', () => {
  test('inserting again adds nothing', async () => {
    const { queue, given } = await forgetfulQueue()
    const [folder, table] = [folderOf(), await tableIn('cells.ndjson', cells(rows))]
    for (const expected of [
      { inserted: rows, present: 0 },
      { inserted: 0, present: rows },
    ]) {
      const journal = await openJournal(folder, key)
      expect(await insertTable(queue(), table, { journal })).toMatchObject(expected)
      await journal.close()
    }
    expect(given).toEqual(all)
  })

  test.each([
    ['before the third batch was sent', [at(3, cut)], 0],
    ['before its answer came', [undefined, at(3, cut)], 10],
  ] as const)('an insert that was cut off %s loses nothing', async (_, hooks, twice) => {
    const { queue, given } = await forgetfulQueue()
    const [folder, table] = [folderOf(), await tableIn('cells.ndjson', cells(rows))]
    const first = await openJournal(folder, key)
    await expect(insertTable(queue(...hooks), table, { journal: first })).rejects.toThrow('cut')
    await first.close()
    const second = await openJournal(folder, key)
    expect(second.doubtful).toBe(10)
    expect(second.done.count).toBe(20)
    await insertTable(queue(), table, { journal: second })
    await second.close()
    expect(given).toHaveLength(rows + twice)
    expect([...new Set(given)]).toEqual(all)
    expect(await openJournal(folder, key).then(async j => [j.doubtful, await j.close()][0])).toBe(0)
  })

  test('a note that was cut off anywhere puts at most its batch in doubt', async () => {
    const table = await tableIn('cells.ndjson', cells(rows))
    const { queue } = await forgetfulQueue()
    const folder = folderOf()
    const journal = await openJournal(folder, key)
    await insertTable(queue(), table, { journal })
    await journal.close()
    const text = readFileSync(journal.path, 'utf8')
    for (let length = 0; length <= text.length; length += 1) {
      writeFileSync(journal.path, text.slice(0, length))
      const again = await openJournal(folder, key)
      const notes = text.slice(0, length).split('\n').length - 1
      expect(again.done.count).toBe(Math.min(rows, Math.floor(notes / 2) * 10))
      expect(again.doubtful).toBe(notes % 2 === 0 ? 0 : Math.min(10, rows - again.done.count))
      await again.close()
    }
  })

  test('a damaged journal is refused with its line', async () => {
    const folder = folderOf()
    const journal = await openJournal(folder, key)
    await journal.begin([1, 2, 5])
    await journal.close()
    appendFileSync(journal.path, 'what\n{"done":3}\n')
    await expect(openJournal(folder, key)).rejects.toThrow(/^Line 2 of .* is damaged/)
  })
})
