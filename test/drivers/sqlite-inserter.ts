/** Inserts batches into the queue named first on the command line and tells what was accepted. */
import { writeSync } from 'node:fs'
import { isTaskqError, openDriver } from '../../src/runtime/index.ts'

const [url = '', batches = '10', size = '5', bytes = '500'] = process.argv.slice(2)
const say = (line: string) => writeSync(1, `${line}\n`)

try {
  const driver = await openDriver(url)
  say('open')
  for (let batch = 0; batch < Number(batches); batch += 1) {
    const ids = Array.from({ length: Number(size) }, (_, at) => `b${batch}-${at}`)
    const body = 'x'.repeat(Number(bytes))
    await Promise.all(ids.map(id => driver.insert([{ id, body }])))
    say(`accepted ${ids.join(' ')}`)
  }
  await driver.close()
} catch (error) {
  if (!isTaskqError(error)) throw error
  say(`refused ${error.code} ${error.message}`)
  process.exitCode = 1
}
