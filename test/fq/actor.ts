/** Does one thing with the queue named first on the command line, and tells what came of it. */
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { isTaskqError, openDriver } from '../../src/runtime/index.ts'
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
  await driver.close()
} catch (error) {
  if (!isTaskqError(error)) throw error
  say(`refused ${error.code} ${error.message}`)
}
process.stdin.destroy()
