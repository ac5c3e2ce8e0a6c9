/** A process of the fq benchmark: drains the queue named on its command line, running nothing. */
import { openDriver } from '../src/runtime/queue/open.ts'

const driver = await openDriver(process.argv[2] ?? '', { create: false })
const started = Date.now()
let tasks = 0
for (;;) {
  const leases = await driver.lease({ max: 250, seconds: 300, worker: { id: 'bench' } })
  if (leases.length === 0) break
  const settlements = leases.map(lease => ({ ...lease, record: '{"value":{"ok":true}}' }))
  tasks += (await driver.results?.settle(settlements))?.length ?? 0
}
console.log(JSON.stringify({ tasks, started, ended: Date.now(), cpuSeconds: cpuSeconds() }))
await driver.close()

/** What this process itself worked: on a busy machine the clock tells of the others as well. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
