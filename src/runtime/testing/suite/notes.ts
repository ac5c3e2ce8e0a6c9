import assert from 'node:assert/strict'
import type { Driver } from '../../queue/driver.ts'
import type { ConformanceTest } from '../conformance.ts'
import { expectCounts, messages } from './steps.ts'

/** The promises of the `notes` capability. */
export const noteTests: readonly ConformanceTest[] = [
  {
    name: 'notes are read by everybody, sorted by name, to the letter',
    needs: 'notes',
    async run({ driver, another }) {
      assert.deepEqual(await book(driver).read(), [])
      const notes = [
        { name: 'code b', text: 'naïve 🧠 \n "quoted"' },
        { name: "code a'; drop table note; --", text: '{"n":864691135494192529}' },
        { name: 'Code', text: 'x'.repeat(4096) },
      ]
      await book(driver).write(notes)
      const sorted = [notes[2], notes[1], notes[0]]
      assert.deepEqual(await book(driver).read(), sorted)
      assert.deepEqual(await book(await another()).read(), sorted)
    },
  },
  {
    name: 'a note that is written again replaces the one before, the last of a call counts',
    needs: 'notes',
    async run({ driver, another }) {
      await book(driver).write([
        { name: 'a', text: '1' },
        { name: 'b', text: '1' },
      ])
      const other = await another()
      await book(other).write([
        { name: 'a', text: '2' },
        { name: 'a', text: '3' },
      ])
      assert.deepEqual(await book(driver).read(), [
        { name: 'a', text: '3' },
        { name: 'b', text: '1' },
      ])
    },
  },
  {
    name: 'notes are no tasks, and a purge takes them along',
    needs: 'notes',
    async run({ driver }) {
      await driver.insert(messages(['a']))
      await book(driver).write([{ name: 'a', text: '1' }])
      await expectCounts(driver, { ready: 1 })
      await driver.purge()
      assert.deepEqual(await book(driver).read(), [])
    },
  },
]

function book(driver: Driver): NonNullable<Driver['notes']> {
  assert.ok(driver.notes)
  return driver.notes
}
