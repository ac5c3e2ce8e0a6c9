/** Does one thing with the queue named first on the command line, and tells what came of it. */
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { isTaskqError, openDriver } from '../../src/runtime/index.ts'
import type { Driver, Lease } from '../../src/runtime/queue/driver.ts'
import { message } from './message.ts'

const [url = '', verb = '', count = '1'] = process.argv.slice(2)
const say = (line: string) => writeSync(1, `${line}\n`)

try {
  const driver = await openDriver(url)
  say('open')
  if (verb === 'insert') {
    await once(process.stdin, 'data')
    const ids = Array.from({ length: Number(count) }, (_, n) => `task-${n}`)
    const answers = await driver.insert(ids.map((id, n) => ({ id, body: message(n) })))
    say(String(answers.filter(answer => answer === 'new').length))
  }
  if (verb === 'lease') {
    const leases = await driver.lease({ max: 10, seconds: 60, worker: { id: 'w' } })
    say(`leased ${leases.length}`)
  }
  if (verb === 'live') for await (const line of live(driver)) say(line)
  await driver.close()
} catch (error) {
  if (!isTaskqError(error)) throw error
  say(`refused ${error.code} ${error.message}`)
}
process.stdin.destroy()

/** Everything that can happen to a task; each line is said when it was answered. */
async function* live(driver: Driver): AsyncGenerator<string> {
  const ids = ['a', 'b', 'c', 'd', 'e']
  await driver.insert(ids.map((id, n) => ({ id, body: message(n) })))
  yield 'inserted'
  const leases = await driver.lease({ max: 5, seconds: 60, worker: { id: 'w' } })
  const [a, b, c, d] = ids.map(id => leases.find(lease => lease.id === id) as Lease)
  if (a === undefined || b === undefined || c === undefined || d === undefined) return
  await driver.results?.settle([{ ...a, record: '"first"' }])
  yield 'settled'
  await driver.tasks?.bury([{ ...b, attempts: 1, reason: 'r' }])
  yield 'buried'
  await driver.tasks?.revive(['b'], 'dead')
  yield 'revived'
  await driver.release([{ ...c, attempts: 1 }], 0)
  await driver.extend([{ ...d, attempts: 1 }], 90)
  await driver.tasks?.remove(['e'])
  await driver.insert([{ id: 'e', body: message(9) }])
  await driver.complete(await driver.lease({ max: 5, seconds: 60, worker: { id: 'w' } }))
  yield 'ended'
}
